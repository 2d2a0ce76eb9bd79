"""The stage leaks: clips that are both in a training and in an evaluation set of any corpora, and the excluded ones."""

from psl.config import Params
from psl.corpora.overlap.clips import read_catalog
from psl.corpora.overlap.counts import OverlapCount, count_overlap, metrics
from psl.corpora.overlap.near_duplicates import find_near_duplicates
from psl.corpora.overlap.pairs import LEAK, clips_to_exclude, find_pairs, write_pairs
from psl.io.csv_tables import write_table
from psl.io.features.excluded import write_excluded
from psl.io.files import write_json, write_text
from psl.report.overlap_page import overlap_markdown
from psl.runtime.progress import log
from tasks.stage import EXCLUDED, FEATURES, LEAKS, METADATA, REPORTS, run


def work(params: Params) -> None:
    """Write pairs.parquet and excluded.parquet into data/leaks/, leaks.csv, leaks.json and leaks.md into reports/."""
    how = params.leaks
    # the search keeps the first of equal candidates, so their order is fixed: first the training corpus, then by name
    corpora = sorted(params.corpora, key=lambda key: (key != params.corpus, key))
    clips = read_catalog(METADATA, FEATURES, corpora)
    near, not_compared = find_near_duplicates(FEATURES, clips, how.near_distance)
    pairs = find_pairs(clips, near, params.corpus)
    out = clips_to_exclude(pairs, how.exclude, how.kinds)
    write_pairs(LEAKS / "pairs.parquet", clips, pairs)
    write_excluded(EXCLUDED, [(clips.sets[clips.set_N[n]][0], clips.clip_ids[int(n)].as_py()) for n in out])
    write_table(REPORTS / "leaks.csv", OverlapCount, count_overlap(clips, pairs))
    write_json(REPORTS / "leaks.json", metrics(clips, pairs, out, not_compared))
    write_text(REPORTS / "leaks.md", overlap_markdown(clips, pairs, out, how.exclude))
    leaks = int((pairs.relation_P == LEAK).sum())
    log(
        f"{leaks} pairs of clips leak from training into evaluation, {len(pairs) - leaks} others are shared; "
        f"{len(out)} clips are left out"
    )


if __name__ == "__main__":
    run("leaks", work)
