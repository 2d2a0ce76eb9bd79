"""The Parquet tables that stages hand to each other, stated once: column, type, unit."""

from enum import StrEnum

import pyarrow as pa

# AudioSet's segment lists in memory, in their own order.
SEGMENTS = pa.schema([("ytid", pa.string()), ("start_ms", pa.int64()), ("end_ms", pa.int64()), ("labels", pa.list_(pa.string()))])

# data/metadata/<corpus>/manifest.parquet, sorted by clip_id: every clip that the corpus's lists ask for.
MANIFEST = pa.schema(
    [
        ("clip_id", pa.string()),  # unique; `{ytid}_{start in ms}` for AudioSet
        ("path", pa.string()),  # audio file, relative to the manifest's folder, or absolute; null when not found
        ("start_s", pa.float64()),  # the clip within the file, seconds; 0.0 when the file is the clip
        ("end_s", pa.float64()),  # seconds; null: to the end of the file
        ("subset", pa.string()),  # the corpus's own; AudioSet: the smallest that holds the clip, balanced < aud300h < full, or eval
        ("labels", pa.list_(pa.string())),  # weak labels, ids of classes.csv: mids where each class has one
        ("source", pa.string()),  # group of clips that share a recording: never split between training and validation
        ("audio_hash", pa.string()),  # hash of the file's bytes; null when not found
    ]
)

# data/metadata/<corpus>/strong.parquet, sorted by clip_id, onset_s: the truth in time, where it is known.
STRONG = pa.schema([("clip_id", pa.string()), ("onset_s", pa.float64()), ("offset_s", pa.float64()), ("mid", pa.string())])

# data/metadata/<corpus>/details.parquet, sorted by clip_id: what a corpus says of its clips beside that; null where it does not.
DETAILS = pa.schema(
    [
        ("clip_id", pa.string()),
        ("duration_s", pa.float64()),  # of the published file, as published
        ("manually_verified", pa.bool_()),  # the labels, by listeners
        ("usage", pa.string()),  # half of a competition's test set: Public or Private
    ]
)

# data/features/<corpus>/<subset>-00000.parquet, sorted by clip_id.
FEATURES = pa.schema(
    [
        ("clip_id", pa.string()),
        ("samples", pa.int32()),  # length of the clip at the front end's sample rate
        ("frames", pa.int32()),  # T
        ("mel_TF", pa.binary()),  # log-mel in dB, float16 little endian, T x F, row major
    ]
)


class Status(StrEnum):
    """What became of a clip that was asked for. All but those that are present have no features."""

    PRESENT = "present"
    MISSING = "missing"  # no audio was found
    UNREADABLE = "unreadable"
    TOO_SHORT = "too short"  # features.min_seconds
    SILENT = "silent"  # features.silence_db


# data/features/<corpus>/clips.parquet, sorted by clip_id: every clip of the manifest.
CLIPS = pa.schema(
    [
        ("clip_id", pa.string()),
        ("path", pa.string()),  # as in the manifest
        ("status", pa.string()),  # one of Status
        ("reason", pa.string()),  # a sentence; null for those that are present
    ]
)

# data/labels/<key>.parquet, sorted by clip_id, start_ms: soft labels of each window.
LABELS = pa.schema(
    [
        ("clip_id", pa.string()),
        ("start_ms", pa.int32()),
        ("duration_ms", pa.int32()),
        ("class_id", pa.list_(pa.int16())),  # kept classes, ascending
        ("q", pa.list_(pa.uint16())),  # their probabilities x Q_ONE, rounded
    ]
)
Q_ONE = 50_000

# data/transfer/<key>/scores.parquet, sorted by seed, clip_id: test clips, truth and what a fine-tuned model says of them.
TRANSFER_SCORES = pa.schema(
    [
        ("seed", pa.int32()),  # of the fine-tuning
        ("clip_id", pa.string()),
        ("labels", pa.list_(pa.string())),  # ids of classes.csv
        ("usage", pa.string()),  # Public, Private, or null
        ("scores", pa.list_(pa.float32())),  # one a class of the vocabulary, in its order
    ]
)

# data/detect/<key>/seed<S>.parquet, sorted by clip_id: scores in time, of T steps and C classes.
DETECTION = pa.schema(
    [
        ("clip_id", pa.string()),
        ("edges_s", pa.list_(pa.float64())),  # T + 1, seconds: where each step begins, and where the last one ends
        ("score_TC", pa.binary()),  # probabilities, float32 little endian, T x C, row major
    ]
)
# data/leaks/pairs.parquet, by clip: clips that stand in a training and an evaluation set, or in two evaluation sets.
LEAK_PAIRS = pa.schema(
    [
        ("corpus", pa.string()),  # of the training clip, or of one of two evaluation clips
        ("subset", pa.string()),
        ("clip_id", pa.string()),
        ("evaluation_corpus", pa.string()),
        ("evaluation_subset", pa.string()),
        ("evaluation_clip_id", pa.string()),
        ("kind", pa.string()),  # the first that holds of id, audio, source, near; see psl/leaks/pairs.py
        ("distance", pa.float64()),  # of the fingerprints, where they are near
        ("relation", pa.string()),  # leak, apart or shared evaluation
    ]
)

# data/leaks/excluded.parquet, sorted: clips that are left out of training, or of evaluation, because of leaks.
EXCLUDED = pa.schema([("corpus", pa.string()), ("clip_id", pa.string())])

# AudioSet's training subsets, each holding those before it; `eval` stands apart.
NESTED_SUBSETS = ("balanced", "aud300h", "full")
SUBSETS = (*NESTED_SUBSETS, "eval")


def nested(subset: str) -> tuple[str, ...]:
    """The subsets whose files together hold `subset`.

    >>> nested("aud300h"), nested("eval")
    (('balanced', 'aud300h'), ('eval',))
    """
    return NESTED_SUBSETS[: NESTED_SUBSETS.index(subset) + 1] if subset in NESTED_SUBSETS else (subset,)
