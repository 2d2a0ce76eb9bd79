"""The clips of a feature store in the form that an annotator takes, and whether it takes them."""

from pathlib import Path

from psl.annotators.inference.annotator import Annotator, AudioInput, FeatureInput
from psl.annotators.inference.clips import Clips
from psl.annotators.inference.clips.audio import AudioClips
from psl.annotators.inference.clips.features import FeatureClips
from psl.io.features.front_end import require_same_front_end
from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError


def clips_for(annotator: Annotator, store: FeatureStore, metadata: Path) -> Clips:
    """Features for an annotator of features, the audio of the manifest in the folder `metadata` for all others."""
    if isinstance(annotator.input, AudioInput):
        return AudioClips(store, metadata, annotator.input.sample_rate_hz)
    return FeatureClips(store)


def require_input(annotator: Annotator, clips: Clips) -> None:
    """Raise PslError unless the annotator takes what `clips` are."""
    takes, given = annotator.input, clips.input
    if isinstance(takes, FeatureInput) and isinstance(given, FeatureInput):
        require_same_front_end(f"the annotator {annotator.name}", takes.front_end_hash, given.front_end_hash)
    elif takes != given:
        raise PslError(f"the annotator {annotator.name} takes {takes}, and these clips are {given}: read them as that")
