"""The schemas of the Parquet tables that stages hand to each other: column, type, unit."""

from enum import StrEnum

import pyarrow as pa

# Segment lists (YouTube videos) in memory, in the order of the lists.
SEGMENTS = pa.schema(
    [("ytid", pa.string()), ("start_ms", pa.int64()), ("end_ms", pa.int64()), ("labels", pa.list_(pa.string()))]
)

# data/metadata/<corpus>/manifest.parquet, sorted by clip_id: every clip in the corpus's lists.
MANIFEST = pa.schema(
    [
        ("clip_id", pa.string()),  # unique; `{ytid}_{start in ms}` for AudioSet
        ("path", pa.string()),  # file or locator, relative to the manifest's folder, or absolute; null when not found
        ("start_s", pa.float64()),  # the clip within the file, seconds; 0.0 when the file is the clip
        ("end_s", pa.float64()),  # seconds; null: to the end of the file
        ("subset", pa.string()),  # of AudioSet, the smallest that has the clip: balanced < aud300h < full, or eval
        ("labels", pa.list_(pa.string())),  # weak labels, ids in classes.csv: mids where each class has one
        ("source", pa.string()),  # group of clips that share a recording: never split between training and validation
        ("audio_hash", pa.string()),  # of the file's bytes, see psl/audio/hashes.py; null when not found
        ("looked_for", pa.list_(pa.string())),  # classes whose absence from `labels` is known; null: all classes
    ]
)

# data/metadata/<corpus>/strong.parquet, sorted by clip_id, onset_s: the events with their times, where they are known.
STRONG = pa.schema(
    [("clip_id", pa.string()), ("onset_s", pa.float64()), ("offset_s", pa.float64()), ("mid", pa.string())]
)

# data/metadata/<corpus>/details.parquet, sorted by clip_id: what else a corpus publishes of its clips; null if unknown.
DETAILS = pa.schema(
    [
        ("clip_id", pa.string()),
        ("duration_s", pa.float64()),  # of the published file, as published
        ("manually_verified", pa.bool_()),  # whether listeners checked the labels
        ("usage", pa.string()),  # half of a competition's test set: Public or Private
    ]
)

# data/features/<corpus>/<subset>-<hash>.parquet, sorted by clip_id.
FEATURES = pa.schema(
    [
        ("clip_id", pa.string()),
        ("samples", pa.int32()),  # length of the clip at the front end's sample rate
        ("frames", pa.int32()),  # T
        ("mel_hash", pa.string()),  # of the bytes of mel_TF, see psl/io/hashes.py
        ("mel_TF", pa.binary()),  # log-mel in dB, float16 little endian, T x F, row major
    ]
)

# data/features/<corpus>/index.parquet: every clip of the files above, in the order of the files and of their rows.
FEATURE_INDEX = pa.schema(
    [
        ("subset", pa.string()),
        ("file", pa.string()),
        ("row_group", pa.int32()),  # in the file
        *(FEATURES.field(name) for name in ("clip_id", "samples", "frames", "mel_hash")),
    ]
)


class Status(StrEnum):
    """The status of a clip of the manifest. Only clips that are present have features."""

    PRESENT = "present"
    MISSING = "missing"  # no audio was found
    UNREADABLE = "unreadable"
    TOO_SHORT = "too short"  # shorter than features.min_seconds
    SILENT = "silent"  # its peak is below features.silence_db


# data/features/<corpus>/clips.parquet, sorted by clip_id: every clip of the manifest.
CLIP_STATUS = pa.schema(
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

# data/transfer/<key>/scores.parquet, sorted by seed, clip_id: labels and a fine-tuned model's scores of test clips.
TRANSFER_SCORES = pa.schema(
    [
        ("seed", pa.int32()),  # of the fine-tuning
        ("clip_id", pa.string()),
        ("labels", pa.list_(pa.string())),  # ids of classes.csv
        ("usage", pa.string()),  # Public, Private, or null
        ("scores", pa.list_(pa.float32())),  # one for each class of the vocabulary, in its order
    ]
)

# data/scores/<key>.parquet, by seed, then as the features are sorted: a model's scores of the evaluation clips.
CLIP_SCORES = pa.schema(
    [
        ("seed", pa.int32()),
        ("clip_id", pa.string()),
        ("p", pa.list_(pa.float32())),  # of the whole clip, one for each class of the vocabulary, in its order
        ("highest_p", pa.list_(pa.float32())),  # of its windows
        ("start_ms", pa.list_(pa.int32())),  # where the window of highest_p begins in the clip, milliseconds
    ]
)

# data/detect/<key>/seed<S>.parquet, sorted by clip_id: frame-level scores, T time steps by C classes.
DETECTION = pa.schema(
    [
        ("clip_id", pa.string()),
        ("edges_s", pa.list_(pa.float64())),  # T + 1: the start of each time step, and the end of the last, seconds
        ("score_TC", pa.binary()),  # probabilities, float32 little endian, T x C, row major
    ]
)

# data/leaks/pairs.parquet, by clip: clips that are in a training and an evaluation set, or in two evaluation sets.
LEAK_PAIRS = pa.schema(
    [
        ("corpus", pa.string()),  # of the training clip, or of one of two evaluation clips
        ("subset", pa.string()),
        ("clip_id", pa.string()),
        ("evaluation_corpus", pa.string()),
        ("evaluation_subset", pa.string()),
        ("evaluation_clip_id", pa.string()),
        ("kind", pa.string()),  # the first that applies of id, audio, source, near; see psl/corpora/overlap/pairs.py
        ("distance", pa.float64()),  # between the fingerprints, for the kind near
        ("relation", pa.string()),  # leak, apart or shared evaluation
    ]
)

# data/leaks/excluded.parquet, sorted: clips that are excluded from training or from evaluation because of leaks.
EXCLUDED = pa.schema([("corpus", pa.string()), ("clip_id", pa.string())])

# data/metadata/<corpus>/audioset_classes.csv: the AudioSet class, if any, of each of the corpus's classes.
AUDIOSET_CLASSES, AUDIOSET_CLASSES_HEADER = "audioset_classes.csv", ["mid", "name", "audioset_mid"]
