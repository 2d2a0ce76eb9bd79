"""What a GPU does with the paper's parameters, in less than ten minutes: a table in Markdown, and JSON.

`python -m benchmarks.gpu --out gpu.json`. The parameters are those of the preset `paper`, the clips are noise of the
same shape. Works that are compared take turns, and the median of their rounds counts. A part that fails says why in
its row. For a try without a GPU: `--device cpu --seconds 1 --width 0.1 --clips 40 --batch-windows 4 --steps 2`.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.annotation import annotation_against_bare
from benchmarks.gpu.rows import Measured, Row, markdown, measure
from benchmarks.gpu.setting import Setting, Sizes
from benchmarks.gpu.sharing import students_at_once
from benchmarks.gpu.training import hours_of_training, loading, step_against_bare, steps_on_device
from psl.annotators.inference.network.devices import pick_device
from psl.io.files import write_json
from psl.runtime.errors import exit_with_message
from psl.runtime.progress import log

ALL_SECONDS, PART_SECONDS = 570.0, 150.0
STEP, FLOAT32 = "training step, fed from the shards", "step on the device, float32"


def main() -> None:
    """Measure what the command line says, print the table and write the JSON."""
    options = vars(parser().parse_args())
    out, device_name, compiled = (options.pop(name) for name in ("out", "device", "compile"))
    with exit_with_message("gpu"), tempfile.TemporaryDirectory() as root:
        device, began = pick_device(device_name), time.perf_counter()
        setting = Setting(Sizes(**options), device, Path(root))

        def keep(rows: list[Row]) -> None:
            log(markdown(rows[-1:]).splitlines()[-1])
            if out is not None:
                write_json(out, report(setting, rows, time.perf_counter() - began))

        rows = measure_all(setting, device.type == "cuda" if compiled is None else compiled, keep)
        found = report(setting, rows, time.perf_counter() - began)
        print(f"{found['device']}, torch {found['torch']}, {found['seconds']:.0f} s\n\n{markdown(rows)}")


def parser() -> argparse.ArgumentParser:
    """The options; without any they are the paper's sizes."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, help="where the JSON goes, after each part")
    options.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    options.add_argument("--seconds", type=float, default=12.0, help="for the rounds of a part (%(default)s)")
    options.add_argument("--width", type=float, default=1.0, help="of the network (%(default)s)")
    options.add_argument("--batch-windows", type=int, default=32, help="windows of 10 s in a step (%(default)s)")
    options.add_argument("--classes", type=int, default=527)
    options.add_argument("--clips", type=int, default=4000, help="of noise, 10 s each (%(default)s)")
    options.add_argument("--steps", type=int, default=10, help="timed at once (%(default)s)")
    options.add_argument("--processes", type=int, default=4, help="that share the device (%(default)s)")
    options.add_argument("--compile", action=argparse.BooleanOptionalAction, help="on CUDA unless said otherwise")
    return options


def measure_all(setting: Setting, compiled: bool, keep: Callable[[list[Row]], None]) -> list[Row]:
    """All rows, in the order of the table; what takes longest is last. After each one `keep` gets those so far."""
    rows: dict[str, Row] = {}
    end = time.perf_counter() + ALL_SECONDS

    def add(what: str, part: Callable[[], Measured]) -> None:
        rows[what] = measure(what, part, setting.device, min(PART_SECONDS, end - time.perf_counter()))
        keep(list(rows.values()))

    def rate(what: str) -> float:
        found = rows[what].measured
        if found is None:
            raise RuntimeError(f"there is no rate of the {what}")
        return found.value

    def add_step(precision: str, *, compiled: bool) -> None:
        add(
            f"step on the device, {precision}{', compiled' if compiled else ''}",
            lambda: steps_on_device(setting, precision, compiled=compiled, float32_rate=rate(FLOAT32)),
        )

    add("clips of noise, made", lambda: Measured(len(setting.data.labels.clip_ids), unit="clips"))
    add(STEP, partial(step_against_bare, setting))
    add("loading alone", lambda: loading(setting, rate(STEP)))
    add("a whole training", lambda: hours_of_training(setting, rate(STEP)))
    add("annotation", partial(annotation_against_bare, setting))
    add(FLOAT32, partial(steps_on_device, setting, "float32"))
    add_step("bfloat16", compiled=False)
    add_step("float16", compiled=False)
    add(f"{setting.sizes.processes} small students at once", partial(students_at_once, setting))
    for precision in ("float32", "bfloat16") if compiled else ():
        add_step(precision, compiled=True)
    return list(rows.values())


def report(setting: Setting, rows: list[Row], seconds: float) -> dict[str, Any]:
    """What the JSON holds."""
    on_cuda = setting.device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(setting.device) if on_cuda else "cpu",
        "torch": torch.__version__,
        "parameters": {
            "sizes": vars(setting.sizes),
            "front_end": setting.params.front_end.model_dump(mode="json"),
            "train_student": setting.training.model_dump(mode="json"),
            "inference_batch_size": setting.params.annotate.inference_batch_size,
        },
        "rows": [row.as_json() for row in rows],
        "seconds": seconds,
    }


if __name__ == "__main__":
    main()
