"""A clip with broken audio beside an intact one, and the error messages about it."""

from audio_containers import RATE, encoded, ramp

from psl.audio.decode import read_clip
from psl.audio.places.resolve import resolve_audio
from psl.audio.places.search import find_audio
from psl.audio.places.segments import Segment
from psl.runtime.errors import PslError

CLIP = Segment("-broken0000", 5000, 6000)
INTACT = Segment("_well000000", 5000, 6000)
NAME = f"{CLIP.name}_5.000_6.000"
FLAC, WAV = encoded(ramp(1)), encoded(ramp(1), "WAV")


def errors_of(folder) -> list[str]:
    """All errors about CLIP, from the search to the decoding; INTACT, in the same folder, must be read."""
    (folder / f"{INTACT.name}_5.000_6.000.flac").write_bytes(FLAC)
    matches = find_audio(folder, [CLIP, INTACT])
    audio, errors = list(resolve_audio([CLIP, INTACT], matches).rows()), list(matches.problems)
    for clip in filter(None, audio):
        try:
            x_T = read_clip(clip.path, clip.start_s, clip.end_s, RATE)
            assert len(x_T) == RATE and clip is audio[1]
        except PslError as error:
            assert clip is audio[0]
            errors.append(str(error))
    assert not any("\n" in error for error in errors)
    return errors
