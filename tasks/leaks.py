"""The stage leaks: clips that stand both in a training and in an evaluation set of any corpora, told by name, and those to leave out."""

from psl.files import write_json, write_text
from psl.leaks.clips import read_clips
from psl.leaks.excluded import write_excluded
from psl.leaks.heard import near_pairs
from psl.leaks.pairs import LEAK, excluded, find, write_pairs
from psl.leaks.told import Count, counts, metrics, text
from psl.params import Params
from psl.progress import say
from psl.tables import write_table
from tasks.stage import CORPUS, EXCLUDED, FEATURES, LEAKS, METADATA, REPORTS, run


def work(params: Params) -> None:
    """Write pairs.parquet and excluded.parquet into data/leaks/, leaks.csv, leaks.json and leaks.md into reports/."""
    how = params.leaks
    clips = read_clips(METADATA, FEATURES, {key: corpus.kind for key, corpus in params.corpora.items()})
    near, not_compared = near_pairs(FEATURES, clips, how.near_distance)
    found = find(clips, near, CORPUS)
    out = excluded(clips, found, how.exclude, how.kinds)
    write_pairs(LEAKS / "pairs.parquet", clips, found)
    write_excluded(EXCLUDED, [(clips.sets[clips.set_N[n]][0], clips.clip_ids[int(n)].as_py()) for n in out])
    write_table(REPORTS / "leaks.csv", Count, counts(clips, found))
    write_json(REPORTS / "leaks.json", metrics(clips, found, out, not_compared))
    write_text(REPORTS / "leaks.md", text(clips, found, out, how.exclude))
    leaks = int((found.relation_P == LEAK).sum())
    say(f"{leaks} pairs of clips leak from training into evaluation, {len(found) - leaks} others are shared; {len(out)} clips are left out")


if __name__ == "__main__":
    run("leaks", work)
