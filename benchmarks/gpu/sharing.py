"""Several small students on one GPU, each in a process of its own, against one after the other."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import BrokenBarrierError

import torch
from torch.amp.grad_scaler import GradScaler

from benchmarks.gpu.rows import Measured, peak_of, wait_for
from benchmarks.gpu.setting import Setting, preset
from benchmarks.training import CLASSES, noise_data
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.devices import pick_device
from psl.training.engine.step import train_step

WINDOW_MS, CLIPS, WARM_UP_STEPS = 2_000, 200, 3
SECONDS_TO_START = 60.0
_barrier: Barrier | None = None


def students_at_once(setting: Setting) -> Measured:
    """Windows per second of the default preset's student in all processes together, against one process alone."""
    n, device, seconds = setting.sizes.processes, setting.device.type, setting.sizes.seconds
    alone, _ = _run(setting.root / "alone", 1, device, seconds)
    together, peak_mib = _run(setting.root / "together", n, device, seconds)
    against = f"one after the other, {alone:.0f} windows/s"
    return Measured(together, against=against, ratio=together / alone, peak_mib=peak_mib)


def _run(root: Path, processes: int, device: str, seconds: float) -> tuple[float, float | None]:
    """Windows per second, and peak MiB on the device, of all processes together.

    They begin at the same moment, and each has data of its own. Raises what was raised in the first that failed.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # torch is imported once, and CUDA is not touched before the forks
    barrier = context.Barrier(processes, timeout=SECONDS_TO_START)
    with ProcessPoolExecutor(processes, context, initializer=_keep, initargs=(barrier,)) as pool:
        jobs = [pool.submit(_member, root / str(n), device, seconds) for n in range(processes)]
    errors = sorted(filter(None, (job.exception() for job in jobs)), key=lambda e: isinstance(e, BrokenBarrierError))
    if errors:
        raise errors[0]
    rates, peaks = zip(*(job.result() for job in jobs), strict=True)
    return sum(rates), None if None in peaks else sum(peaks)


def _keep(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _member(root: Path, device_name: str, seconds: float) -> tuple[float, float | None]:
    """Windows per second and peak MiB of one student; the others do not wait for one that fails."""
    assert _barrier is not None  # of the pool's initialiser
    try:
        return _train(root, device_name, seconds)
    except Exception:
        _barrier.abort()
        raise


def _train(root: Path, device_name: str, seconds: float) -> tuple[float, float | None]:
    """The same, trained for so many seconds from when all have warmed up."""
    params = preset("default")
    training, device = params.train_student, pick_device(device_name)  # type: ignore[arg-type]
    batches = noise_data(root, params, training, CLIPS, window_ms=WINDOW_MS).training.stream(1)
    network = build_network(CLASSES, training.architecture).to(device)
    optimiser, scaler = torch.optim.Adam(network.parameters(), fused=True), GradScaler(device.type, enabled=False)

    def step() -> int:
        mel_BTF, target_BC = (torch.from_numpy(array).to(device) for array in next(batches))
        train_step(network, optimiser, scaler, (mel_BTF, target_BC), rate=1e-3, params=training)
        return len(mel_BTF)

    for _ in range(WARM_UP_STEPS):
        step()
    wait_for(device)
    assert _barrier is not None
    _barrier.wait()
    began, windows = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        windows += step()
        wait_for(device)
    return windows / (time.perf_counter() - began), peak_of(device)
