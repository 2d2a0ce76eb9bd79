"""Broken tars, Parquet and HDF5 files with the clip of broken_audio, and the cause in the error about each."""

import gzip
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from audio_containers import (
    RATE,
    ramp,
    write_panns,
    write_parquet,
    write_tar,
)
from broken_audio import CLIP, FLAC, INTACT, NAME


def truncate_tar(folder, bytes_left: int) -> None:
    """A member of another clip, then CLIP's."""
    whole = write_tar(folder / "a.tar", {"other.flac": FLAC, f"{NAME}.flac": FLAC}).read_bytes()
    (folder / "a.tar").write_bytes(whole[:bytes_left])


def damage_tar_header(folder) -> None:
    """Damage the second member's header."""
    truncate_tar(folder, 10**6)
    content = bytearray((folder / "a.tar").read_bytes())
    second = content.index(NAME.encode())
    content[second : second + 100] = b"x" * 100
    (folder / "a.tar").write_bytes(content)


def tar_of_links(folder) -> None:
    with tarfile.open(folder / "a.tar", "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo(f"{NAME}.flac")
            member.type, member.linkname = kind, f"../{INTACT.name}_5.000_6.000.flac"
            tar.addfile(member)


def parquet_of(folder, **columns) -> None:
    pq.write_table(pa.table(columns), folder / "a.parquet")


def damage_parquet_pages(folder) -> None:
    """Damage the pages, not the footer."""
    path = write_parquet(folder / "a.parquet", [(NAME, FLAC)])
    content = bytearray(path.read_bytes())
    content[4:-2000] = b"\xff" * len(content[4:-2000])
    path.write_bytes(content)


def hdf5_of(folder, rate=None, **columns) -> None:
    import h5py

    with h5py.File(folder / "a.h5", "w") as file:
        for name, values in columns.items():
            file.create_group(name) if values is None else file.create_dataset(name, data=values)
        if rate is not None:
            file.attrs["sample_rate"] = rate


def panns_of(folder, **changed) -> None:
    """As PANNs writes it, except for what is changed."""
    columns = {"rate": RATE, "audio_name": [b"Y" + CLIP.name.encode()], "waveform": np.zeros((1, 8), np.int16)}
    hdf5_of(folder, **columns | changed)


def panns_of_rows_of_any_length(folder) -> None:
    import h5py

    hdf5_of(folder, rate=RATE, audio_name=[b"Y" + CLIP.name.encode()])
    with h5py.File(folder / "a.h5", "a") as file:
        file.create_dataset("waveform", (1,), h5py.vlen_dtype(np.int16))[0] = np.zeros(8, np.int16)


def parquet_of_names(folder, names: pa.Array) -> None:
    parquet_of(folder, video_id=names, audio=[{"bytes": None}])


def damage_hdf5_rows(folder) -> None:
    """Damage the rows, which their checksums detect."""
    import h5py

    noise = np.random.default_rng(1).integers(-9999, 9999, (1, RATE), np.int16)
    with h5py.File(folder / "a.h5", "w") as file:
        file["audio_name"] = [b"Y" + CLIP.name.encode()]
        file.create_dataset("waveform", data=noise, chunks=(1, RATE), fletcher32=True)
        file.attrs["sample_rate"] = RATE
    content = (folder / "a.h5").read_bytes()
    assert noise.tobytes() in content
    (folder / "a.h5").write_bytes(content.replace(noise.tobytes(), noise.tobytes()[::-1]))


PADDED = np.zeros(RATE, np.float32)
FLAC_ROWS = [(NAME, FLAC)] * 3
CONTAINERS = {
    "tar without bytes": (lambda f: (f / "a.tar").write_bytes(b""), "cannot be read beyond its first 0 members"),
    "tar of text": (
        lambda f: (f / "a.tar").write_bytes(b"Not found" * 200),
        "cannot be read beyond its first 0 members",
    ),
    "tar cut in a member": (
        lambda f: truncate_tar(f, 512 + 1024 + (len(FLAC) // 512 + 1) * 512),
        "is cut off after its first 1 members",
    ),
    "tar cut in a header": (
        lambda f: truncate_tar(f, 512 + 100 + -(-len(FLAC) // 512) * 512),
        "its first 1 members|is cut off",
    ),
    "tar cut between members": (
        lambda f: truncate_tar(f, 512 + -(-len(FLAC) // 512) * 512),
        "is cut off after its first 1 members",
    ),
    "tar with a damaged header": (damage_tar_header, "is damaged after its first 1 members"),
    "compressed tar": (lambda f: (f / "a.tar.gz").write_bytes(gzip.compress(FLAC)), "is compressed"),
    "compressed tar that does not say so": (
        lambda f: (f / "a.tar").write_bytes(gzip.compress(FLAC)),
        "cannot be read beyond",
    ),
    "Parquet without bytes": (lambda f: (f / "a.parquet").write_bytes(b""), "cannot be read"),
    "Parquet of text": (lambda f: (f / "a.parquet").write_bytes(b"Not found" * 99), "cannot be read"),
    "Parquet that is cut": (
        lambda f: (p := write_parquet(f / "a.parquet", FLAC_ROWS)).write_bytes(p.read_bytes()[:-500]),
        "cannot be read",
    ),
    "Parquet with damaged pages": (damage_parquet_pages, "cannot be read"),
    "Parquet without audio": (
        lambda f: parquet_of(f, video_id=[NAME]),
        "no column with the bytes of audio files .*it has video_id",
    ),
    "Parquet with paths only": (lambda f: parquet_of(f, video_id=[NAME], audio=["a.flac"]), "no column with the bytes"),
    "Parquet without names": (lambda f: parquet_of(f, flac=[FLAC], label=["x"]), "no column that names its clips"),
    "Parquet with null audio": (
        lambda f: parquet_of(f, video_id=[NAME], audio=pa.array([None], pa.struct({"bytes": pa.binary()}))),
        "null",
    ),
    "Parquet with null bytes": (lambda f: write_parquet(f / "a.parquet", [(NAME, None)]), "holds no audio: it is null"),
    "HDF5 without bytes": (lambda f: (f / "a.h5").write_bytes(b""), "cannot be read"),
    "HDF5 of text": (lambda f: (f / "a.h5").write_bytes(b"Not found" * 99), "cannot be read"),
    "HDF5 that is cut": (
        lambda f: (p := write_panns(f / "a.h5", [("Y" + CLIP.name, ramp(1))])).write_bytes(p.read_bytes()[:4000]),
        "cannot be read",
    ),
    "HDF5 of PANNs' index": (
        lambda f: hdf5_of(f, audio_name=[b"x"], index_in_hdf5=[0]),
        "does not hold audio_name with waveform or mp3",
    ),
    "HDF5 without names": (lambda f: hdf5_of(f, waveform=np.zeros((2, 8), np.int16)), "does not hold audio_name"),
    "HDF5 with damaged rows": (damage_hdf5_rows, "cannot be read"),
    "HDF5 without a rate": (
        lambda f: write_panns(f / "a.h5", [("Y" + CLIP.name, PADDED)], rate_hz=None),
        "does not say its sample_rate",
    ),
    "HDF5 of rate 0": (lambda f: panns_of(f, rate=0), "its sample_rate is 0, which is no number of samples a second"),
    "HDF5 of rate 8k": (lambda f: panns_of(f, rate="8k"), "its sample_rate is 8k, which is no"),
    "HDF5 of two rates": (
        lambda f: panns_of(f, rate=[8000, 16_000]),
        r"its sample_rate is \[ 8000 16000\], which is no",
    ),
    "HDF5 of an endless rate": (lambda f: panns_of(f, rate=np.inf), "its sample_rate is inf, which is no"),
    "HDF5 with a group of names": (lambda f: panns_of(f, audio_name=None), "its audio_name must be a list of names"),
    "HDF5 with one name": (lambda f: panns_of(f, audio_name=b"x"), "its audio_name must be a list of names"),
    "HDF5 with a group of MP3": (lambda f: hdf5_of(f, audio_name=[b"x"], mp3=None), "its mp3 must be a list of files"),
    "HDF5 of more names than rows": (
        lambda f: panns_of(f, audio_name=[b"x", b"y"]),
        "it has 2 of audio_name and 1 of waveform",
    ),
    "HDF5 of unsigned samples": (
        lambda f: panns_of(f, waveform=np.zeros((1, 8), np.uint8)),
        "its waveform must be a table, .* signed",
    ),
    "HDF5 of channels": (lambda f: panns_of(f, waveform=np.zeros((1, 1, 8), np.int16)), "its waveform must be a table"),
    "HDF5 of rows of any length": (panns_of_rows_of_any_length, "its waveform must be a table, clips by samples"),
    "Parquet with names as bytes": (
        lambda f: parquet_of_names(f, pa.array([NAME.encode()])),
        "holds no audio: it is null",
    ),
    "Parquet with names of a dictionary": (
        lambda f: parquet_of_names(f, pa.array([NAME]).dictionary_encode()),
        "holds no audio: it is null",
    ),
}
