"""What the built sets in Freesound's layouts differ in: their parts, their folders, their names, who writes their lists."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from psl.params import Made, MadeFSD50K, MadeFSDKaggle2018
from psl.soundscapes.set_lists import Parts, write_fsd50k, write_fsdkaggle2018, write_fsdkaggle2019
from psl.vocabulary import Vocabulary

PARTS_AT_MOST = 4  # of a set; the last number is no part's
MOST_CLIPS = 1_000_000  # of a part
ODD = 2_654_435_761  # times this, modulo 2 ** 32, different numbers stay different


@dataclass(frozen=True)
class Part:
    """One list of a set, and the folder of its clips."""

    folder: str
    clips: int
    training_shares: int  # of the training sources, of all its set's parts together; 0: it hears the evaluation sources
    unverified_share: float = 0.0
    wrong_share: float = 0.0  # of the unverified clips' labels


@dataclass(frozen=True)
class Layout:
    """A set: `number` tells its ids and its random streams from those of the others."""

    number: int
    parts: tuple[Part, ...]
    lists: str  # folder
    write_lists: Callable[[Path, Parts, Vocabulary], None]
    hexadecimal: bool  # names of clips; else decimal, as Freesound's ids

    def id_of(self, part: int, item: int) -> int:
        """A number that no other part of any set has."""
        return (self.number * PARTS_AT_MOST + part) * MOST_CLIPS + item

    def clip_name(self, part: int, clip: int) -> str:
        """The clip's file name without its suffix."""
        number = self.id_of(part, clip)
        return f"{number * ODD % 2**32:08x}" if self.hexadecimal else str(number)


def layout_of(params: Made) -> Layout:
    """The layout of the set that the parameters ask for."""
    if isinstance(params, MadeFSD50K):
        dev, clips = "FSD50K.dev_audio", params.clips
        parts = Part(dev, clips.train, 3), Part(dev, clips.val, 1), Part("FSD50K.eval_audio", clips.eval, 0)
        return Layout(1, parts, "FSD50K.ground_truth", write_fsd50k, hexadecimal=False)
    if isinstance(params, MadeFSDKaggle2018):
        train = Part("FSDKaggle2018.audio_train", params.clips.train, 1, params.unverified_share, params.wrong_share)
        test = Part("FSDKaggle2018.audio_test", params.clips.test, 0)
        return Layout(2, (train, test), "FSDKaggle2018.meta", write_fsdkaggle2018, hexadecimal=True)
    curated = Part("FSDKaggle2019.audio_train_curated", params.clips.curated, 1)
    noisy = Part("FSDKaggle2019.audio_train_noisy", params.clips.noisy, 1, 1.0, params.wrong_share)
    test = Part("FSDKaggle2019.audio_test", params.clips.test, 0)
    return Layout(3, (curated, noisy, test), "FSDKaggle2019.meta", write_fsdkaggle2019, hexadecimal=True)
