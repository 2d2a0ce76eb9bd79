"""The AudioSet class of each class of ESC-10 and ESC-50, and a name for those that AudioSet has no class for."""

# folder: (mid, display name)
ESC_TO_AUDIOSET: dict[str, tuple[str, str]] = {
    "airplane": ("/m/0cmf2", "Fixed-wing aircraft, airplane"),
    "baby_cry": ("/t/dd00002", "Baby cry, infant cry"),
    "breathing": ("/m/0lyf6", "Breathing"),
    "brushing_teeth": ("/m/012xff", "Toothbrush"),
    "car_horn": ("/m/0912c9", "Vehicle horn, car horn, honking"),
    "cat": ("/m/01yrx", "Cat"),
    "chainsaw": ("/m/01j4z9", "Chainsaw"),
    "chirping_birds": ("/m/07pggtn", "Chirp, tweet"),
    "church_bells": ("/m/03w41f", "Church bell"),
    "clapping": ("/m/0l15bq", "Clapping"),
    "clock_alarm": ("/m/046dlr", "Alarm clock"),
    "clock_tick": ("/m/07qjznl", "Tick-tock"),
    "coughing": ("/m/01b_21", "Cough"),
    "cow": ("/m/07rpkh9", "Moo"),
    "crackling_fire": ("/m/07pzfmf", "Crackle"),
    "crickets": ("/m/09xqv", "Cricket"),
    "crow": ("/m/04s8yn", "Crow"),
    "crying_baby": ("/t/dd00002", "Baby cry, infant cry"),
    "dog": ("/m/0bt9lr", "Dog"),
    "dog_bark": ("/m/05tny_", "Bark"),
    "door_wood_creaks": ("/m/07qh7jl", "Creak"),
    "door_wood_knock": ("/m/07r4wb8", "Knock"),
    "engine": ("/m/02mk9", "Engine"),
    "fire_crackling": ("/m/07pzfmf", "Crackle"),
    "fireworks": ("/m/0g6b5", "Fireworks"),
    "footsteps": ("/m/07pbtc8", "Walk, footsteps"),
    "frog": ("/m/09ld4", "Frog"),
    "glass_breaking": ("/m/07rn7sz", "Shatter"),
    "hand_saw": ("/m/01b82r", "Sawing"),
    "helicopter": ("/m/09ct_", "Helicopter"),
    "hen": ("/m/07st89h", "Cluck"),
    "insects": ("/m/03vt0", "Insect"),
    "keyboard_typing": ("/m/01m2v", "Computer keyboard"),
    "laughing": ("/m/01j3sz", "Laughter"),
    "mouse_click": ("/m/07qc9xj", "Clicking"),
    "person_sneeze": ("/m/01hsr_", "Sneeze"),
    "pig": ("/t/dd00018", "Oink"),
    "pouring_water": ("/m/07prgkl", "Pour"),
    "rain": ("/m/06mb1", "Rain"),
    "rooster": ("/m/07qn5dc", "Crowing, cock-a-doodle-doo"),
    "sea_waves": ("/m/034srq", "Waves, surf"),
    "sheep": ("/m/07bgp", "Sheep"),
    "siren": ("/m/03kmc9", "Siren"),
    "sneezing": ("/m/01hsr_", "Sneeze"),
    "snoring": ("/m/01d3sd", "Snoring"),
    "thunderstorm": ("/m/0jb2l", "Thunderstorm"),
    "toilet_flush": ("/m/01jt3m", "Toilet flush"),
    "train": ("/m/07jdr", "Train"),
    "vacuum_cleaner": ("/m/0d31p", "Vacuum cleaner"),
    "water_drops": ("/m/07r5v4s", "Drip"),
    "wind": ("/m/03m9d0z", "Wind"),
}

# classes of ESC-50 that AudioSet has none for, by the names that people read
ESC_ALONE: dict[str, str] = {
    "can_opening": "Can opening",
    "drinking_sipping": "Drinking, sipping",
    "washing_machine": "Washing machine",
}


def class_of(name: str) -> tuple[str, str]:
    """(id, display name) of the class that a folder or ESC-50's list calls `name`.

    A class that is not AudioSet's has its own name as id. That is never a mid, which begins with a slash.

    >>> class_of("dog"), class_of("can_opening"), class_of("mine")
    (('/m/0bt9lr', 'Dog'), ('can_opening', 'Can opening'), ('mine', 'mine'))
    """
    return ESC_TO_AUDIOSET.get(name, (name, ESC_ALONE.get(name, name)))
