"""`psl init` writes a corpus that the stage metadata reads, and writes nothing at a fault."""

import pytest
from own_recordings import ESC, default_params, read_rows, request, table, tone
from ruamel.yaml import YAML
from typer.testing import CliRunner

from psl.cli import app
from psl.config import Published
from psl.config.file import read_params
from psl.corpora.custom import write
from psl.corpora.custom.write import init_corpus
from psl.corpora.readers import write_metadata
from psl.io.metadata.manifest import read_manifest, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError


def init(recordings, target, **options):
    """The summary of `psl init` with three of ten clips to evaluate with."""
    return init_corpus(request(recordings), target, 0.3, 1, **options)


@pytest.fixture
def metadata(recordings, tmp_path):
    """What the stage metadata makes of the corpus."""
    init(recordings, tmp_path / "corpus")
    (tmp_path / "metadata").mkdir()
    corpus = Published(kind="custom", source=str(tmp_path / "corpus/lists"), audio=str(tmp_path / "corpus/audio"))
    write_metadata(tmp_path / "metadata", corpus)
    return tmp_path / "metadata"


def test_the_stage_finds_every_recording(metadata):
    clips = read_manifest(metadata).to_pylist()
    assert len(clips) == 12 and all(clip["path"] and clip["start_s"] == 0 for clip in clips)
    assert {clip["clip_id"].partition("__")[0] for clip in clips} == {"Dog", "rain_drops"}


def test_the_stage_finds_labels_and_subsets_that_share_no_source(metadata):
    manifest, vocabulary = read_manifest(metadata), Vocabulary.read(metadata / "classes.csv")
    assert vocabulary.names == ("Dog", "rain drops")
    assert weak_targets(manifest, vocabulary).sum(0).tolist() == [6, 6]
    subsets = {(clip["source"], clip["subset"]) for clip in manifest.to_pylist()}
    assert len(subsets) == 3 and {subset for _, subset in subsets} == {"train", "eval"}
    assert (Subsets.read(metadata).training(), Subsets.read(metadata).evaluating()) == (("train",), ("eval",))


def test_the_summary_says_how_the_clips_were_divided(recordings, tmp_path):
    lines = init(recordings, tmp_path / "corpus").splitlines()
    assert lines == [
        "train: 8 clips of 2 sources, 4.0 s",
        "eval: 4 clips of 1 sources, 2.0 s",
        "3 sources of 12 clips were read from their names (fold-freesoundid-take, as ESC has them)",
    ]


def test_same_input_same_bytes(recordings, tmp_path):
    for name in ("a", "b"):
        init(recordings, tmp_path / name)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()} for name in "ab"]
    assert files[0] == files[1] and len(files[0]) == 14


