"""Features come back from Parquet as they were written, group by group, and foreign files are refused."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.config import FrontEndParams
from psl.io.features.front_end import front_end_hash
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.runtime.errors import PslError

PARAMS = FrontEndParams(
    sample_rate_hz=16_000,
    n_fft=512,
    win_length_samples=512,
    hop_length_samples=160,
    n_mels=4,
    f_min_hz=0.0,
    f_max_hz=8000.0,
    dynamic_range_db=120.0,
)


def rows(frames: list[int], prefix: str = "clip") -> list[tuple[str, int, np.ndarray]]:
    """One clip for each number of frames."""
    draw = np.random.default_rng(len(frames))
    return [(f"{prefix}{i:04d}", 160 * T, draw.normal(size=(T, 4)).astype(np.float16)) for i, T in enumerate(frames)]


@settings(max_examples=15, deadline=None)
@given(frames=st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_features_are_read_as_written(tmp_path_factory: pytest.TempPathFactory, frames: list[int]) -> None:
    folder, written = tmp_path_factory.mktemp("features"), rows(frames)
    write_features(folder / "eval-00000.parquet", PARAMS, written)
    store = FeatureStore(folder, ["eval"])
    assert store.clip_ids == [clip_id for clip_id, _, _ in written]
    assert store.frames_N.tolist() == frames and store.samples_N.tolist() == [160 * T for T in frames]
    for (number, mel_TF), (_, _, expected_TF) in zip(store.clips(), written, strict=True):
        np.testing.assert_array_equal(mel_TF, expected_TF)
        assert mel_TF.dtype == np.float16 and len(mel_TF) == store.frames_N[number]


@settings(max_examples=25)
@given(frames=st.lists(st.integers(1, 9), min_size=1, max_size=40), excluded=st.sets(st.integers(0, 45)))
def test_excluded_clips_leave_no_trace(tmp_path_factory: pytest.TempPathFactory, frames: list, excluded: set) -> None:
    folder, written = tmp_path_factory.mktemp("features"), rows(frames)
    write_features(folder / "eval-00000.parquet", PARAMS, written)
    store = FeatureStore(folder, ["eval"], {f"clip{number:04d}" for number in excluded})
    kept = [row for number, row in enumerate(written) if number not in excluded]
    assert store.clip_ids == [clip_id for clip_id, _, _ in kept] and store.n_excluded == len(written) - len(kept)
    assert store.frames_N.tolist() == [len(mel_TF) for _, _, mel_TF in kept] and all(store.groups)
    assert [number for number, _ in store.clips()] == list(range(len(kept)))
    for (_, mel_TF), (_, _, expected_TF) in zip(store.clips(), kept, strict=True):
        np.testing.assert_array_equal(mel_TF, expected_TF)


def test_groups_of_16_clips_number_the_clips_over_all_files(tmp_path: Path) -> None:
    write_features(tmp_path / "balanced-00000.parquet", PARAMS, rows([1] * 20, "b"))
    write_features(tmp_path / "full-00000.parquet", PARAMS, rows([2] * 3, "f"))
    store = FeatureStore(tmp_path, ["balanced", "aud300h", "full"])
    assert store.groups == [range(0, 16), range(16, 20), range(20, 23)] and len(store) == 23
    assert [len(mel_TF) for mel_TF in store.read_group(2)] == [2, 2, 2]
    assert store.clip_ids[20] == "f0000"


def test_same_rows_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_features(tmp_path / name, PARAMS, iter(rows([3] * 40)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_front_end_is_stored(tmp_path: Path) -> None:
    write_features(tmp_path / "eval-00000.parquet", PARAMS, rows([1]))
    store = FeatureStore(tmp_path, ["eval"])
    assert store.front_end == PARAMS and store.front_end_hash == front_end_hash(PARAMS)


def test_durations_are_whole_milliseconds_and_at_least_one(tmp_path: Path) -> None:
    mel_TF = np.zeros((1, 4), np.float16)
    write_features(
        tmp_path / "eval-00000.parquet", PARAMS, [("a", 1, mel_TF), ("b", 16_000, mel_TF), ("c", 2**31 - 1, mel_TF)]
    )
    assert FeatureStore(tmp_path, ["eval"]).duration_ms_N.tolist() == [1, 1000, 134_217_727]


def test_some_subsets_may_have_no_file(tmp_path: Path) -> None:
    write_features(tmp_path / "balanced-00000.parquet", PARAMS, rows([1]))
    assert len(FeatureStore(tmp_path, ["balanced", "aud300h"])) == 1


def test_without_features_the_error_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(PslError, match=r"no features of eval .*run the features stage"):
        FeatureStore(tmp_path, ["eval"])


def test_files_of_two_front_ends_are_refused(tmp_path: Path) -> None:
    write_features(tmp_path / "balanced-00000.parquet", PARAMS, rows([1]))
    write_features(tmp_path / "full-00000.parquet", PARAMS.model_copy(update={"hop_length_samples": 320}), rows([1]))
    with pytest.raises(PslError, match=r"full-00000\.parquet come from different front ends"):
        FeatureStore(tmp_path, ["balanced", "aud300h", "full"])


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "eval-00000.parquet"
    path.write_bytes(b"no Parquet")
    with pytest.raises(PslError, match="cannot be read"):
        FeatureStore(tmp_path, ["eval"])
    pq.write_table(pa.table({"clip_id": ["a"]}), path)
    with pytest.raises(PslError, match="does not hold features"):
        FeatureStore(tmp_path, ["eval"])


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_features(tmp_path / "eval-00000.parquet", PARAMS, [*rows([1] * 20), None])
    assert list(tmp_path.iterdir()) == []
