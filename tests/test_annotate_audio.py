"""Annotators that take audio hear each clip through the manifest; labels depend on the window alone."""

import numpy as np
import pytest
import soundfile
from annotator_toys import CORPUS, TEACHER, by_hand, model_folder, recorded, state
from feature_corpora import row, run, write_manifest
from onnx_models import RATE_HZ

from psl.annotators.inference import annotate as annotation
from psl.annotators.inference.annotate import annotate
from psl.annotators.inference.clips.choose import clips_for
from psl.annotators.inference.scorer import Windowing
from psl.annotators.opened import Opener
from psl.audio.decode import read_clip
from psl.audio.hashes import hash_audio
from psl.audio.write import write_clip
from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from psl.runtime.runners.in_process import Serial, Threads
from psl.runtime.runners.processes import Processes

WINDOWS = Windowing(length_ms=300, hop_ms=200, last_window="shift")
TEACHERS = [TEACHER.index.get(mid) for mid in CORPUS.mids]


def recording(path, seconds, rate_hz=RATE_HZ, seed=0):
    """A WAV of noise whose loudness goes up and down, so that its windows differ."""
    rng, samples = np.random.default_rng(seed), round(seconds * rate_hz)
    path.parent.mkdir(exist_ok=True)
    write_clip(path, rng.uniform(-0.5, 0.5, samples) * np.sin(np.linspace(0, 9, samples)) ** 2, rate_hz)
    return path


@pytest.fixture
def corpus(tmp_path):
    """Twelve recordings of different lengths, two in three of them balanced; one is shorter than a window."""
    rows = []
    for number in range(12):
        recording(tmp_path / f"metadata/{number:02}.wav", 0.5 + 0.13 * (number % 5) if number else 0.2, seed=number)
        subset = "eval" if number % 3 == 2 else "balanced"
        rows.append(clip(tmp_path, f"{number:02}.wav", subset=subset))
    return extracted(tmp_path, rows)


def clip(root, name, **changes):
    """A clip of the manifest: the whole recording `name`, but for changes."""
    return row(root, name, **{"audio_hash": hash_audio(root / "metadata" / name), "end_s": None, **changes})


def extracted(root, rows, **changes):
    """The corpus of these clips, with features."""
    write_manifest(root, rows)
    run(root, min_seconds=0.01, **changes)
    return root


def opener(root, *, fixed=None, **fields):
    """Opens a toy annotator that has two of the three classes."""
    source = state(model_folder(root / "toy", **(fixed or {})), **fields)
    return Opener(recorded(source, root / "record"), "cpu")


def labelled(root, opener, subsets=("balanced", "eval"), *, runner=None, batch=8, cache="cache", annotator=None):
    """p_WC of each clip by its id, as annotate leaves them in the cache."""
    annotator, store = annotator or opener(), FeatureStore(root / "features", subsets)
    labels = annotate(
        clips_for(annotator, store, root / "metadata"),
        WINDOWS,
        annotator,
        inference_batch_size=batch,
        cache=root / cache,
        runner=runner or Serial(),
        opener=opener,
    )
    return {clip_id: np.array(labels[number]) for number, clip_id in enumerate(store.clip_ids)}


def reference(x_T, rate_hz, piece=None):
    """p_WC of a clip: windows cut by hand, and pieces of so many samples averaged."""
    samples, length, hop = len(x_T), WINDOWS.length_ms * rate_hz // 1000, WINDOWS.hop_ms * rate_hz // 1000
    starts = [*range(0, max(samples - length, 0) + 1, hop)]
    starts += [samples - length] if starts[-1] + length < samples else []
    windows = [
        np.tile(x_T, -(-length // samples))[:length] if samples < length else x_T[s : s + length] for s in starts
    ]
    p_WK = np.array([np.mean([by_hand(part) for part in pieces(window, piece)], axis=0) for window in windows])
    return np.stack([np.zeros(len(p_WK)) if number is None else p_WK[:, number] for number in TEACHERS], axis=1)


def pieces(window, size):
    """A window's pieces: the last ends with it; or all of it, repeated up to that size."""
    if size is None or len(window) <= size:
        return [np.resize(window, size or len(window))]
    starts = [*range(0, len(window) - size + 1, size)]
    return [window[s : s + size] for s in sorted({*starts, len(window) - size})]


def require_same(found, expected):
    assert found.keys() == expected.keys()
    for clip_id, p_WC in expected.items():
        np.testing.assert_array_equal(found[clip_id], p_WC)


def test_labels_are_those_of_each_window_alone(corpus):
    for clip_id, p_WC in labelled(corpus, opener(corpus)).items():
        x_T = read_clip(corpus / "metadata" / clip_id, 0.0, None, RATE_HZ)
        np.testing.assert_allclose(p_WC, reference(x_T, RATE_HZ), atol=1e-5)


def test_annotators_hear_the_channel_that_the_features_are_of(corpus):
    left_T = read_clip(corpus / "metadata/01.wav", 0.0, None, RATE_HZ)
    soundfile.write(corpus / "metadata/wide.wav", np.stack([left_T, -0.5 * left_T], 1), RATE_HZ, subtype="FLOAT")
    rows = [clip(corpus, "wide.wav"), clip(corpus, "02.wav", subset="eval")]
    opens = opener(corpus)
    labels = labelled(extracted(corpus, rows), opens)
    heard = labelled(extracted(corpus, rows, channel=1), opens)
    np.testing.assert_allclose(labels["wide.wav"], reference(0.25 * left_T, RATE_HZ), atol=1e-5)
    np.testing.assert_allclose(heard["wide.wav"], reference(left_T, RATE_HZ), atol=1e-5)


def test_labels_do_not_depend_on_runner_or_on_the_clips_beside(corpus, monkeypatch):
    monkeypatch.setattr(annotation, "SHARD_CLIPS", 5)
    opens = opener(corpus)
    serial = labelled(corpus, opens)
    require_same(labelled(corpus, opens, runner=Threads(2), cache="threads"), serial)
    require_same(labelled(corpus, opens, runner=Processes(1), cache="processes"), serial)
    some = labelled(corpus, opens, ("eval",), cache="some")
    assert len(some) == 4
    require_same(some, {clip_id: serial[clip_id] for clip_id in some})


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_labels_hardly_depend_on_the_batch_size(corpus, batch):
    opens = opener(corpus)
    expected, found = labelled(corpus, opens), labelled(corpus, opens, batch=batch)
    for clip_id, p_WC in expected.items():
        np.testing.assert_allclose(found[clip_id], p_WC, atol=1e-5)


class Dying:
    """An annotator that counts its calls, and dies after some."""

    def __init__(self, annotator, calls=10**9):
        self.annotator, self.calls, self.done = annotator, calls, 0

    def __getattr__(self, name):
        return getattr(self.annotator, name)

    def __call__(self, x_BT):
        if self.done == self.calls:
            raise KeyboardInterrupt
        self.done += 1
        return self.annotator(x_BT)


def test_a_killed_run_goes_on_and_gives_the_same_labels(corpus, monkeypatch):
    monkeypatch.setattr(annotation, "SHARD_CLIPS", 3)
    opens = opener(corpus)
    whole, again, cached = (Dying(opens()) for _ in range(3))
    expected = labelled(corpus, opens, annotator=whole, cache="whole")
    with pytest.raises(KeyboardInterrupt):
        labelled(corpus, opens, annotator=Dying(opens(), whole.done - 1))
    require_same(labelled(corpus, opens, annotator=again), expected)
    require_same(labelled(corpus, opens, annotator=cached), expected)
    assert 0 < again.done < whole.done and cached.done == 0


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000])
def test_recordings_of_another_rate_are_resampled_to_the_model_s(tmp_path, rate_hz):
    path = recording(tmp_path / "metadata/a.wav", 0.91, rate_hz)
    extracted(tmp_path, [clip(tmp_path, "a.wav")])
    (p_WC,) = labelled(tmp_path, opener(tmp_path, sample_rate_hz=16_000), ("balanced",)).values()
    expected_WC = reference(read_clip(path, 0.0, None, 16_000), 16_000)
    assert len(p_WC) == 5
    np.testing.assert_allclose(p_WC, expected_WC, atol=1e-5)


