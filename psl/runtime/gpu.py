"""Whether this machine has a GPU, asked without torch, which takes seconds to import."""

from pathlib import Path

DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # NVIDIA, also under WSL 2; AMD


def has_gpu() -> bool:
    """Whether a driver of a GPU is there; torch may still be unable to use it."""
    return any(Path(driver).exists() for driver in DRIVERS)
