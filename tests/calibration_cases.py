"""An annotator that is made of random numbers, on clips whose events are known: it hears less in shorter windows."""

import numpy as np

from psl.config.calibrate import Calibrate
from psl.io.metadata.vocabulary import Vocabulary
from psl.labels.calibration.heard import Heard
from psl.labels.calibration.judge import Truth, judge
from psl.labels.calibration.pairs import Pairs
from psl.labels.recovery import Events, true_in_windows

CLIP_MS = 10_000
PARAMS = Calibrate(
    shrinkage_clips=20.0, too_short_ratio=0.8, min_clips=10, bins=10, bootstrap_samples=100, confidence=0.95, seed=1
)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def pairs_of(x_NC, seed, slope=1.0, offset=0.0):
    """Logits, and what is true if p' = sigmoid(slope x + offset) says how often."""
    y_NC = np.random.default_rng(seed).random(x_NC.shape) < sigmoid(slope * x_NC + offset)
    return Pairs(sigmoid(x_NC), y_NC, np.ones(x_NC.shape, bool))


def scene_truth(clips, classes, seed=0, missing=0.0, annotated_C=None):
    """Clips with one to three events each, and their weak labels, of which a share is missing."""
    rng = np.random.default_rng(seed)
    clip_E = np.repeat(np.arange(clips), rng.integers(1, 4, clips))
    class_E, onset_E = rng.integers(0, classes, len(clip_E)), rng.integers(0, 9000, len(clip_E))
    events = Events(clip_E, class_E, onset_E, np.minimum(onset_E + rng.integers(300, 3000, len(clip_E)), CLIP_MS))
    weak_NC = np.zeros((clips, classes), bool)
    weak_NC[clip_E, class_E] = True
    weak_NC &= rng.random(weak_NC.shape) >= missing
    mids = tuple(f"/m/{c}" for c in range(classes))
    annotated_C = np.ones(classes, bool) if annotated_C is None else annotated_C
    sources = [f"s{n // 2}" for n in range(clips)]
    return Truth(Vocabulary(mids, mids), weak_NC, np.ones_like(weak_NC), sources, annotated_C, events)


def listen(truth, window_ms, *, skill, seed=0):
    """What an annotator with this skill (0: none) hears in windows of `window_ms`, of 10 s clips."""
    clips, classes = truth.weak_NC.shape
    clip_ids = [f"clip{n:05}" for n in range(clips)]
    heard = Heard(clip_ids, classes, keep_windows=True)
    start_ms_W = np.arange(0, CLIP_MS, window_ms)
    clip_W = np.repeat(np.arange(clips), len(start_ms_W))
    starts_W, durations_W = np.tile(start_ms_W, clips), np.full(len(clip_W), window_ms)
    true_WC = np.zeros((len(clip_W), classes), bool)
    true_WC[true_in_windows(truth.events, clip_W, starts_W, durations_W)] = True
    noise_WC = np.random.default_rng([seed, window_ms]).normal(size=true_WC.shape)
    p_WC = sigmoid(skill * (2 * true_WC - 1.2) + 1.5 * noise_WC).astype(np.float32)
    for clip_id, p in zip(clip_ids, np.split(p_WC, clips), strict=True):
        heard.add(clip_id, start_ms_W, window_ms, p)
    return heard


def judged(truth, window_ms, skill, *, whole_skill=3.0):
    """The judgement on windows of that length, with whole clips heard by an annotator of another skill."""
    heard, whole_NC = listen(truth, window_ms, skill=skill), listen(truth, CLIP_MS, skill=whole_skill).p_NC
    about = {"annotator": "fake", "annotator_key": "fake", "vocabulary_hash": truth.vocabulary.hash}
    return judge(heard, whole_NC, truth, seconds=window_ms / 1000, params=PARAMS, provenance=about)
