"""The Parquet tables that stages hand to each other, stated once: column, type, unit."""

import pyarrow as pa

# data/metadata/<corpus>/manifest.parquet, sorted by clip_id: every clip that the corpus's lists ask for.
MANIFEST = pa.schema(
    [
        ("clip_id", pa.string()),  # unique; `{ytid}_{start in ms}` for AudioSet
        ("path", pa.string()),  # audio file, relative to the manifest's folder, or absolute; null when not found
        ("start_s", pa.float64()),  # the clip within the file, seconds; 0.0 when the file is the clip
        ("end_s", pa.float64()),  # seconds
        ("subset", pa.string()),  # the smallest that holds the clip: balanced < aud300h < full, or eval
        ("labels", pa.list_(pa.string())),  # weak labels, mids
        ("source", pa.string()),  # group of clips that share a recording: never split between training and validation
        ("audio_hash", pa.string()),  # hash of the file's bytes; null when not found
    ]
)

# data/metadata/<corpus>/strong.parquet, sorted by clip_id, onset_s: the truth in time, where it is known.
STRONG = pa.schema([("clip_id", pa.string()), ("onset_s", pa.float64()), ("offset_s", pa.float64()), ("mid", pa.string())])

# data/features/<corpus>/<subset>-00000.parquet, sorted by clip_id.
FEATURES = pa.schema(
    [
        ("clip_id", pa.string()),
        ("samples", pa.int32()),  # length of the clip at the front end's sample rate
        ("frames", pa.int32()),  # T
        ("mel_TF", pa.binary()),  # log-mel in dB, float16 little endian, T x F, row major
    ]
)

# data/features/<corpus>/failures.parquet, sorted by clip_id: what was not read, and why.
FAILURES = pa.schema([("clip_id", pa.string()), ("path", pa.string()), ("reason", pa.string())])

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

# Training subsets, each holding those before it; `eval` stands apart.
NESTED_SUBSETS = ("balanced", "aud300h", "full")
SUBSETS = (*NESTED_SUBSETS, "eval")
