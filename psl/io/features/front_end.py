"""Which front end features come from: a hash that models and features must have in common."""

from psl.config import FrontEndParams
from psl.io.hashes import hash_json
from psl.runtime.errors import PslError

# Increment it when the same audio and parameters give different features: decoding, mixing, resampling, mel.
VERSION = 1


def front_end_hash(params: FrontEndParams) -> str:
    """Hash of the parameters and of VERSION, which models and features must have in common."""
    return hash_json({"front_end": params.model_dump(), "version": VERSION})


def require_same_front_end(model: str, trained_hash: str, features_hash: str) -> None:
    """Raise PslError unless `model`, a name for messages, was trained on features of this front end."""
    if trained_hash != features_hash:
        raise PslError(
            f"{model} was trained on features of the front end {trained_hash[:8]}, and these are of "
            f"{features_hash[:8]}: compute the features with its front end, or train it on these"
        )
