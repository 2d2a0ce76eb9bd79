"""The number of cores respects CPU affinity and the limits of cgroups."""

import os

import pytest

from psl.runtime import cores as module
from psl.runtime.cores import cores


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
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert cores() == expected


def test_without_cgroups_all_cores_of_the_affinity_count(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "OWN_CGROUP", tmp_path / "missing")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3}, raising=False)
    assert cores() == 2
