"""A manifest's columns of audio: files, members of containers, and stretches of long recordings."""

import tarfile
from pathlib import Path

import numpy as np
import soundfile

from psl.audio.decode import read_clip
from psl.audio.places.segments import Segment
from psl.corpora.lists.audio_files import audio_columns

RATE = 1000
CLIPS = [
    Segment("--PJHxphWEs", 30_000, 40_000),
    Segment("-long_video", 5_000, 7_000),
    Segment("_in_the_tar", 0, 2_000),
    Segment("gone", 0, None),
]


def ramp(path, seconds):
    soundfile.write(path, np.arange(RATE * seconds, dtype=np.int16), RATE)
    return path


def test_each_clip_is_read_from_where_it_lies(tmp_path):
    audio = tmp_path / "corpus" / "audio"
    audio.mkdir(parents=True)
    ramp(audio / "Y--PJHxphWEs.wav", 10)  # cut already: shorter than the clip's end
    ramp(audio / "-long_video.wav", 20)
    with tarfile.open(audio / "shard.tar", "w") as tar:
        tar.add(ramp(tmp_path / "_in_the_tar.wav", 2), "_in_the_tar.wav")
    found = {name: column.to_pylist() for name, column in audio_columns(tmp_path / "corpus", audio, CLIPS).items()}
    assert found["path"][0] == "audio/Y--PJHxphWEs.wav" and found["path"][2].startswith("audio/shard.tar::")
    assert [*zip(found["start_s"], found["end_s"], strict=True)] == [(0.0, 10.0), (5.0, 7.0), (0.0, 2.0), (0.0, None)]
    assert found["path"][3] is None and found["audio_hash"][3] is None and len(set(found["audio_hash"])) == 4
    x_T = read_clip(tmp_path / "corpus" / found["path"][1], 5.0, 7.0, RATE)
    assert len(x_T) == 2000 and round(float(x_T[0]) * 32768) == 5000
    assert len(read_clip(f"{tmp_path}/corpus/{found['path'][2]}", 0.0, 2.0, RATE)) == 2000


def test_audio_outside_the_corpus_has_absolute_paths(tmp_path, monkeypatch):
    (tmp_path / "audio").mkdir()
    ramp(tmp_path / "audio" / "--PJHxphWEs_30.000_40.000.wav", 10)
    monkeypatch.chdir(tmp_path)
    relative = audio_columns(tmp_path / "corpus", Path("audio"), CLIPS[:1])
    assert relative["path"].to_pylist() == [str(tmp_path / "audio/--PJHxphWEs_30.000_40.000.wav")]
