"""Finds the METRIC of a file by its name, so that a new metric is a new file and no list needs to know it."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

from psl.runtime.errors import PslError


def load_metric(module: str) -> Any:
    """METRIC of a module by its dotted name. Raises PslError that lists the metrics of its package."""
    package, _, name = module.rpartition(".")
    if name.isidentifier() and find_spec(module):
        loaded = import_module(module)
        if hasattr(loaded, "METRIC"):
            return loaded.METRIC
    raise PslError(f"{package} has no metric {name}: choose one of {', '.join(metric_names(package))}")


def metric_names(package: str) -> list[str]:
    """The modules of `package` that hold a METRIC, by name."""
    names = [module.name for module in iter_modules(import_module(package).__path__)]
    return [name for name in names if hasattr(import_module(f"{package}.{name}"), "METRIC")]
