"""The number of cores, and of processes, respects CPU affinity, OMP_NUM_THREADS and the limits of cgroups."""

import os

import pytest

from psl.runtime import cores as module
from psl.runtime.cores import at_most_cores, cores, threads_limit_line
from psl.runtime.memory import workers_that_fit


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("own", "above", "expected"),
    [
        ("max 100000", "max 100000", 8),
        ("50000 100000", "max 100000", 1),
        ("max 100000", "150000 100000", 2),
        ("300000 100000", "200000 100000", 2),
        ("1600000 100000", "max 100000", 8),
    ],
)
def test_the_lowest_limit_of_the_cgroups_counts_and_a_part_of_a_core_is_one(
    tmp_path, monkeypatch, own, above, expected
):
    (tmp_path / "pod/box").mkdir(parents=True)
    (tmp_path / "pod/box/cpu.max").write_text(f"{own}\n")
    (tmp_path / "pod/cpu.max").write_text(f"{above}\n")
    (tmp_path / "cgroup").write_text("0::/pod/box\n")
    monkeypatch.setattr(module, "CGROUP_ROOT", tmp_path)
    monkeypatch.setattr(module, "OWN_CGROUP", tmp_path / "cgroup")
    assert cores() == expected


def test_without_cgroups_all_cores_of_the_affinity_count(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "OWN_CGROUP", tmp_path / "missing")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3}, raising=False)
    assert cores() == 2


def test_the_quota_of_a_container_under_cgroup_v1_counts(tmp_path, monkeypatch):
    (tmp_path / "cpu").mkdir()
    monkeypatch.setattr(module, "CGROUP_ROOT", tmp_path)
    monkeypatch.setattr(module, "OWN_CGROUP", tmp_path / "missing")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    for quota, expected in (("250000", 3), ("50000", 1), ("-1", 8)):
        (tmp_path / "cpu/cpu.cfs_quota_us").write_text(f"{quota}\n")
        assert cores() == expected


@pytest.mark.parametrize(("limit", "expected"), [("3", 3), ("4,2", 4), ("64", 8), ("0", 8), ("all", 8), ("", 8)])
def test_a_limit_on_threads_is_one_on_cores_and_nonsense_is_none(tmp_path, monkeypatch, limit, expected):
    monkeypatch.setattr(module, "CGROUP_ROOT", tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert cores() == expected
    line = f"OMP_NUM_THREADS={limit} limits this run to {expected} of 8 cores"
    assert threads_limit_line() == (line if expected < 8 else None)


def test_fewer_processes_start_where_the_memory_of_the_container_is_small(tmp_path, monkeypatch, capsys):
    (tmp_path / "cgroup").write_text("0::/\n")
    monkeypatch.setattr(module, "CGROUP_ROOT", tmp_path)
    monkeypatch.setattr(module, "OWN_CGROUP", tmp_path / "cgroup")
    for name, text in (("max", f"{5 << 20}"), ("current", f"{3 << 20}"), ("stat", f"anon 7\ninactive_file {1 << 20}")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert [workers_that_fit(4, size << 20, "trainings") for size in (1, 2, 9)] == [3, 1, 1]
    assert capsys.readouterr().err.startswith("memory for 3 of 4 trainings: 0.0 GiB are free")
    (tmp_path / "memory.max").write_text("max")
    assert workers_that_fit(4, 1, "trainings") == 4


def test_more_workers_than_cores_are_told_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "CGROUP_ROOT", tmp_path)
    assert [at_most_cores(wanted, "shards.workers") for wanted in (0, 3, 8)] == [8, 3, 8]
    assert capsys.readouterr().err == ""
    assert at_most_cores(9, "shards.workers") == 8
    assert capsys.readouterr().err == "shards.workers 9 is more than the 8 cores of this run, and counts as 8\n"
