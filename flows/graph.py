"""The stages that a run needs, from DVC's own graph and DVC's own check: in order, with why each one is stale."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.dvc_patches import locked_repo, plan, stage_graph
from flows.mended_lock import mend_cut_lock
from psl.runtime.errors import PslError

PROJECT = Path("dvc.yaml")


@dataclass(frozen=True)
class Stage:
    """A stage of dvc.yaml; its `meta:` may hold `retries: 2` (downloads) and `computes: true` (few run at once)."""

    name: str
    needs: tuple[str, ...]  # stages, in DVC's order
    stale: tuple[str, ...]  # why DVC would run it, such as "params.yaml students.2 is modified"; empty: unchanged
    retries: int = 0
    computes: bool = False
    places: tuple[Path, ...] = ()  # folders that it, and DVC after it, writes to


def read_graph(targets: Iterable[str] = ()) -> list[Stage]:
    """The stages that `dvc repro TARGETS` goes through, in its order.

    A target is a stage or the stem of a `foreach`; none means all. A dvc.lock that was cut is mended.
    Raises PslError for an unknown target, and for files that DVC cannot read.
    """
    if not PROJECT.exists():
        raise PslError(f"{PROJECT} is not in {Path.cwd()}: run from the root of the repository")
    with _dvc_errors_as_sentences():
        with locked_repo() as repo:
            if not mend_cut_lock(lambda: _names(repo)):
                return _stages(repo, targets)
        with locked_repo() as repo:  # anew: it has read what was mended
            return _stages(repo, targets)


def mend_repository() -> None:
    """Remove what a killed DVC left behind: locks of dead processes, and a dvc.lock that was cut.

    Raises PslError for files that DVC cannot read.
    """
    with _dvc_errors_as_sentences(), locked_repo() as repo:
        mend_cut_lock(lambda: _names(repo))


@contextmanager
def _dvc_errors_as_sentences() -> Iterator[None]:
    from dvc.exceptions import DvcException  # takes half a second, which mistakes before it need not wait for
    from dvc.scm import SCMError

    try:
        yield
    except SCMError:
        raise PslError(
            f"{Path.cwd()} is not a git repository, as an archive that was downloaded is not: make it one with "
            "`git init`, or let DVC do without: `dvc config --local core.no_scm true`"
        ) from None
    except DvcException as error:
        raise PslError(f"DVC cannot read the graph: {' '.join(str(error).split())}") from None


def is_named(stage: str, targets: Sequence[str]) -> bool:
    """Whether a stage is one of the targets, which may be stems of a `foreach`; without any all are.

    >>> [is_named("annotate@2", targets) for targets in ([], ["annotate"], ["annotate@2"], ["annotate@10", "report"])]
    [True, True, True, False]
    """
    return not targets or any(stage == target or stage.startswith(f"{target}@") for target in targets)


def _names(repo: Any) -> list[str]:
    return [stage.addressing for stage in stage_graph(repo)]


def _stages(repo: Any, targets: Iterable[str]) -> list[Stage]:
    graph = stage_graph(repo)
    wanted = _pick({stage.addressing: stage for stage in graph}, targets) or list(repo.stage.collect(str(PROJECT)))
    cache = Path(repo.cache.local.path)
    return [
        Stage(
            name=stage.addressing,
            needs=tuple(sorted(need.addressing for need in graph.successors(stage))),
            stale=tuple(_reasons(stage.status().get(stage.addressing, []))),
            retries=(stage.meta or {}).get("retries", 0),
            computes=(stage.meta or {}).get("computes", False),
            places=(cache, *(Path(out.fs_path).parent for out in stage.outs)),
        )
        for stage in plan(graph, wanted)
    ]


def _pick(stages: dict[str, Any], targets: Iterable[str]) -> list[Any]:
    """The stages that the targets name, each once."""
    picked: dict[str, Any] = {}
    for target in targets:
        names = [name for name in stages if is_named(name, [target])]
        if not names:
            near = difflib.get_close_matches(target, stages, n=3) or sorted({name.split("@")[0] for name in stages})
            raise PslError(f"there is no stage {target} in {PROJECT}: did you mean {', '.join(near)}?")
        picked.update({name: stages[name] for name in names})
    return list(picked.values())


def _reasons(status: list) -> list[str]:
    """DVC's status of a stage, such as `{"changed deps": {"params.yaml": {"students.2": "new"}}}`, as phrases."""
    reasons = []
    for change in status:
        if isinstance(change, str):
            reasons.append("its command changed" if change == "changed checksum" else change)
            continue
        for entries in change.values():
            for path, status_of in entries.items():
                states = (
                    {f" {key}": state for key, state in status_of.items()}
                    if isinstance(status_of, dict)
                    else {"": status_of}
                )
                reasons.extend(f"{path}{key} is {state}" for key, state in states.items())
    return list(dict.fromkeys(reasons))
