"""Corpora of a few clips, with lists as they are published."""

from pathlib import Path

from pydantic import TypeAdapter

from psl.config import Corpus
from psl.corpora.readers import write_metadata
from psl.io.metadata.subsets import Subset, Subsets

AUDIOSET_LAYOUT = Subsets(
    (
        Subset("balanced", True),
        Subset("aud300h", True, ("balanced",)),
        Subset("full", True, ("balanced", "aud300h")),
        Subset("eval", False),
    ),
)

SEGMENTS_HEAD = "# Segments csv created\n# num_ytids=1\n# YTID, start_seconds, end_seconds, positive_labels\n"
LISTS = {
    "audioset": {
        "balanced_train_segments.csv": SEGMENTS_HEAD + 'bal00000001, 30.000, 40.000, "/a"\n',
        "unbalanced_train_segments.csv": SEGMENTS_HEAD
        + 'unb00000001, 0.000, 10.000, "/a,/b"\nunb00000002, 0.000, 10.000, "/b"\n',
        "eval_segments.csv": SEGMENTS_HEAD + 'eval0000001, 5.000, 15.000, "/b"\n',
        "class_labels_indices.csv": 'index,mid,display_name\n0,/a,"A, or so"\n1,/b,"B"\n',
        "audioset_eval_strong.tsv": "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"
        "eval0000001_5000\t0.5\t1\t/b\n",
    },
    "fsd50k": {
        "vocabulary.csv": "0,Bark,/m/05tny_\n1,Chirp_and_tweet,/m/07pggtn\n2,Crash_cymbal,/m/0bm0k\n",
        "dev.csv": 'fname,labels,mids,split\n64760,"Bark,Crash_cymbal","/m/05tny_,/m/0bm0k",train\n'
        "16399,Bark,/m/05tny_,val\n",
        "eval.csv": 'fname,labels,mids\n37199,"Chirp_and_tweet","/m/07pggtn"\n',
    },
    "fsdkaggle2018": {
        "train_post_competition.csv": "fname,label,manually_verified,freesound_id,license\n"
        "00044347.wav,Hi-hat,0,28739,Attribution\n001ca53d.wav,Oboe,1,358827,Attribution\n",
        "test_post_competition_scoring_clips.csv": "fname,label,usage,freesound_id,license\n"
        "00326aa9.wav,Violin_or_fiddle,Private,355125,Attribution\n"
        "0038a046.wav,Hi-hat,Public,90621,Creative Commons 0\n",
    },
    "fsdkaggle2019": {
        "train_curated_post_competition.csv": "fname,labels,freesound_id,license\n0006ae4e.wav,Bark,65055,Attribution\n"
        '1d44b0bd.wav,Bark,1,CC0\n0019ef41.wav,"Fill_(with_liquid),Zipper_(clothing)",17892,CC0\n'
        "77b925c2.wav,Stream,2,CC0\n",
        "train_noisy_post_competition.csv": "fname,labels,flickr_video_URL,license\n"
        "00097e21.wav,Hi-hat,https://video.example/1,CC\n",
        "test_post_competition.csv": "fname,labels,usage,freesound_id,license\n4260ebea.wav,Gong,Private,4,CC0\n",
    },
    "desed": {
        "validation.tsv": "filename\tonset\toffset\tevent_label\nY00pbt6aJV8Y_350.000_360.000.wav\t9.9\t10.15\tDog\n"
        "Y00pbt6aJV8Y_350.000_360.000.wav\t0.000\t9.971\tVacuum_cleaner\nY-jLujkP1aaw_30.000_40.000.wav\t\t\t\n",
        "validation_durations.tsv": "filename\tduration\nY00pbt6aJV8Y_350.000_360.000.wav\t10.0\n"
        "Y-jLujkP1aaw_30.000_40.000.wav\t10\nnone.wav\t9.5\n",
    },
}
MORE = {"audioset": {"aud300h_hours": 20 / 3600, "seed": 1}}


def lay_out(root: Path, kind: str, changed: dict[str, str | bytes | None] | None = None) -> Path:
    """Write the lists of `kind`, some of them `changed` or (None) left out, and an empty audio folder."""
    for name in ("lists", "audio", "out"):
        (root / name).mkdir()
    for name, text in (LISTS[kind] | (changed or {})).items():
        if text is not None:
            (root / "lists" / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def write(root: Path, kind: str) -> Path:
    """Write the artefacts as the metadata stage does; returns their folder."""
    values = {"kind": kind, "source": str(root / "lists"), "audio": str(root / "audio"), **MORE.get(kind, {})}
    write_metadata(root / "out", TypeAdapter(Corpus).validate_python(values))
    return root / "out"
