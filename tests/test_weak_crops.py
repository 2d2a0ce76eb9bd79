"""Weakly labelled clips are learnt in crops: elsewhere in every epoch in training, whole in validation."""

from contextlib import closing
from itertools import islice

import numpy as np
import pytest
from params_files import changed, fault_in
from toy import FRAME_MS, toy_labels, toy_manifest, toy_store, training_params, truth

from psl.config.file import read_params
from psl.io.windows import fit_frames
from psl.runtime.errors import PslError
from psl.training.engine.data import crop_ms, make_training_data

CLIP_FRAMES, CROP_FRAMES = 40, 10
CROP_MS = CROP_FRAMES * FRAME_MS


@pytest.fixture
def store(tmp_path):
    return toy_store(tmp_path / "features", frames=(CLIP_FRAMES, 25, 8))


def data_of(store, length_ms=CROP_MS):
    params = training_params(batch_windows=None, batch_seconds=3.2)
    return make_training_data(store, toy_labels(store), toy_manifest(store), params, alpha=None, crop_ms=length_ms)


def crop_of(store, clip, start):
    """The bytes of the crop that starts at this frame of a clip."""
    mels = [mel_TF for group in range(len(store.groups)) for mel_TF in store.read_group(group)]
    return fit_frames(mels[clip], start, CROP_FRAMES).astype(np.float32).tobytes()


def test_training_learns_crops_of_its_clips_with_their_labels_and_validation_whole_clips(store):
    data = data_of(store)
    assert data.validation.frames == CLIP_FRAMES and data.training.frames == CROP_FRAMES
    assert data.training.largest_batch == 8  # of 3.2 s in crops
    with closing(data.training.stream(seed=1)) as stream:
        mel_WTF, target_WC = map(np.concatenate, zip(*islice(stream, data.training.steps), strict=True))
    row_of = {crop_of(store, row, data.training.starts(1, 0)[row]): row for row in data.training.rows_W.tolist()}
    assert {mel_TF.tobytes() for mel_TF in mel_WTF} == row_of.keys()
    for mel_TF, target_C in zip(mel_WTF, target_WC, strict=True):
        np.testing.assert_array_equal(target_C, truth(len(store))[row_of[mel_TF.tobytes()]])


def test_crops_are_elsewhere_in_every_epoch_and_inside_their_clips(store):
    training = data_of(store).training
    rows = training.rows_W
    first, second = (training.starts(1, epoch)[rows] for epoch in (0, 1))
    assert (first != second).any() and (training.starts(1, 0)[rows] == first).all()
    last = np.array([max(frames - CROP_FRAMES, 0) for frames in (CLIP_FRAMES, 25, 8)])[rows % 3]
    assert (first <= last).all() and (first >= 0).all() and first.max() > 10


def test_without_a_crop_clips_are_learnt_whole(store):
    training = data_of(store, None).training
    assert training.frames == CLIP_FRAMES and not training.starts(1, 0).any()


def test_a_crop_longer_than_every_clip_is_refused(store):
    with pytest.raises(PslError, match=r"crop_seconds 1\.64 is longer than every clip \(the longest has 1\.6 s\)"):
        data_of(store, 1640)


def test_seconds_become_milliseconds_and_a_crop_shorter_than_a_frame_is_refused(tmp_path):
    assert crop_ms(training_params(crop_seconds=2.5)) == 2500 and crop_ms(training_params()) is None
    for section in ("train_annotator", "train_student"):
        fault = fault_in(changed(tmp_path, f"{section}.crop_seconds", 0.001))
        assert f"{section}.crop_seconds 0.001 is shorter than a frame" in fault
    assert read_params(changed(tmp_path, "train_student.crop_seconds", 5.0)).train_student.crop_seconds == 5.0
