"""The folder of a model of transformers: the one that a person has, or the snapshot of a model by name.

A model by name is stated as `model: OWNER/NAME` and `revision: COMMIT` in the annotator.yaml of an otherwise empty
folder. A commit never changes, so neither do its labels; a branch can, and is refused.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from psl.config.yaml_read import load_yaml
from psl.io.files import wait_for_lock
from psl.runtime.errors import PslError
from psl.runtime.progress import track

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoFile

STATEMENT, CONFIG, EXTRACTOR = "annotator.yaml", "config.json", "preprocessor_config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
ADAPTER = "adapter_config.json"
MEGABYTE = 1_000_000
DOWNLOADS = Path(".shards/hugging_face")
WANTED = [CONFIG, EXTRACTOR, WEIGHTS, INDEX, "model-*-of-*.safetensors"]  # never a pickle, never code
INSTALL = "`pip install -e '.[hugging_face]'` in the repository"


def model_folder(source: Path) -> Path:
    """`source`, if it holds a config.json, else the snapshot of the model that its annotator.yaml names.

    A snapshot is downloaded once, into .shards/hugging_face in the current folder; an interrupted download goes on
    where it was. HF_ENDPOINT in the environment is another server than the hub, HF_HUB_OFFLINE forbids the network.

    Raises PslError for a folder that is neither, for a name without a commit, and for one that cannot be downloaded.
    """
    named = named_model(source)
    if named is None:
        _require_model(source)
        return source
    if (source / CONFIG).exists():
        raise PslError(f"{source} holds a model ({CONFIG}), and its {STATEMENT} names another, {named[0]}: remove one")
    return _snapshot(*named)


def named_model(source: Path) -> tuple[str, str] | None:
    """Name and commit of the model that SOURCE/annotator.yaml states, if it does."""
    path = source / STATEMENT
    stated = load_yaml(path, YAML(typ="safe")) if path.is_file() else None
    if not isinstance(stated, dict) or stated.get("model") is None:
        return None
    name, revision = str(stated["model"]), str(stated.get("revision"))
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise PslError(f"{path} states model: {name}, which is no name of a model on the hub: write OWNER/NAME")
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        given = "no revision" if stated.get("revision") is None else f"revision: {revision}"
        raise PslError(
            f"{path} states model: {name} and {given}, and its weights can change under such a name: state as revision "
            f"the commit, 40 hexadecimal digits, from the model's history"
        )
    return name, revision


def _require_model(folder: Path) -> None:
    if not folder.is_dir():
        raise PslError(f"{folder} is no folder: give that of a model of transformers, with {CONFIG} and {WEIGHTS}")
    if (folder / ADAPTER).is_file():
        raise PslError(
            f"{folder} holds {ADAPTER}, so it is an adapter of PEFT and no complete model: merge it into its base "
            "model (`merge_and_unload`), save that to another folder, and give that one"
        )
    if not (folder / CONFIG).is_file():
        raise PslError(
            f"{folder} is no folder of a model of transformers, it holds no {CONFIG}: give one, or name a model of the "
            f"hub in {folder / STATEMENT} by model and revision"
        )


def _snapshot(name: str, revision: str) -> Path:
    folder = DOWNLOADS / name.replace("/", "--") / revision
    if not folder.exists():
        with wait_for_lock(folder.with_suffix(".lock")):  # of several processes one downloads
            if not folder.exists():
                part = folder.with_suffix(".part")
                _download(name, revision, part)
                _require_downloaded(part, name, revision)
                part.rename(folder)  # a folder of this name is complete
    return folder


def _download(name: str, revision: str, folder: Path) -> None:
    """Download what is wanted, and compare it with the hashes in the hub's list."""
    try:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url, snapshot_download
    except ImportError:
        raise PslError(
            f"the model {name} is downloaded by huggingface_hub, which is not installed: {INSTALL}"
        ) from None
    from psl.annotators.hugging_face.quiet import quiet

    endpoint = os.environ.get("HF_ENDPOINT")  # read here, because the library reads it only when it is imported
    try:
        with quiet():
            # once without the 25 s in which a download tries again: most faults show here
            get_hf_file_metadata(hf_hub_url(name, CONFIG, revision=revision, endpoint=endpoint), endpoint=endpoint)
            files = _wanted(name, revision, endpoint)
            with _shown(folder, f"download {name} (MB)", sum(file.size for file in files)):
                snapshot_download(name, revision=revision, local_dir=folder, allow_patterns=WANTED, endpoint=endpoint)
    except Exception as error:  # of three libraries, and without a common class
        raise PslError(_explained(error, name, revision, folder)) from error
    _require_hashes(folder, name, files)


