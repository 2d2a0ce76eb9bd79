"""What an earlier stage wrote and what is damaged on the disk since is told in a sentence that names the file."""

import pytest

from psl.detection.truth import read_truth
from psl.errors import PslError
from psl.features.statuses import read_clips
from psl.leaks.excluded import read_excluded
from psl.manifest import read_manifest
from psl.report.read import read_json
from psl.transfer.scores import read_scores, usage_of

READERS = {
    "manifest.parquet": read_manifest,
    "clips.parquet": read_clips,
    "strong.parquet": lambda folder: read_truth(folder, "eval", {}, (), (), 0.0),
    "excluded.parquet": lambda folder: read_excluded(folder / "excluded.parquet", "audioset"),
    "details.parquet": lambda folder: usage_of(folder, ["a"]),
    "report.json": lambda folder: read_json(folder / "report.json"),
    "scores.parquet": lambda folder: read_scores(folder / "scores.parquet"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_a_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"PAR1 cut off")
    with pytest.raises(PslError, match=name) as told:
        READERS[name](tmp_path)
    assert "again" in str(told.value) and "\n" not in str(told.value)
