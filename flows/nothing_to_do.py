"""Whether a run would find nothing to do, asked of DVC alone: no server has to start for that."""

from collections.abc import Iterable

from flows.graph import Stage, read_graph
from flows.lock_order import ORDER_FILE
from flows.repository import STATE, TMP, flow_lock
from psl.config.file import read_params
from tasks.stage import PARAMS


def unchanged_stages(targets: Iterable[str]) -> list[Stage] | None:
    """The stages that a run of the targets goes through, when none of them is stale.

    None when one is stale, and where a flow was killed or a stage failed: the next flow clears up and continues.
    Raises PslError when another flow is at work here, for a fault in params.yaml, and as `read_graph`.
    """
    if not TMP.parent.is_dir():
        return None
    with flow_lock():
        if ORDER_FILE.exists() or any(STATE.glob("*.run")):
            return None
        if PARAMS.exists():
            read_params(PARAMS)
        stages = read_graph(targets)
    return None if any(stage.stale for stage in stages) else stages
