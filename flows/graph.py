"""The stages that a run needs, from DVC's own graph and DVC's own check: in order, with why each one is stale."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.dead_locks import forget_dead
from flows.lock_order import LOCK
from psl.errors import PslError

PROJECT = Path("dvc.yaml")


@dataclass(frozen=True)
class Stage:
    """A stage of dvc.yaml. Behind `meta:` there it may say `retries: 2` (it downloads) and `computes: true` (it takes all cores)."""

    name: str
    needs: tuple[str, ...]  # stages, in DVC's order
    stale: tuple[str, ...]  # why DVC would run it, such as "params.yaml windows.2 is modified"; empty: unchanged
    retries: int = 0
    computes: bool = False


def read_graph(targets: Iterable[str] = ()) -> list[Stage]:
    """The stages that `dvc repro TARGETS` goes through, in its order.

    A target is a stage or the stem of a `foreach`; none means all. Raises PslError for unknown ones, and where DVC cannot read.
    """
    if not PROJECT.exists():
        raise PslError(f"{PROJECT} is not in {Path.cwd()}: run from the root of the repository")
    from dvc.exceptions import DvcException  # half a second, which a sentence above need not wait for
    from dvc.repo import Repo

    try:
        with Repo(".", _wait_for_lock=True) as repo, repo.lock:
            forget_dead(repo)
            return _stages(repo, targets)
    except DvcException as error:
        again = f": `git checkout {LOCK}` if a killed `dvc` cut it" if str(LOCK) in str(error) else ""
        raise PslError(f"DVC cannot read the graph: {' '.join(str(error).split())}{again}") from None


def _stages(repo: Any, targets: Iterable[str]) -> list[Stage]:
    from dvc.repo.reproduce import get_active_graph, plan_repro

    graph = get_active_graph(repo.index.graph)
    wanted = _pick({stage.addressing: stage for stage in graph}, targets) or list(repo.stage.collect(str(PROJECT)))
    return [
        Stage(
            name=stage.addressing,
            needs=tuple(sorted(need.addressing for need in graph.successors(stage))),
            stale=tuple(_reasons(stage.status().get(stage.addressing, []))),
            retries=(stage.meta or {}).get("retries", 0),
            computes=(stage.meta or {}).get("computes", False),
        )
        for stage in plan_repro(graph, wanted)
    ]


def _pick(stages: dict[str, Any], targets: Iterable[str]) -> list[Any]:
    """The stages that the targets name, each once."""
    picked: dict[str, Any] = {}
    for target in targets:
        found = [name for name in stages if name == target or name.startswith(f"{target}@")]
        if not found:
            near = difflib.get_close_matches(target, stages, n=3) or sorted({name.split("@")[0] for name in stages})
            raise PslError(f"there is no stage {target} in {PROJECT}: did you mean {', '.join(near)}?")
        picked.update({name: stages[name] for name in found})
    return list(picked.values())


def _reasons(status: list) -> list[str]:
    """DVC's status of one stage as phrases: `{"changed deps": {"params.yaml": {"windows.2": "modified"}}}` and the like."""
    reasons = []
    for change in status:
        if isinstance(change, str):
            reasons.append("its command changed" if change == "changed checksum" else change)
            continue
        for entries in change.values():
            for path, what in entries.items():
                whats = {f" {key}": value for key, value in what.items()} if isinstance(what, dict) else {"": what}
                reasons.extend(f"{path}{key} is {value}" for key, value in whats.items())
    return list(dict.fromkeys(reasons))
