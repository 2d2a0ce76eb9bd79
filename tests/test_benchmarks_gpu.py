"""The benchmark for GPUs, on the CPU with tiny sizes: every row holds numbers, and a part that fails is a row, too."""

import json
import math
import os
import subprocess
import sys
import time

import pytest
from imports import ROOT

SIZES = "--seconds 0.01 --width 0.1 --clips 16 --batch-windows 4 --steps 1 --classes 5 --processes 2"
ROWS = [
    "clips of noise, made",
    "training step, fed from the shards",
    "loading alone",
    "a whole training",
    "annotation",
    "step on the device, float32",
    "step on the device, bfloat16",
    "step on the device, float16",
    "2 small students at once",
]


def test_on_the_cpu_every_row_holds_numbers(tmp_path):
    command = [
        sys.executable,
        "-m",
        "benchmarks.gpu",
        "--device",
        "cpu",
        *SIZES.split(),
        "--out",
        tmp_path / "gpu.json",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert [row["what"] for row in found["rows"]] == ROWS and found["device"] == "cpu"
    assert [row["failed"] for row in found["rows"]] == [""] * len(ROWS)
    numbers = [row["measured"][key] for row in found["rows"] for key in ("value", "ratio")]
    assert all(math.isfinite(number) and number > 0 for number in numbers if number is not None)
    assert found["parameters"]["front_end"]["hop_length_samples"] == 160
    assert found["parameters"]["train_student"]["architecture"]["width"] == 0.1
    assert all(f"| {row} | " in done.stdout for row in ROWS)


def cpu():
    import torch

    return torch.device("cpu")


def out_of_memory():
    raise MemoryError("no room | for\nthis")


def not_a_number():
    from benchmarks.gpu.rows import Measured

    return Measured(math.nan)


@pytest.mark.parametrize(
    ("part", "limit_s", "why"),
    [
        (out_of_memory, 9, "MemoryError: no room | for this"),
        (not_a_number, 9, "ValueError: Measured(value=nan"),
        (lambda: time.sleep(9), 0.05, "TimeoutError: it was stopped after 0 s"),
        (lambda: pytest.fail("it began"), 0, "TimeoutError: the time for all was up"),
    ],
)
def test_a_part_that_fails_is_a_row_that_says_why(part, limit_s, why):
    from benchmarks.gpu.rows import markdown, measure

    row = measure("part", part, cpu(), limit_s)
    assert row.measured is None and row.failed.startswith(why) and row.seconds < 5
    [_, _, line] = markdown([row]).splitlines()
    assert line.startswith("| part | failed: ") and line.count(" | ") == 6


def test_what_needs_a_part_that_failed_says_so_and_the_others_go_on(tmp_path, monkeypatch):
    import benchmarks.gpu.__main__ as gpu
    from benchmarks.gpu.rows import Measured
    from benchmarks.gpu.setting import Setting, Sizes

    for part in ("annotation_against_bare", "steps_on_device", "students_at_once"):
        monkeypatch.setattr(gpu, part, lambda *_, **__: Measured(2.0))
    monkeypatch.setattr(gpu, "step_against_bare", lambda _: out_of_memory())
    sizes = Sizes(width=0.1, batch_windows=4, classes=5, clips=16, steps=1, seconds=0.01, processes=2)
    kept = []
    rows = {row.what: row for row in gpu.measure_all(Setting(sizes, cpu(), tmp_path), True, kept.append)}
    assert kept[0] == [rows[ROWS[0]]] and kept[-1] == list(rows.values())
    assert rows["loading alone"].failed == f"RuntimeError: there is no rate of the {gpu.STEP}"
    assert {what for what, row in rows.items() if row.failed} == {gpu.STEP, "loading alone", "a whole training"}
    assert "step on the device, bfloat16, compiled" in rows
