"""The label store at millions of windows x 527 classes: size, seconds and memory; label counts by SQL against numpy.

`python -m benchmarks.label_store --windows 10000000`. Each step is a process of its own, whose peak memory is printed.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from psl.io.labels.reader import read_labels
from psl.io.labels.soft_labels import SoftLabels, ranges
from psl.io.labels.targets import Targets
from psl.io.labels.writer import METADATA_KEY, LabelWriter
from psl.io.metadata.manifest import write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import LABELS, MANIFEST, Q_ONE
from psl.labels.open_store import open_store
from psl.labels.store import build_store

CLASSES, CLIP_WINDOWS, CLIP_MS, FLOOR = 527, 5, 10_000, 0.005
POOL = 50_000  # different windows: the others repeat them in random order
GROUP_CLIPS = 1639  # 8195 windows: the row groups of LabelWriter
ABOVE = 3 * Q_ONE // 10
BATCH = 40
FROM_ROWS = (
    f"SELECT n, count(*) FROM (SELECT count(*) AS n FROM labels WHERE q > {ABOVE} GROUP BY window_id) GROUP BY n"
)
FROM_COLUMNS = "SELECT above_30, count(*) FROM windows GROUP BY above_30"
MISSING = (
    "SELECT count(*) FROM labels JOIN windows USING (window_id) "
    "ANTI JOIN weak_labels USING (clip_number, class_number) "
    f"WHERE q > {ABOVE}"
)
Sparse = tuple[np.ndarray, np.ndarray, np.ndarray]  # offsets, class_K, q_K of some windows
Figures = dict[str, Any]


def vocabulary() -> Vocabulary:
    """527 classes."""
    return Vocabulary(tuple(f"/m/{n:04d}" for n in range(CLASSES)), tuple(f"class {n}" for n in range(CLASSES)))


def realistic(windows: int, rng: np.random.Generator) -> np.ndarray:
    """p_WC from class priors, noise and three sounds in each window: about 19 of 527 above the floor, 2 above .3."""
    z_WC = np.random.default_rng(1).normal(-9.4, 1.2, CLASSES).astype(np.float32)
    z_WC = z_WC + rng.standard_normal((windows, CLASSES), np.float32) * np.float32(1.9)
    z_WC[np.arange(windows)[:, None], rng.integers(0, CLASSES, (windows, 3))] += 9.5
    return 1 / (1 + np.exp(-z_WC))


def sparse(p_WC: np.ndarray) -> Sparse:
    """What LabelWriter keeps of p_WC."""
    kept_WC = p_WC >= FLOOR
    offsets = np.concatenate([[0], np.cumsum(kept_WC.sum(axis=1))])
    q_K = np.rint(p_WC[kept_WC] * np.float64(Q_ONE)).astype(np.uint16)
    return offsets, np.nonzero(kept_WC)[1].astype(np.int16), q_K


def soft_parts(windows: int) -> Iterator[Sparse]:
    """The soft labels of a row group after the other."""
    rng = np.random.default_rng(2)
    offsets, class_K, q_K = sparse(realistic(POOL, rng))
    for begin in range(0, windows, GROUP_CLIPS * CLIP_WINDOWS):
        rows = rng.integers(0, POOL, min(GROUP_CLIPS * CLIP_WINDOWS, windows - begin))
        _, kept = ranges(offsets[rows], offsets[rows + 1])
        yield np.concatenate([[0], np.cumsum(np.diff(offsets)[rows])]), class_K[kept], q_K[kept]


def weak_parts(clips: int) -> Iterator[Sparse]:
    """Two weak labels a clip."""
    rng = np.random.default_rng(3)
    for begin in range(0, clips, GROUP_CLIPS):
        n = min(GROUP_CLIPS, clips - begin)
        classes = np.sort(rng.permuted(np.tile(np.arange(20), (n, 1)), axis=1)[:, :2], axis=1)
        yield np.arange(0, 2 * n + 1, 2), classes.astype(np.int16).ravel(), np.full(2 * n, Q_ONE, np.uint16)


def write_parts(path: Path, parts: Iterator[Sparse], per_clip: int, floor: float) -> None:
    """Write a file as LabelWriter writes it, from labels that are sparse already."""
    names = vocabulary()
    provenance = {"floor": floor, "kind": "annotator", "vocabulary_hash": names.hash}
    record = {"mids": names.mids, "names": names.names, "provenance": provenance, "tail": [0.0005] * CLASSES}
    clip = 0
    with pq.ParquetWriter(path, LABELS, compression="zstd") as file:
        for offsets, class_K, q_K in parts:
            number_W = np.arange(len(offsets) - 1)
            clips = pa.array([clip_id(clip + n) for n in range(len(number_W) // per_clip)])
            columns = [
                clips.take(pa.array(number_W // per_clip)),
                pa.array(number_W % per_clip * (CLIP_MS // per_clip), pa.int32()),
                pa.array(np.full(len(number_W), CLIP_MS // per_clip), pa.int32()),
                *(
                    pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values))
                    for values in (class_K, q_K)
                ),
            ]
            file.write_table(pa.Table.from_arrays(columns, schema=LABELS))
            clip += len(clips)
        file.add_key_value_metadata({METADATA_KEY: json.dumps(record, sort_keys=True)})


def write_corpus(folder: Path, clips: int) -> None:
    """The manifest: two weak labels a clip, of twenty classes."""
    mids = np.array(vocabulary().mids, object)
    columns = {
        "clip_id": (ids := [clip_id(number) for number in range(clips)]),
        "path": [f"audio/{clip}.flac" for clip in ids],
        "start_s": np.zeros(clips),
        "end_s": np.full(clips, CLIP_MS / 1000),
        "subset": ["full"] * clips,
        "labels": [*map(list, np.concatenate([mids[c_K].reshape(-1, 2) for _, c_K, _ in weak_parts(clips)]))],
        "source": [clip[:11] for clip in ids],
        "audio_hash": ["0" * 32] * clips,
        "looked_for": [None] * clips,
    }
    write_manifest(folder, pa.table(columns, schema=MANIFEST))


def clip_id(number: int) -> str:
    """As long as AudioSet's."""
    return f"Y{number:010d}_30000"


