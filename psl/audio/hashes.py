"""The hash of a recording, by which the manifest and the feature cache identify audio."""

import hashlib
from contextlib import nullcontext
from pathlib import Path

from psl.audio.places import hdf5
from psl.audio.source import open_source

HASH_LETTERS = 32


def hash_audio(path: Path | str) -> str:
    """The first 128 bits of SHA-256, in hex, of the audio at `path`, a file or a locator.

    Raises PslError as read_clip does.

    The hash is of the encoded bytes; of a row of samples in HDF5 it is of the sample rate and the samples. SHA-256 has
    hardware support, which makes it nearly twice as fast as BLAKE2; for WAV files, hashing takes a noticeable share of
    the time of features.
    """
    with open_source(str(path)) as source:
        if isinstance(source, hdf5.Waveform):
            x_T = source.samples(0, source.frames)
            content = f"{source.rate_hz} {x_T.dtype.str}\n".encode() + x_T.tobytes()
            return hashlib.sha256(content).hexdigest()[:HASH_LETTERS]
        with open(source, "rb") if isinstance(source, str) else nullcontext(source) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:HASH_LETTERS]  # type: ignore[arg-type]