def _wanted(name: str, revision: str, endpoint: str | None) -> "list[RepoFile]":
    """What the hub says of the files that are downloaded."""
    from huggingface_hub.hf_api import HfApi, RepoFile

    entries = HfApi(endpoint=endpoint).list_repo_tree(name, revision=revision, recursive=True)
    files = [entry for entry in entries if isinstance(entry, RepoFile)]
    return [file for file in files if any(fnmatch(file.path, pattern) for pattern in WANTED)]


@contextmanager
def _shown(folder: Path, what: str, n_bytes: int) -> Iterator[None]:
    """Show how much of `n_bytes` the folder holds while the block runs."""
    has_ended = Event()

    def growth() -> Iterator[int]:
        held, is_last = 0, False
        while not is_last:
            is_last = has_ended.wait(1.0)
            before, held = held, max(held, min(n_bytes, _bytes_in(folder)))
            yield held - before

    def show() -> None:
        for _ in track(growth(), what, n_bytes, size=int, scale=MEGABYTE):
            pass

    thread = Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()


def _bytes_in(folder: Path) -> int:
    """Bytes of all files, those that are incomplete included."""
    n_bytes = 0
    for path in folder.rglob("*"):
        try:
            n_bytes += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # it got its name in the meantime
            continue
    return n_bytes


def _require_hashes(folder: Path, name: str, files: "Sequence[RepoFile]") -> None:
    """Remove a file that is not what the hub lists, and raise PslError.

    Of large files the hub states the SHA-256, of others git's SHA-1, which is of a line with the size as well.
    """
    for path, file in ((folder / file.path, file) for file in files):
        algorithm, begins = ("sha256", b"") if file.lfs else ("sha1", f"blob {path.stat().st_size}\0".encode())
        stated, found = file.lfs.sha256 if file.lfs else file.blob_id, hashlib.new(algorithm, begins)
        with path.open("rb") as handle:
            while block := handle.read(1 << 20):
                found.update(block)
        if found.hexdigest() != stated:
            path.unlink()
            raise PslError(
                f"{file.path} of the model {name} came with other bytes than the hub lists ({algorithm} "
                f"{found.hexdigest()[:12]}, not {stated[:12]}): it was removed, run again"
            )


def _explained(error: Exception, name: str, revision: str, folder: Path) -> str:
    """The failed download in one sentence."""
    from huggingface_hub import constants
    from huggingface_hub import errors as hub

    where = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
    folder_instead = "or give the folder of a model that is already on this machine"
    if "No space left" in str(error) or shutil.disk_usage(folder.parent).free < 65_536:
        return f"no space left on the disk of {folder}: free some and run again"
    if isinstance(error, hub.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # why it wanted a local entry
    if isinstance(error, hub.GatedRepoError):
        return f"{where} gives the model {name} only to people who accepted its terms: do so and run `hf auth login`"
    if isinstance(error, hub.RepositoryNotFoundError):
        return f"{where} has no model {name} that it would give to you: check the name, or run `hf auth login`"
    if isinstance(error, hub.RevisionNotFoundError):
        return f"the model {name} at {where} has no revision {revision}: take a commit from its history"
    if isinstance(error, hub.RemoteEntryNotFoundError):
        return f"the model {name} has no {CONFIG} at revision {revision}: give one of the library transformers"
    if isinstance(error, hub.OfflineModeIsEnabled):
        return f"the model {name} is not on this machine, and HF_HUB_OFFLINE is set: unset it, {folder_instead}"
    if isinstance(error, hub.HfHubHTTPError):
        return (
            f"the model {name} cannot be downloaded, {where} answers with {error.response.status_code}: run again later"
        )
    return f"the model {name} is not on this machine, and {where} cannot be reached: connect to it, {folder_instead}"


def _require_downloaded(folder: Path, name: str, revision: str) -> None:
    """A model without its configuration, or with weights that can run code, never gets the name of a complete one."""
    for wanted in ([CONFIG], [EXTRACTOR], [WEIGHTS, INDEX]):
        if not any((folder / file).is_file() for file in wanted):
            raise PslError(
                f"the model {name} has no {' and no '.join(wanted)} at revision {revision}: psl reads weights as "
                f"safetensors only, so take a later revision, or save it so and give its folder"
            )
