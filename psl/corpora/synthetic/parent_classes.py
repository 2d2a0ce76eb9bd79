"""The ancestors of the banks' classes in AudioSet's ontology, and the spelling of labels in the published sets.

A class that neither AudioSet's 527 nor FSD50K has is left out: its parents become those of its children.
"""

from collections.abc import Iterable

from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

# mid: display name of each class that is a parent
NAMES = {
    "/m/0463cq4": "Crying, sobbing",
    "/m/0lyf6": "Breathing",
    "/m/0k65p": "Hands",
    "/m/0jbk": "Animal",
    "/m/068hy": "Domestic animals, pets",
    "/m/0bt9lr": "Dog",
    "/m/0ch8v": "Livestock, farm animals, working animals",
    "/m/01xq0k1": "Cattle, bovinae",
    "/m/068zj": "Pig",
    "/m/025rv6n": "Fowl",
    "/m/09b5t": "Chicken, rooster",
    "/m/01280g": "Wild animals",
    "/m/015p6": "Bird",
    "/m/020bb7": "Bird vocalization, bird call, bird song",
    "/m/03vt0": "Insect",
    "/m/04rlf": "Music",
    "/m/04szw": "Musical instrument",
    "/m/0395lw": "Bell",
    "/m/0838f": "Water",
    "/m/05kq4": "Ocean",
    "/m/02_41": "Fire",
    "/m/07yv9": "Vehicle",
    "/m/012f08": "Motor vehicle (road)",
    "/m/0k4j": "Car",
    "/m/06d_3": "Rail transport",
    "/m/0k5j": "Aircraft",
    "/m/02mk9": "Engine",
    "/t/dd00065": "Light engine (high frequency)",
    "/m/02dgv": "Door",
    "/m/0316dw": "Typing",
    "/m/07pp_mv": "Alarm",
    "/m/07cx4": "Telephone",
    "/t/dd00077": "Mechanisms",
    "/m/01x3z": "Clock",
    "/m/07k1x": "Tools",
    "/m/014zdl": "Explosion",
    "/m/039jq": "Glass",
    "/m/04k94": "Liquid",
    "/m/01v_m0": "Sine wave",
    "/m/096m7z": "Noise",
    "/t/dd00012": "Human group actions",
    "/m/09l8g": "Human voice",
    "/m/09hlz4": "Respiratory sounds",
    "/t/dd00071": "Domestic sounds, home sounds",
}

