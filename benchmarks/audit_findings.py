"""How many wrong labels an audit finds: labels are swapped and dropped on purpose, and its findings compared with it.

`python -m benchmarks.audit_findings`, on the class folders of ../shared/audio/esc10 and with mn04_as. A tenth of the
clips has the label of another class, and a tenth has none. Means over several seeds, from one scoring of the clips.
"""

import argparse
import csv
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np

from benchmarks.subjects.tagger_folder import tagger_folder
from psl.annotators.join_classes import join_classes
from psl.audit.findings import Heard
from psl.audit.given import LabelledClip, read_given
from psl.audit.score import score_clips
from psl.config.class_join import ClassJoin
from psl.corpora.synthetic.esc_classes import ESC_TO_AUDIOSET
from psl.runtime.cores import cores
from psl.runtime.errors import PslError
from psl.tagging.tagger import Tagger, load

FOLDER = Path("../shared/audio/esc10")
SPELT = ("chainsaw", "helicopter", "rain")  # as the annotator's classes are
KINDS = ("missing", "denied")


def main() -> None:
    """Print precision and recall of both kinds of findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=float, default=2.0, help="seconds")
    parser.add_argument("--share", type=float, default=0.1, help="of the clips, wrong in either way")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        try:
            tagger = load(tagger_folder(root / "model"), window_seconds=options.window, device="cpu")
        except PslError as error:
            print(f"left out, {error}")
            return
        heard = _heard(root, tagger)
        results = []
        for seed in range(options.seeds):
            wrong = damaged({clip.file: Path(clip.file).parts[0] for clip in heard.clips}, options.share, seed)
            with (root / "labels.csv").open("w", newline="") as table:
                csv.writer(table).writerows([("file", "labels"), *wrong.items()])
            with redirect_stderr(StringIO()):  # the same lines about spellings each time
                audited = read_given(FOLDER, root / "labels.csv", None, tagger.vocabulary)
            results.append(compare(replace(heard, clips=audited.clips), heard.clips))
    for kind, value in zip(KINDS, np.mean(results, axis=0), strict=True):
        print(f"{kind}: precision {value[0]:.2f}, recall {value[1]:.2f} (means over {options.seeds} seeds)")


def _heard(root: Path, tagger: Tagger) -> Heard:
    """The clips with their true labels and the annotator's scores."""
    pairs = [(name, mid) for name, (mid, _) in ESC_TO_AUDIOSET.items() if (FOLDER / name).is_dir()]
    with (root / "classes.csv").open("w", newline="") as table:
        csv.writer(table).writerows([("own", "teacher"), *((name, mid) for name, mid in pairs if name not in SPELT)])
    given = read_given(FOLDER, None, None, tagger.vocabulary)
    join = ClassJoin(table=str(root / "classes.csv"))
    scores, _ = score_clips(
        FOLDER, given.clips, tagger, join_classes(given.vocabulary, tagger.vocabulary, join, ""), workers=cores()
    )
    numbers = sorted(scores)
    return Heard([given.clips[n] for n in numbers], [scores[n] for n in numbers], given.vocabulary)


def damaged(labels: dict[str, str], share: float, seed: int) -> dict[str, str]:
    """The labels by file: a share of the clips has another class's label, and as many have none."""
    rng, wrong = np.random.default_rng(seed), dict(labels)
    names, files, n = sorted(set(labels.values())), list(labels), round(share * len(labels))
    chosen = [files[number] for number in rng.permutation(len(files))[: 2 * n]]
    for file in chosen[:n]:
        wrong[file] = str(rng.choice([name for name in names if name != labels[file]]))
    return wrong | dict.fromkeys(chosen[n:], "")


def compare(heard: Heard, true: Sequence[LabelledClip]) -> list[tuple[float, float]]:
    """Precision and recall of each of KINDS; `heard` has the wrong labels of the clips `true`."""
    given, right = ({(clip.file, mid) for clip in clips for mid in clip.mids} for clips in (heard.clips, true))
    wrong = {"missing": right - given, "denied": given - right}
    results = []
    for kind in KINDS:
        found = {
            (heard.clips[each.clip].file, heard.vocabulary.mids[each.number])
            for each in heard.findings
            if each.kind == kind
        }
        hits = len(found & wrong[kind])
        results.append((hits / max(len(found), 1), hits / len(wrong[kind])))
    return results


if __name__ == "__main__":
    main()
