"""A hash of code, for the names of caches: results of other code are never taken for those of this one."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from psl.io.hashes import hash_file, hash_json
from psl.runtime.imports import imported_files

NETWORKS = "models"


@lru_cache
def code_hash(*modules: str) -> str:
    """Hash of the sources of `modules`, and of all that they import of this repository and that decides a result.

    A package stands for all modules in it. Networks count where they are named alone: what may build any of them is no
    other code when another network changes, and its caller adds the hash of the one that it builds. The hash is of the
    sources as they were at the first call in this process.
    Raises ModuleNotFoundError.
    """
    files = {name: root / name for module in modules for root, name in _sources(module)}
    return hash_json([[name, hash_file(files[name])] for name in sorted(files)])


def _sources(module: str) -> set[tuple[Path, str]]:
    """The folder that `module` is imported from, and in it the files of the module and of what it imports."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"there is no module {module}")
    file, is_package = Path(spec.origin), spec.submodule_search_locations is not None
    root = file.parents[module.count(".") + is_package]
    files = file.parent.rglob("*.py") if is_package else [file]
    names = {name for file in files for name in imported_files(file, root, plugins=True)}
    is_network = module.split(".")[0] == NETWORKS
    return {(root, name) for name in names if is_network or not name.startswith(f"{NETWORKS}/")}
