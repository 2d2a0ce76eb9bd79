"""`python -m tasks.params`: check before DVC does, swap a preset, convert a file of old names."""

import pytest
from params_files import DEFAULT, PRESETS

from psl.config.file import read_params
from tasks import params


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command in a folder with the default parameters."""
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text())
    (tmp_path / "presets").symlink_to(PRESETS)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["params", *arguments])
        params.main()

    return run


def test_the_default_passes_the_check(run):
    run("check")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"2": {', "2: {", "students.2: a key is quoted"),
        ("n_fft:", "nfft:", "front_end.n_fft is missing; front_end.nfft is not a parameter"),
        ("n_mels:", "mels:", "front_end.mels is now front_end.n_mels"),
    ],
)
def test_parameters_are_checked_before_dvc_reads_them(run, tmp_path, old, new, message):
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text().replace(old, new))
    with pytest.raises(SystemExit, match=f"^params check: params.yaml: {message}"):
        run("check")


def test_a_checkpoint_that_is_not_there_is_named(run, tmp_path):
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text().replace("checkpoint: null", "checkpoint: mAP40.pt"))
    with pytest.raises(SystemExit, match=r"^params check: train_annotator.checkpoint mAP40.pt does not exist: put"):
        run("check")
    (tmp_path / "mAP40.pt").touch()
    run("check")


@pytest.mark.parametrize(("kind", "hint"), [("hugging_face", True), ("onnx", False)])
def test_a_name_on_the_hub_is_no_source_and_says_what_to_do(run, tmp_path, kind, hint):
    entry = f"\n  ast: {{kind: {kind}, source: MIT/ast-10}}\n  annotator: {{kind"
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text().replace("\n  annotator: {kind", entry, 1))
    with pytest.raises(SystemExit, match=r"annotators.ast.source MIT/ast-10 does not exist: put the model th") as error:
        run("check")
    assert ("an annotator.yaml that states model: MIT/ast-10 and its revision" in str(error.value)) == hint


ENTRY = "\n  ast: {kind: onnx, source: models_of_others/ast, classes: {table: annotators/t.csv}}\n  annotator: {kind"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("annotator.yaml", "sample_rate: 16000", "models_of_others/ast/annotator.yaml: sample_rate is not a parameter"),
        ("annotator.yaml", "- a", "models_of_others/ast/annotator.yaml states no fields"),
        ("annotator.yaml", "classes: no.txt", "the class list models_of_others/ast/no.txt does not exist"),
        ("list.txt", "Dog\nDog", "the class list models_of_others/ast/list.txt has 'Dog' in lines 1 and 2"),
        (
            "../../annotators/t.csv",
            "mine,theirs",
            "line 1 of annotators/t.csv is broken: expected a header with the co",
        ),
        ("../../annotators/t.csv", "own,teacher\na", "line 2 of annotators/t.csv is broken: expected 2 fields"),
        (
            "../../annotators/t.csv",
            "own,teacher\na,Dgo",
            "line 2 of annotators/t.csv is broken: expected teacher to be",
        ),
        ("../../annotators/t.csv", None, "the table of classes annotators/t.csv does not exist"),
    ],
)
def test_what_people_wrote_about_an_annotator_is_read(run, tmp_path, name, text, message):
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text().replace("\n  annotator: {kind", ENTRY, 1))
    source = tmp_path / "models_of_others/ast"
    source.mkdir(parents=True)
    (tmp_path / "annotators").mkdir()
    (tmp_path / "annotators/t.csv").write_text("own,teacher\nBark,Dog\nHiss,\n")
    (source / "annotator.yaml").write_text("classes: list.txt\n")
    (source / "list.txt").write_text("Dog\nCat\n")
    run("check")
    (source / name).unlink() if text is None else (source / name).write_text(text)
    with pytest.raises(SystemExit, match=f"^params check: {message}"):
        run("check")


ESC10 = "corpora.scenes.source ../shared/audio/esc10 does not exist: put a folder with"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("esc10", f"{ESC10} .*`psl fetch esc50 FOLDER`. and give FOLDER/ESC-50-master as source"),
        ("paper", ".*; corpora.audioset.source audioset/lists does not exist: `psl fetch audioset FOLDER` brings its"),
    ],
)
def test_a_preset_without_its_recordings_says_where_they_come_from_and_changes_nothing(run, tmp_path, name, message):
    before = (tmp_path / "params.yaml").read_bytes()
    with pytest.raises(SystemExit, match=f"^params preset: {message}"):
        run("preset", name)
    assert (tmp_path / "params.yaml").read_bytes() == before


def test_a_preset_is_swapped_by_its_name(run, tmp_path, monkeypatch):
    (tmp_path / "shared/audio/esc10").mkdir(parents=True)
    (tmp_path / "clone").mkdir()
    for name in ("params.yaml", "presets"):
        (tmp_path / name).rename(tmp_path / "clone" / name)
    monkeypatch.chdir(tmp_path / "clone")
    run("preset", "esc10")
    assert read_params(tmp_path / "clone/params.yaml").train_annotator.max_steps == 2080
    with pytest.raises(SystemExit, match=r"^params preset: there is no preset big in presets"):
        run("preset", "big")


def test_what_is_new_already_is_not_converted(run):
    with pytest.raises(SystemExit, match=r"^params convert: params.yaml has no section `windows`"):
        run("convert")
