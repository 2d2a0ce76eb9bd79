"""A store without some clips is the store of a corpus that never had them, whatever the groups were."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_features_store import PARAMS, rows

from psl.features.store import FeatureStore, write_features


@settings(max_examples=25)
@given(frames=st.lists(st.integers(1, 9), min_size=1, max_size=40), left_out=st.sets(st.integers(0, 45)))
def test_left_out_clips_leave_no_trace(tmp_path_factory, frames, left_out):
    folder, written = tmp_path_factory.mktemp("features"), rows(frames)
    write_features(folder / "eval-00000.parquet", PARAMS, written)
    store = FeatureStore(folder, ["eval"], {f"clip{number:04d}" for number in left_out})
    kept = [row for number, row in enumerate(written) if number not in left_out]
    assert store.clip_ids == [clip_id for clip_id, _, _ in kept] and store.n_left_out == len(written) - len(kept)
    assert store.frames_N.tolist() == [len(mel_TF) for _, _, mel_TF in kept] and all(store.groups)
    assert [number for number, _ in store.clips()] == list(range(len(kept)))
    for (_, mel_TF), (_, _, expected_TF) in zip(store.clips(), kept, strict=True):
        np.testing.assert_array_equal(mel_TF, expected_TF)