# mid: its parent classes
PARENTS: dict[str, tuple[str, ...]] = {
    "/m/01j3sz": ("/m/09l8g",),  # Laughter
    "/m/0463cq4": ("/m/09l8g",),  # Crying, sobbing
    "/t/dd00002": ("/m/0463cq4",),  # Baby cry, infant cry
    "/m/0lyf6": ("/m/09hlz4",),  # Breathing
    "/m/01d3sd": ("/m/0lyf6",),  # Snoring
    "/m/01b_21": ("/m/09hlz4",),  # Cough
    "/m/01hsr_": ("/m/09hlz4",),  # Sneeze
    "/m/0l15bq": ("/m/0k65p", "/t/dd00012"),  # Clapping
    "/m/068hy": ("/m/0jbk",),  # Domestic animals, pets
    "/m/0bt9lr": ("/m/068hy",),  # Dog
    "/m/05tny_": ("/m/0bt9lr",),  # Bark
    "/m/01yrx": ("/m/068hy",),  # Cat
    "/m/0ch8v": ("/m/0jbk",),  # Livestock, farm animals, working animals
    "/m/01xq0k1": ("/m/0ch8v",),  # Cattle, bovinae
    "/m/07rpkh9": ("/m/01xq0k1",),  # Moo
    "/m/068zj": ("/m/0ch8v",),  # Pig
    "/t/dd00018": ("/m/068zj",),  # Oink
    "/m/07bgp": ("/m/0ch8v",),  # Sheep
    "/m/025rv6n": ("/m/0ch8v",),  # Fowl
    "/m/09b5t": ("/m/025rv6n",),  # Chicken, rooster
    "/m/07st89h": ("/m/09b5t",),  # Cluck
    "/m/07qn5dc": ("/m/09b5t",),  # Crowing, cock-a-doodle-doo
    "/m/01280g": ("/m/0jbk",),  # Wild animals
    "/m/015p6": ("/m/01280g",),  # Bird
    "/m/020bb7": ("/m/015p6",),  # Bird vocalization, bird call, bird song
    "/m/07pggtn": ("/m/020bb7",),  # Chirp, tweet
    "/m/04s8yn": ("/m/015p6",),  # Crow
    "/m/03vt0": ("/m/01280g",),  # Insect
    "/m/09xqv": ("/m/03vt0",),  # Cricket
    "/m/09ld4": ("/m/01280g",),  # Frog
    "/m/04szw": ("/m/04rlf",),  # Musical instrument
    "/m/0395lw": ("/m/04szw",),  # Bell
    "/m/03w41f": ("/m/0395lw",),  # Church bell
    "/m/06mb1": ("/m/0838f",),  # Rain
    "/m/05kq4": ("/m/0838f",),  # Ocean
    "/m/034srq": ("/m/05kq4",),  # Waves, surf
    "/m/07pzfmf": ("/m/02_41",),  # Crackle
    "/m/012f08": ("/m/07yv9",),  # Motor vehicle (road)
    "/m/0k4j": ("/m/012f08",),  # Car
    "/m/0912c9": ("/m/0k4j", "/m/07pp_mv"),  # Vehicle horn, car horn, honking
    "/m/06d_3": ("/m/07yv9",),  # Rail transport
    "/m/07jdr": ("/m/06d_3",),  # Train
    "/m/0k5j": ("/m/07yv9",),  # Aircraft
    "/m/09ct_": ("/m/0k5j",),  # Helicopter
    "/m/0cmf2": ("/m/0k5j",),  # Fixed-wing aircraft, airplane
    "/t/dd00065": ("/m/02mk9",),  # Light engine (high frequency)
    "/m/01j4z9": ("/t/dd00065",),  # Chainsaw
    "/m/02dgv": ("/t/dd00071",),  # Door
    "/m/07r4wb8": ("/m/02dgv",),  # Knock
    "/m/01jt3m": ("/t/dd00071",),  # Toilet flush
    "/m/012xff": ("/t/dd00071",),  # Toothbrush
    "/m/0d31p": ("/t/dd00071",),  # Vacuum cleaner
    "/m/0316dw": ("/t/dd00071",),  # Typing
    "/m/01m2v": ("/m/0316dw",),  # Computer keyboard
    "/m/07cx4": ("/m/07pp_mv",),  # Telephone
    "/m/07pp8cl": ("/m/07cx4",),  # Telephone bell ringing
    "/m/02c8p": ("/m/07cx4",),  # Telephone dialing, DTMF
    "/m/015jpf": ("/m/07cx4",),  # Dial tone
    "/m/01z47d": ("/m/07cx4",),  # Busy signal
    "/m/046dlr": ("/m/07pp_mv",),  # Alarm clock
    "/m/03kmc9": ("/m/07pp_mv",),  # Siren
    "/m/030rvx": ("/m/07pp_mv",),  # Buzzer
    "/m/01y3hg": ("/m/07pp_mv",),  # Smoke detector, smoke alarm
    "/m/01x3z": ("/t/dd00077",),  # Clock
    "/m/07qjznl": ("/m/01x3z",),  # Tick-tock
    "/m/01b82r": ("/m/07k1x",),  # Sawing
    "/m/0g6b5": ("/m/014zdl",),  # Fireworks
    "/m/07rn7sz": ("/m/039jq",),  # Shatter
    "/m/07r5v4s": ("/m/04k94",),  # Drip
    "/m/07prgkl": ("/m/04k94",),  # Pour
    "/m/0hdsk": ("/m/01v_m0",),  # Chirp tone
    "/m/06xkwv": ("/m/096m7z",),  # Mains hum
    "/m/0chx_": ("/m/096m7z",),  # White noise
    "/m/0cj0r": ("/m/096m7z",),  # Pink noise
}


def with_ancestors(mids: Iterable[str]) -> tuple[str, ...]:
    """The classes and all their ancestors, each once, nearest first.

    >>> with_ancestors(["/m/03kmc9", "/m/015jpf"])
    ('/m/03kmc9', '/m/07pp_mv', '/m/015jpf', '/m/07cx4')
    """
    closure: dict[str, None] = {}
    for mid in mids:
        queue = [mid]
        while queue:
            nearest = queue.pop(0)
            closure.setdefault(nearest)
            queue.extend(PARENTS.get(nearest, ()))
    return tuple(closure)


def with_ancestor_classes(vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary together with the ancestors of its classes."""
    names = NAMES | dict(zip(vocabulary.mids, vocabulary.names, strict=True))
    mids = with_ancestors(vocabulary.mids)
    return Vocabulary(mids, tuple(names[mid] for mid in mids))


def labels_of(vocabulary: Vocabulary, joint: str) -> dict[str, str]:
    """The label of each mid, by label: `_` for spaces, `joint` for each comma. Raises PslError when two are equal.

    >>> labels_of(Vocabulary(("/m/034srq", "/m/05tny_"), ("Waves, surf", "Bark")), "_and_")
    {'/m/05tny_': 'Bark', '/m/034srq': 'Waves_and_surf'}
    """
    label_of = {
        mid: name.replace(", ", joint).replace(" ", "_")
        for mid, name in zip(vocabulary.mids, vocabulary.names, strict=True)
    }
    by_label: dict[str, str] = {}
    for mid, label in label_of.items():
        if by_label.setdefault(label, mid) != mid:
            raise PslError(
                f"the classes {by_label[label]} and {mid} are both spelled {label} in the set's lists: "
                "rename one of the bank's folders"
            )
    return dict(sorted(label_of.items(), key=lambda item: item[1]))
