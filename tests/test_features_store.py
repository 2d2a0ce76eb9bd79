"""Features come back from Parquet as they were written, group by group, and foreign files are refused."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.errors import PslError
from psl.features.store import FeatureStore, front_end_hash, write_features
from psl.params import FrontEndParams
from psl.schemas import nested

PARAMS = FrontEndParams(
    sample_rate_hz=16_000, n_fft=512, win_samples=512, hop_samples=160, mels=4, f_min_hz=0.0, f_max_hz=8000.0, floor_db=120.0
)


def rows(frames: list[int], prefix: str = "clip") -> list[tuple[str, int, np.ndarray]]:
    """One clip for each number of frames."""
    draw = np.random.default_rng(len(frames))
    return [(f"{prefix}{i:04d}", 160 * T, draw.normal(size=(T, 4)).astype(np.float16)) for i, T in enumerate(frames)]


@settings(max_examples=15, deadline=None)
@given(frames=st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, frames: list[int]) -> None:
    folder, written = tmp_path_factory.mktemp("features"), rows(frames)
    write_features(folder / "eval-00000.parquet", PARAMS, written)
    store = FeatureStore(folder, ["eval"])
    assert store.clip_ids == [clip_id for clip_id, _, _ in written]
    assert store.frames_N.tolist() == frames and store.samples_N.tolist() == [160 * T for T in frames]
    for (number, mel_TF), (_, _, expected_TF) in zip(store.clips(), written, strict=True):
        np.testing.assert_array_equal(mel_TF, expected_TF)
        assert mel_TF.dtype == np.float16 and len(mel_TF) == store.frames_N[number]


def test_groups_of_16_clips_number_the_clips_over_all_files(tmp_path: Path) -> None:
    write_features(tmp_path / "balanced-00000.parquet", PARAMS, rows([1] * 20, "b"))
    write_features(tmp_path / "full-00000.parquet", PARAMS, rows([2] * 3, "f"))
    store = FeatureStore(tmp_path, nested("full"))
    assert store.groups == [range(0, 16), range(16, 20), range(20, 23)] and len(store) == 23
    assert [len(mel_TF) for mel_TF in store.read_group(2)] == [2, 2, 2]
    assert store.clip_ids[20] == "f0000"


def test_same_rows_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_features(tmp_path / name, PARAMS, iter(rows([3] * 40)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_front_end_is_kept(tmp_path: Path) -> None:
    write_features(tmp_path / "eval-00000.parquet", PARAMS, rows([1]))
    store = FeatureStore(tmp_path, ["eval"])
    assert store.front_end == PARAMS and store.front_end_hash == front_end_hash(PARAMS)


def test_durations_are_whole_milliseconds_and_at_least_one(tmp_path: Path) -> None:
    mel_TF = np.zeros((1, 4), np.float16)
    write_features(tmp_path / "eval-00000.parquet", PARAMS, [("a", 1, mel_TF), ("b", 16_000, mel_TF), ("c", 2**31 - 1, mel_TF)])
    assert FeatureStore(tmp_path, ["eval"]).duration_ms_N.tolist() == [1, 1000, 134_217_727]


@pytest.mark.parametrize(("subset", "files"), [("balanced", ("balanced",)), ("full", ("balanced", "aud300h", "full")), ("eval", ("eval",))])
def test_training_subsets_hold_the_smaller_ones(subset: str, files: tuple[str, ...]) -> None:
    assert nested(subset) == files


def test_a_nested_subset_may_have_no_file_of_its_own(tmp_path: Path) -> None:
    write_features(tmp_path / "balanced-00000.parquet", PARAMS, rows([1]))
    assert len(FeatureStore(tmp_path, nested("aud300h"))) == 1


def test_nothing_there_says_which_stage_to_run(tmp_path: Path) -> None:
    with pytest.raises(PslError, match=r"no features of eval .*run the features stage"):
        FeatureStore(tmp_path, ["eval"])


def test_files_of_two_front_ends_are_refused(tmp_path: Path) -> None:
    write_features(tmp_path / "balanced-00000.parquet", PARAMS, rows([1]))
    write_features(tmp_path / "full-00000.parquet", PARAMS.model_copy(update={"hop_samples": 320}), rows([1]))
    with pytest.raises(PslError, match=r"full-00000\.parquet come from different front ends"):
        FeatureStore(tmp_path, nested("full"))


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
