"""The label store at 1 M windows x 527 classes: size, writing, label counts by SQL against numpy.

`python -m benchmarks.label_store`.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from psl.io.labels.soft_labels import SoftLabels
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE
from psl.labels.store import build_store, open_store

WINDOWS, CLASSES, CLIP_WINDOWS, FLOOR = 1_000_000, 527, 5, 0.005
FROM_ROWS = (
    f"SELECT n, count(*) FROM (SELECT count(*) AS n FROM labels WHERE q > {3 * Q_ONE // 10} GROUP BY window_id) "
    "GROUP BY n"
)
FROM_COLUMNS = "SELECT above_30, count(*) FROM windows GROUP BY above_30"
MISSING = (
    "SELECT count(*) FROM labels JOIN windows USING (window_id) ANTI JOIN weak_labels USING (clip_id, class_id) "
    f"WHERE q > {3 * Q_ONE // 10}"
)


def realistic(windows: int, vocabulary: Vocabulary) -> SoftLabels:
    """Class priors and noise, and three sounds in each window: about 20 of 527 above the floor, 2 above .3."""
    rng, classes, kept = np.random.default_rng(1), [], []
    prior_C = rng.normal(-9.4, 1.2, len(vocabulary)).astype(np.float32)
    counts = [np.zeros(1, np.int64)]
    for _ in range(0, windows, 10_000):
        z_WC = prior_C + rng.standard_normal((10_000, len(vocabulary)), np.float32) * np.float32(1.9)
        z_WC[np.arange(10_000)[:, None], rng.integers(0, len(vocabulary), (10_000, 3))] += 9.5
        p_WC = 1 / (1 + np.exp(-z_WC))
        kept_WC = p_WC >= FLOOR
        classes.append(np.nonzero(kept_WC)[1].astype(np.int16))
        kept.append(np.rint(p_WC[kept_WC] * Q_ONE).astype(np.uint16))
        counts.append(kept_WC.sum(axis=1))
    return _labels(
        vocabulary, windows, CLIP_WINDOWS, np.concatenate(counts), np.concatenate(classes), np.concatenate(kept)
    )


def _labels(
    vocabulary: Vocabulary, windows: int, per_clip: int, counts: np.ndarray, classes: np.ndarray, q: np.ndarray
) -> SoftLabels:
    number = np.arange(windows, dtype=np.int32)
    length = np.int32(10_000 // per_clip)
    return SoftLabels(
        vocabulary=vocabulary,
        clip_ids=tuple(f"Y{clip:010d}_30000" for clip in range(windows // per_clip)),
        clip_W=number // per_clip,
        start_ms_W=number % per_clip * length,
        duration_ms_W=np.full(windows, length),
        offsets=np.cumsum(counts),
        class_K=classes,
        q_K=q,
        below_min_mean_C=np.full(len(vocabulary), 0.0005, np.float32),
        provenance={"kind": "annotator", "floor": FLOOR},
    )


def weak_labels(clips: int, vocabulary: Vocabulary) -> SoftLabels:
    """Two weak labels a clip."""
    classes = (
        np.sort(np.random.default_rng(2).permuted(np.tile(np.arange(20), (clips, 1)), axis=1)[:, :2], axis=1)
        .astype(np.int16)
        .ravel()
    )
    counts = np.concatenate([[0], np.full(clips, 2)])
    return _labels(vocabulary, clips, 1, counts, classes, np.full(2 * clips, Q_ONE, np.uint16))


def count_by_numpy(labels: SoftLabels) -> np.ndarray:
    """The label counts from CSR arrays in memory: what the queries are compared to."""
    before = np.concatenate([[0], np.cumsum(labels.q_K > 3 * Q_ONE // 10)])
    return np.bincount(before[labels.offsets[1:]] - before[labels.offsets[:-1]])


def best_of(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of some runs, seconds."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def main() -> None:
    """Print each measurement beside its target."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    vocabulary = Vocabulary(tuple(f"/m/{n:04d}" for n in range(CLASSES)), tuple(f"class {n}" for n in range(CLASSES)))
    labels, weak = realistic(WINDOWS, vocabulary), weak_labels(WINDOWS // CLIP_WINDOWS, vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.duckdb"
        written = best_of(lambda: build_store(path, {"2": labels}, weak), times=1)
        megabytes = path.stat().st_size / 1e6
        numpy_s = best_of(lambda: count_by_numpy(labels))
        with open_store(path) as store:
            rows_s, columns_s, missing_s = (
                best_of(lambda q=q: store.execute(q).fetchall()) for q in (FROM_ROWS, FROM_COLUMNS, MISSING)
            )
    above = float((labels.q_K > 3 * Q_ONE // 10).mean()) * len(labels.q_K) / len(labels)
    print(f"{len(labels):,} windows; {len(labels.q_K) / len(labels):.1f} labels kept in each, {above:.1f} above .3")
    print(
        f"size               {megabytes:8.1f} MB  (target <= 110; dense float16 is {WINDOWS * CLASSES * 2 / 1e6:.0f})"
    )
    print(f"write              {written:8.2f} s")
    print(f"counts by numpy    {numpy_s:8.3f} s")
    print(f"counts from rows   {rows_s:8.3f} s   {rows_s / numpy_s:5.2f} x numpy (target <= 3.5)")
    print(f"counts from columns{columns_s:8.3f} s   {columns_s / numpy_s:5.2f} x numpy (target <= 0.3)")
    print(f"missing in weak    {missing_s:8.3f} s")


if __name__ == "__main__":
    main()
