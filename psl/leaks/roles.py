"""Which subsets train and which evaluate, and in which namespace a corpus's recordings are named. Stated here, once."""

from psl.errors import PslError

# Subsets of all kinds of corpora: AudioSet and what is built in its layout, FSD50K, FSDKaggle2018 and 2019, DESED.
TRAINING = frozenset({"balanced", "aud300h", "full", "train", "val", "curated", "noisy"})  # validation splits choose, so they train
EVALUATION = frozenset({"eval", "test", "validation"})  # DESED's set is named validation, and nothing is trained on it

# Corpora of these kinds name public recordings, and their names are compared with each other's. Every other kind, such as a
# built one, has a namespace of its own: `group3` of one corpus is not `group3` of another.
YOUTUBE_KINDS = frozenset({"audioset", "desed"})
FREESOUND_KINDS = frozenset({"fsd50k", "fsdkaggle2018", "fsdkaggle2019"})  # a noisy clip of 2019 is named by its Flickr address


def trains(corpus: str, subset: str) -> bool:
    """Whether models are trained on the subset; otherwise they are scored on it. Raises PslError for one that is not known here."""
    if subset not in TRAINING | EVALUATION:
        raise PslError(
            f"whether the subset {subset} of the corpus {corpus} trains or evaluates is not known: state it in psl/leaks/roles.py"
        )
    return subset in TRAINING