def test_a_recording_that_was_replaced_changes_the_lists(recordings, tmp_path):
    init(recordings, tmp_path / "before")
    tone(recordings / "Dog/1-0-B.wav", 99)
    init(recordings, tmp_path / "after")
    before, after = (read_rows(tmp_path / name / "lists/clips.csv") for name in ("before", "after"))
    changed = [new["file"] for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["Dog/1-0-B.wav"]


def test_ids_stay_apart_and_lead_back_to_the_files(recordings, tmp_path):
    for name in ("Dog/ä b.wav", "Dog/ö b.wav", f"Dog/{'long' * 40}.wav"):
        tone(recordings / name, len(name.encode()) + ord(name[4]))
    init(recordings, tmp_path / "corpus")
    file_of = {row["clip_id"]: row["file"] for row in read_rows(tmp_path / "corpus/lists/clips.csv")}
    assert len(file_of) == 15 and all(clip_id.isascii() and len(clip_id) < 120 for clip_id in file_of)
    links = {link.stem: link.resolve() for link in (tmp_path / "corpus/audio").iterdir()}
    assert links == {clip_id: (recordings / file).resolve() for clip_id, file in file_of.items()}


def test_classes_without_evaluation_are_named(recordings, tmp_path):
    tone(recordings / "Bell/x.wav", 70)
    assert "1 of 3 classes have no clip to evaluate with: Bell" in init(recordings, tmp_path / "corpus")


def test_clips_that_do_not_fill_a_window_are_counted(recordings, tmp_path):
    for number in range(3):
        tone(recordings / f"Dog/long{number}.wav", 71 + number, 2.0)
    path = default_params(tmp_path)
    *_, short, removed = init(recordings, tmp_path / "corpus", params=path, name="mine").splitlines()
    assert short.startswith("12 of 15 clips are shorter than students.2.window_seconds 2: they are repeated")
    assert removed.startswith(f"removed from {path}: corpora.scenes, ") and "students.10, students.5" in removed


def test_params_read_what_was_written(recordings, tmp_path):
    tone(recordings / "Dog/long.wav", 71, 2.0)
    path = default_params(tmp_path)
    init(recordings, tmp_path / "corpus", params=path, name="mine")
    params = read_params(path)
    assert params.corpora["mine"].source == "corpus/lists" and list(params.students) == ["2", "weak"]


def test_a_place_that_cannot_be_written_is_named(recordings, tmp_path):
    with pytest.raises(PslError, match="exists: move it away, or choose another place with --target"):
        init(recordings, tmp_path)
    with pytest.raises(PslError, match=r"lies inside .*, where it would count as recordings"):
        init(recordings, recordings / "corpus")


def test_nothing_is_written_at_a_fault(recordings, tmp_path):
    labels = table(recordings, ["gone.wav,Dog"])
    with pytest.raises(PslError, match=r"gone.wav is not in"):
        init_corpus(request(recordings, labels), tmp_path / "corpus", 0.3, 1)
    assert not (tmp_path / "corpus").exists()


@pytest.mark.parametrize("text", [None, "corpora: {}\n"])
def test_nothing_is_written_when_params_would_contradict_themselves(recordings, tmp_path, monkeypatch, text):
    if text is not None:
        monkeypatch.setattr(write, "changed_params", lambda *_: (text, []))
    path = default_params(tmp_path)
    before = path.read_bytes()
    with pytest.raises(PslError, match="is missing" if text else "is longer than the recordings"):
        init(recordings, tmp_path / "corpus", params=path, name="mine")
    assert path.read_bytes() == before and not (tmp_path / "corpus").exists()


@pytest.mark.skipif(not ESC.exists(), reason="ESC-10 is not here")
def test_real_recordings_become_a_corpus(tmp_path):
    text = init_corpus(request(ESC), tmp_path / "corpus", 0.2, 1)
    assert "\neval: " in text and "no clip to evaluate" not in text


def test_reports_of_what_is_taken_out_are_moved_away(recordings, tmp_path):
    tone(recordings / "Dog/long.wav", 71, 2.0)
    path, reports = default_params(tmp_path), tmp_path / "reports"
    gone = ["evaluate/10.json", "evaluate/10_classes.csv", "detect/windows.json", "transfer/fsd50k_2.json"]
    gone += ["clips/scenes.csv", "calibrate/5.json"]
    for name in [*gone, "evaluate/2.json", "evaluate/annotator.json", "results.md"]:
        (reports / name).parent.mkdir(parents=True, exist_ok=True)
        (reports / name).write_text(name)
    text = init(recordings, tmp_path / "corpus", params=path, name="mine")
    assert text.splitlines()[-1].startswith(f"moved to {tmp_path}/corpus/reports: 6 reports of what was removed, such")
    left = {file.relative_to(reports).as_posix() for file in reports.rglob("*") if file.is_file()}
    assert left == {"evaluate/2.json", "evaluate/annotator.json", "results.md"}
    assert all((tmp_path / "corpus/reports" / name).read_text() == name for name in gone)


@pytest.mark.parametrize("name", ["it's", 'a "b"', "x: y, {z} #1", "ö"])
def test_a_place_with_quotes_is_printed_and_written_as_yaml(recordings, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / name
    result = CliRunner().invoke(app, ["init", str(recordings), "--target", str(corpus), "--name", "mine"])
    entry = YAML(typ="safe").load(result.output.partition("its subsets: ")[2])
    assert entry == {"mine": {"kind": "custom", "source": f"{name}/lists", "audio": f"{name}/audio"}}
    tone(recordings / "Dog/long.wav", 71, 2.0)
    path = default_params(tmp_path)
    init(recordings, tmp_path / name / "2", params=path, name="mine")
    assert read_params(path).corpora["mine"].source == f"{name}/2/lists"