def write_files(folder: Path, windows: int) -> Figures:
    """Both label files; and the time that LabelWriter takes for one clip's dense probabilities."""
    p_WC = realistic(CLIP_WINDOWS, np.random.default_rng(4))
    began = time.perf_counter()
    with LabelWriter(folder / "some.parquet", vocabulary(), FLOOR, {"kind": "annotator"}) as writer:
        for clip in range(2000):
            writer.add(f"{clip:05d}", np.arange(CLIP_WINDOWS) * 2000, 2000, p_WC)
    writer_us = (time.perf_counter() - began) / 2000 * 1e6
    seconds = best_of(lambda: write_parts(folder / "2.parquet", soft_parts(windows), CLIP_WINDOWS, FLOOR), times=1)
    write_parts(folder / "weak.parquet", weak_parts(windows // CLIP_WINDOWS), 1, 0.1)
    write_corpus(folder / "corpus", windows // CLIP_WINDOWS)
    return {"seconds": seconds, "writer_us": writer_us, "mb": (folder / "2.parquet").stat().st_size / 1e6}


def write_store(folder: Path, windows: int) -> Figures:
    """The store, from both files."""
    path = folder / "labels.duckdb"
    files = {"2": folder / "2.parquet"}, folder / "weak.parquet", folder / "corpus"
    began = time.process_time()
    seconds = best_of(lambda: build_store(path, *files), times=1)
    cpu = time.process_time() - began
    with path.open("rb") as store:
        digest = hashlib.file_digest(store, "sha256").hexdigest()[:8]
    return {"seconds": seconds, "cpu": cpu, "mb": path.stat().st_size / 1e6, "hash": digest}


def read_all(folder: Path, windows: int) -> Figures:
    """Reading, and making the targets of batches."""
    before = peak_gib()
    began = time.perf_counter()
    labels = read_labels(folder / "2.parquet")
    seconds, gib = time.perf_counter() - began, peak_gib()
    rows = np.random.default_rng(5).integers(0, windows, (200, BATCH))
    targets = Targets(labels)
    batch_s = best_of(lambda: [targets.of(row_B) for row_B in rows]) / len(rows)
    return {
        "seconds": seconds,
        "arrays_gib": arrays_gib(labels),
        "above_imports_gib": gib - before,
        "batch_us": batch_s * 1e6,
        "labels": len(labels.q_K) / windows,
        "above": float((labels.q_K > ABOVE).mean()) * len(labels.q_K) / windows,
    }


def read_some(folder: Path, windows: int) -> Figures:
    """Reading a tenth of the clips, next to each other in their order."""
    clips = windows // CLIP_WINDOWS
    before, wanted = peak_gib(), [*map(clip_id, range(clips // 2, clips // 2 + clips // 10))]
    began = time.perf_counter()
    labels = read_labels(folder / "2.parquet", wanted)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "arrays_gib": arrays_gib(labels), "above_imports_gib": peak_gib() - before}


def numpy_counts(folder: Path, windows: int) -> Figures:
    """The label counts from CSR arrays in memory: what the queries are compared to."""
    labels = read_labels(folder / "2.parquet")

    def count() -> np.ndarray:
        before = np.concatenate([[0], np.cumsum(labels.q_K > ABOVE)])
        return np.bincount(before[labels.offsets[1:]] - before[labels.offsets[:-1]])

    return {"seconds": best_of(count, times=3), "of_two": int(count()[2])}


def queries(folder: Path, windows: int) -> Figures:
    """The label counts and the missing labels by SQL."""
    began = time.perf_counter()
    with open_store(folder / "labels.duckdb") as store:
        opened = time.perf_counter() - began
        rows, columns, missing = (
            best_of(lambda q=q: store.execute(q).fetchall(), times=3) for q in (FROM_ROWS, FROM_COLUMNS, MISSING)
        )
        of_two = [dict(store.execute(query).fetchall())[2] for query in (FROM_ROWS, FROM_COLUMNS)]
    assert of_two[0] == of_two[1]
    return {"open": opened, "rows": rows, "columns": columns, "missing": missing, "of_two": of_two[0]}


def arrays_gib(labels: SoftLabels) -> float:
    """Size of the arrays: 4 bytes a kept label and 20 a window."""
    arrays = (labels.clip_W, labels.start_ms_W, labels.duration_ms_W, labels.offsets, labels.class_K, labels.q_K)
    return sum(array.nbytes for array in arrays) / 2**30


def peak_gib() -> float:
    """The peak of this process's resident memory, since it began."""
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 2**20


def best_of(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of some runs, seconds."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def in_process(step: Callable[[Path, int], Figures], folder: Path, windows: int) -> Figures:
    """Run a step in a new process, and add the peak of its memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return {**pool.submit(step, folder, windows).result(), "gib": pool.submit(peak_gib).result()}


def main() -> None:
    """Print each measurement beside its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=1_000_000)
    windows = parser.parse_args().windows
    steps = (write_files, write_store, read_all, read_some, numpy_counts, queries)
    with tempfile.TemporaryDirectory() as folder:
        files, store, read, some, counts, sql = (in_process(step, Path(folder), windows) for step in steps)
    assert counts["of_two"] == sql["of_two"]
    seconds, dense_mb = counts["seconds"], windows * CLASSES * 2 / 1e6
    print(f"{windows:,} windows; {read['labels']:.1f} labels kept in each, {read['above']:.1f} above .3")
    line("labels file", files, f"{files['mb']:.0f} MB; LabelWriter {files['writer_us']:.0f} us a clip")
    target = f"target <= {windows * 125 / 1e6:.0f}; dense float16 is {dense_mb:.0f}"
    line("store written", store, f"{store['mb']:.1f} MB ({target}); {store['cpu']:.1f} s of a core")
    print(f"{'':<19}target <= 60 s at 10 M windows; SHA-256 {store['hash']} in each run")
    for name, figures in (("labels read", read), ("a tenth read", some)):
        ratio = figures["above_imports_gib"] / figures["arrays_gib"]
        line(name, figures, f"arrays {figures['arrays_gib']:.2f} GiB; above imports {ratio:.2f} x (target <= 1.2)")
    print(f"targets of a batch {read['batch_us']:7.0f} us for {BATCH} windows")
    line("counts by numpy", counts, "")
    print(f"store opened       {sql['open']:7.2f} s")
    line("counts from rows", {**sql, "seconds": sql["rows"]}, f"{sql['rows'] / seconds:.2f} x numpy (target <= 1)")
    print(f"counts from columns{sql['columns']:7.3f} s   {sql['columns'] / seconds:.2f} x numpy (target <= .3)")
    print(f"missing in weak    {sql['missing']:7.2f} s")


def line(name: str, figures: Figures, rest: str) -> None:
    """Print a step's seconds and its peak memory."""
    print(f"{name:<19}{figures['seconds']:7.2f} s   peak {figures['gib']:.2f} GiB   {rest}")


if __name__ == "__main__":
    main()
