"""The stage annotator@KEY: a model that can label windows is inspected, tried, and joined with the corpus's classes."""

from typing import TYPE_CHECKING

from psl.config import Params
from psl.io.features.excluded import kept_store
from psl.io.metadata.audioset_mids import read_audioset_mids
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.windows import to_units
from psl.runtime.progress import log
from tasks import stage

if TYPE_CHECKING:
    from psl.annotators.foreign import ForeignAnnotator


def work(params: Params, key: str) -> None:
    """Write data/annotators/KEY/annotator.json."""
    from psl.annotators.class_words import describe
    from psl.annotators.foreign import ForeignAnnotator  # torch: see tasks/stage.py
    from psl.annotators.inspection import inspect, make_record
    from psl.annotators.join_classes import join_classes
    from psl.annotators.record import write_record

    settings, metadata = stage.pick(params.annotators, "annotators", key), stage.METADATA / params.corpus
    annotator, contract = inspect(key, settings, params.front_end, params.annotate.device)
    corpus = Vocabulary.read(metadata / "classes.csv")
    class_map = join_classes(
        corpus,
        annotator.vocabulary,
        settings.classes,
        f"annotators.{key}.classes",
        audioset=read_audioset_mids(metadata),
    )
    if isinstance(annotator, ForeignAnnotator):
        probe_windows(params, annotator)
    log(f"{annotator.name}: {describe(class_map)}")
    write_record(
        stage.ANNOTATORS / key, make_record(settings, annotator, contract, class_map, front_end=params.front_end)
    )


def probe_windows(params: Params, annotator: "ForeignAnnotator") -> None:
    """Label the first windows of some clips, of the shortest and the longest that students learn, as a test.

    A model of few classes gives few numbers a window, and is tried on more clips.
    """
    import numpy as np

    from psl.annotators.inference.clips.choose import clips_for  # torch: see tasks/stage.py
    from psl.annotators.inspection import probe_foreign
    from psl.annotators.probe import windows_wanted

    metadata = stage.METADATA / params.corpus
    subsets = Subsets.read(metadata).parts_of(params.annotate.subset)
    store = kept_store(stage.FEATURES / params.corpus, subsets, stage.EXCLUDED)
    clips = clips_for(annotator, store, metadata)
    reader = clips.reader(range(min(windows_wanted(len(annotator.vocabulary)), len(store))))
    lengths_ms = {
        to_units(student.window_seconds, 1000) for student in params.students.values() if student.window_seconds
    }
    probed_ms = sorted({min(lengths_ms), max(lengths_ms)})
    windows = [[clips.axis.window(content, 0, length_ms).copy() for length_ms in probed_ms] for content in reader()]
    for x_of_clips in zip(*windows, strict=True):
        probe_foreign(annotator, np.stack(x_of_clips))


if __name__ == "__main__":
    stage.run_key("annotator", "annotator", work)