def test_a_clip_within_a_recording_is_that_stretch_of_it(tmp_path):
    path = recording(tmp_path / "metadata/long.wav", 3)
    x_T = read_clip(path, 0.0, None, RATE_HZ)
    write_clip(tmp_path / "metadata/cut.wav", x_T[RATE_HZ : RATE_HZ + 6400], RATE_HZ)
    places = {"a": (0.0, 0.8), "b": (1.0, 1.8), "c": (2.2, None)}
    rows = [
        clip(tmp_path, "long.wav", clip_id=clip_id, start_s=start, end_s=end)
        for clip_id, (start, end) in places.items()
    ]
    extracted(tmp_path, [*rows, clip(tmp_path, "cut.wav")])
    found = labelled(tmp_path, opener(tmp_path), ("balanced",))
    np.testing.assert_array_equal(found["b"], found["cut.wav"])
    np.testing.assert_allclose(found["c"], reference(x_T[17_600:], RATE_HZ), atol=1e-5)
    assert len({p_WC.tobytes() for p_WC in found.values()}) == 3


@pytest.mark.parametrize("samples", [700, 2400, 4000])  # a window has 2400
def test_windows_fit_a_model_of_a_fixed_length(corpus, samples):
    opens = opener(corpus, fixed={"samples": samples}, shorter_windows="repeat", longer_windows="mean")
    for clip_id, p_WC in labelled(corpus, opens).items():
        x_T = read_clip(corpus / "metadata" / clip_id, 0.0, None, RATE_HZ)
        np.testing.assert_allclose(p_WC, reference(x_T, RATE_HZ, samples), atol=1e-5)


def test_audio_that_changed_is_refused_unless_its_labels_are_there(corpus):
    opens = opener(corpus)
    expected = labelled(corpus, opens, ("eval",))
    for clip_id in ("02.wav", "03.wav"):
        recording(corpus / "metadata" / clip_id, 0.5, seed=99)
    with pytest.raises(PslError, match=r"03.wav changed since the stage metadata read it \(1 such files\)"):
        labelled(corpus, opens)
    require_same(labelled(corpus, opens, ("eval",)), expected)


def test_audio_that_vanished_is_named(corpus):
    (corpus / "metadata/04.wav").unlink()
    with pytest.raises(
        PslError, match=r"the clip 04.wav has features, but its audio cannot be read any more \(.*exist"
    ):
        labelled(corpus, opener(corpus))


def test_a_clip_that_the_manifest_lacks_is_named(corpus):
    write_manifest(corpus, [clip(corpus, f"{number:02}.wav") for number in range(11)])
    with pytest.raises(PslError, match=r"1 clips with features are not in the manifest of .*, such as 11.wav"):
        labelled(corpus, opener(corpus))


def test_the_cache_is_not_used_for_another_place_in_the_recording(tmp_path):
    recording(tmp_path / "metadata/long.wav", 3)
    opens = opener(tmp_path)
    found = []
    for start_s in (0.0, 1.0):
        extracted(tmp_path, [clip(tmp_path, "long.wav", start_s=start_s, end_s=start_s + 0.6)])
        found.append(labelled(tmp_path, opens, ("balanced",))["long.wav"])
    assert (found[0][:, [0, 2]] != found[1][:, [0, 2]]).all()
