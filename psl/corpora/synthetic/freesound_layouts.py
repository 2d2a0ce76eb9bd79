"""Layouts of the synthetic Freesound sets: parts, folders, clip names, and the function that writes the lists."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from psl.config import SyntheticFSD50K, SyntheticFSDKaggle2018, SyntheticSet
from psl.corpora.synthetic.freesound_lists import PartClips, write_fsd50k, write_fsdkaggle2018, write_fsdkaggle2019
from psl.io.metadata.vocabulary import Vocabulary

MAX_PARTS = 4  # numbers of a set's parts; the last one seeds the split instead
MAX_CLIPS = 1_000_000  # of a part
HASH_FACTOR = 2_654_435_761  # odd: multiplied by it modulo 2 ** 32, different numbers stay different


@dataclass(frozen=True)
class Part:
    """One list of a set, and the folder of its clips."""

    folder: str
    clips: int
    training_shares: int  # of the training sources, out of the sum over the parts; 0: it uses the evaluation sources
    unverified_share: float = 0.0
    wrong_share: float = 0.0  # of the unverified clips' labels


@dataclass(frozen=True)
class Layout:
    """A set; `number` makes its ids and random streams differ from those of the other sets."""

    number: int
    parts: tuple[Part, ...]
    lists: str  # folder
    write_lists: Callable[[Path, PartClips, Vocabulary], None]
    hexadecimal: bool  # clip names; else decimal, like Freesound's ids

    def id_of(self, part: int, item: int) -> int:
        """A number that is unique over all parts of all sets."""
        return (self.number * MAX_PARTS + part) * MAX_CLIPS + item

    def clip_name(self, part: int, clip: int) -> str:
        """The clip's file name without its suffix."""
        number = self.id_of(part, clip)
        return f"{number * HASH_FACTOR % 2**32:08x}" if self.hexadecimal else str(number)


def layout_of(params: SyntheticSet) -> Layout:
    """The layout of the set that the parameters describe."""
    if isinstance(params, SyntheticFSD50K):
        dev, clips = "FSD50K.dev_audio", params.clips
        parts = Part(dev, clips.train, 3), Part(dev, clips.val, 1), Part("FSD50K.eval_audio", clips.eval, 0)
        return Layout(1, parts, "FSD50K.ground_truth", write_fsd50k, hexadecimal=False)
    if isinstance(params, SyntheticFSDKaggle2018):
        train = Part("FSDKaggle2018.audio_train", params.clips.train, 1, params.unverified_share, params.wrong_share)
        test = Part("FSDKaggle2018.audio_test", params.clips.test, 0)
        return Layout(2, (train, test), "FSDKaggle2018.meta", write_fsdkaggle2018, hexadecimal=True)
    curated = Part("FSDKaggle2019.audio_train_curated", params.clips.curated, 1)
    noisy = Part("FSDKaggle2019.audio_train_noisy", params.clips.noisy, 1, 1.0, params.wrong_share)
    test = Part("FSDKaggle2019.audio_test", params.clips.test, 0)
    return Layout(3, (curated, noisy, test), "FSDKaggle2019.meta", write_fsdkaggle2019, hexadecimal=True)
