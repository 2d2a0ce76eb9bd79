"""Tiny real containers of audio, made where a test needs them."""

import io
import os
import stat
import sys
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

RATE = 8000
MP3_RATE = 44_100


def ramp(seconds: float, first_s: float = 0.0) -> np.ndarray:
    """Samples that encode their own time: 1 s is 1/64."""
    return ((first_s + np.arange(round(seconds * RATE)) / RATE) / 64).astype(np.float32)


def encoded(x_T: np.ndarray, form: str = "FLAC", subtype: str | None = None) -> bytes:
    """An audio file in memory."""
    file = io.BytesIO()
    soundfile.write(file, x_T, RATE, format=form, subtype=subtype)
    return file.getvalue()


def mp3_without_length(x_T: np.ndarray, mode: str) -> bytes:
    """An MP3 with a "CONSTANT" or "VARIABLE" bit rate that does not state its length, like FFmpeg's in a pipe."""
    file = io.BytesIO()
    soundfile.write(file, x_T, MP3_RATE, format="MP3", bitrate_mode=mode, compression_level=0.5)
    whole = file.getvalue()
    return whole[whole.index(b"\xff\xfb", 48) :]  # from the second frame on


def write_tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def write_parquet(
    path: Path, rows: list[tuple[str | None, bytes | None]], group: int = 2, name_column: str = "video_id"
) -> Path:
    """Rows with a name and the bytes of an audio file, as on the Hugging Face hub."""
    audio = pa.array([{"bytes": content, "path": f"{row}.flac"} for row, (_, content) in enumerate(rows)])
    pq.write_table(pa.table({name_column: [row[0] for row in rows], "audio": audio}), path, row_group_size=group)
    return path


def write_panns(path: Path, rows: list[tuple[str, np.ndarray]], rate_hz: int | None = RATE) -> Path:
    """int16 waveforms of one length; missing clips are zeros without a name."""
    import h5py

    with h5py.File(path, "w") as file:
        file["audio_name"] = np.array([name.encode() for name, _ in rows], "S20")
        file["waveform"] = np.stack([np.rint(x_T * 32767).astype(np.int16) for _, x_T in rows])
        if rate_hz:
            file.attrs["sample_rate"] = rate_hz
    return path


def write_passt(path: Path, rows: list[tuple[str, bytes]]) -> Path:
    """Bytes of MP3 files."""
    import h5py

    with h5py.File(path, "w") as file:
        file["audio_name"] = np.array([name.encode() for name, _ in rows], "S20")
        mp3 = file.create_dataset("mp3", (len(rows),), h5py.vlen_dtype(np.uint8))
        for row, (_, content) in enumerate(rows):
            mp3[row] = np.frombuffer(content, np.uint8)
    return path


FAKE_FFMPEG = """#!{python}
import json, os, struct, sys, time
log = os.environ["FAKE_FFMPEG_LOG"]
with open(log, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
{body}
"""
DECODES = """
import io, soundfile
args = sys.argv[1:]
path = args[args.index("-i") + 1].removeprefix("file:")
before, after = args[: args.index("-i")], args[args.index("-i") + 2 :]
time_of = lambda part, key: float(part[part.index(key) + 1]) if key in part else 0.0
with open(path, "rb") as file:  # "a movie": 8 bytes, then a WAV
    x, rate = soundfile.read(io.BytesIO(file.read()[8:]), dtype="float32")
if "-f" not in after:
    print(f"Input #0\\n  Duration: 00:00:{len(x) / rate:05.2f}, start: 0.0", file=sys.stderr)
    print("At least one output file must be specified", file=sys.stderr)
    sys.exit(1)
first = round((time_of(before, "-ss") + time_of(after, "-ss")) * rate)
x = x[first:][: round(time_of(after, "-t") * rate) if "-t" in after else None]
out = io.BytesIO()
soundfile.write(out, x, rate, format="WAV", subtype="FLOAT")
wav = bytearray(out.getvalue())
data = wav.index(b"data")
wav[4:8] = wav[data + 4 : data + 8] = b"\\xff" * 4  # FFmpeg cannot go back in a pipe
sys.stdout.buffer.write(bytes(wav))
"""
STREAMS = """
sys.stdout.buffer.write(b"RIFF" + b"\\xff" * 4 + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 8000, 32000, 4, 32))
sys.stdout.buffer.write(b"data" + b"\\xff" * 4)
for _ in range(3600):  # seconds
    sys.stdout.buffer.write(bytes(32000))
sys.stdout.flush()
"""
FAILS = """
print("moov atom not found\\nError opening input files: Invalid data found.", file=sys.stderr)
sys.exit(183)
"""
HANGS = "time.sleep(60)"


def fake_ffmpeg(folder: Path, monkeypatch, body: str) -> Path:
    """Put an `ffmpeg` first on the PATH; returns the file to which it logs its arguments."""
    program = folder / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(FAKE_FFMPEG.format(python=sys.executable, body=body))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent) + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("FAKE_FFMPEG_LOG", str(folder / "ffmpeg.log"))
    return folder / "ffmpeg.log"


def movie(x_T: np.ndarray) -> bytes:
    """What the fake FFmpeg accepts as an m4a: it has the signature of one."""
    return b"\0\0\0\x18ftyp" + encoded(x_T, "WAV", "FLOAT")
