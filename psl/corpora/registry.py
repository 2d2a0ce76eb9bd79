"""Which function writes the artefacts of which kind of corpus: a new corpus is one file beside this one, and one line here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from psl.corpora.audioset import write_audioset
from psl.corpora.desed import write_desed
from psl.corpora.fsd50k import write_fsd50k
from psl.corpora.fsdkaggle2018 import write_fsdkaggle2018
from psl.corpora.fsdkaggle2019 import write_fsdkaggle2019
from psl.corpora.made_sets import write_made_fsd50k, write_made_fsdkaggle2018, write_made_fsdkaggle2019
from psl.corpora.soundscapes import write_soundscapes

# kind in params.yaml: writes manifest.parquet, classes.csv and what else the corpus has to a folder
WRITERS: dict[str, Callable[[Path, Any], None]] = {
    "soundscapes": write_soundscapes,
    "made_fsd50k": write_made_fsd50k,
    "made_fsdkaggle2018": write_made_fsdkaggle2018,
    "made_fsdkaggle2019": write_made_fsdkaggle2019,
    "audioset": write_audioset,
    "fsd50k": write_fsd50k,
    "fsdkaggle2018": write_fsdkaggle2018,
    "fsdkaggle2019": write_fsdkaggle2019,
    "desed": write_desed,
}
