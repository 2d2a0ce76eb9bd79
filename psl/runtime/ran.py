"""What DVC does not keep of a stage that ran: how long it took, when it ended, and on which machine."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psl.io.files import write_json


def record_run(folder: Path, stage: str, seconds: float) -> None:
    """Write FOLDER/STAGE.json, in place of that of the run before."""
    folder.mkdir(parents=True, exist_ok=True)
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    write_json(folder / f"{stage}.json", {"seconds": round(seconds, 1), "ended": ended, "machine": machine()})


def read_run(folder: Path, stage: str) -> dict[str, Any] | None:
    """What record_run wrote; None where that stage never ran on this machine."""
    try:
        found: dict[str, Any] = json.loads((folder / f"{stage}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found


def machine() -> str:
    """Name, processor, cores and, if the stage loaded torch and there is one, the GPU."""
    torch = sys.modules.get("torch")
    gpu = [torch.cuda.get_device_name()] if torch is not None and torch.cuda.is_available() else []
    return ", ".join([platform.node(), platform.machine(), f"{os.cpu_count()} cores", *gpu])
