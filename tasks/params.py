"""`python -m tasks.params`: check params.yaml, swap it for a preset, convert one of old names, or describe it all."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from psl.annotators.stated_files import check_stated_files
from psl.config import PROCEDURAL, AnnotatorParams, Corpus, FromBank, Params
from psl.config.file import read_params
from psl.config.old_params import convert_params
from psl.config.page import parameters_page
from psl.config.presets import apply_preset
from psl.io.files import write_text
from psl.runtime.errors import PslError, exit_with_message
from tasks.stage import DATA, PARAMS

PRESETS = Path("presets")
PAGE = Path("docs/parameters.md")
HUB_NAME = r"[\w.-]+/[\w.-]+"  # OWNER/NAME


def main() -> None:
    """Do what the command line says. The check comes before DVC, whose own words for an unquoted key do not name it."""
    options = parser().parse_args()
    with exit_with_message(f"params {options.command}"):
        if options.command == "check":
            require_files(read_params(PARAMS))
        elif options.command == "preset":
            apply_preset(PRESETS, options.name, PARAMS, require_files)
        elif options.command == "convert":
            convert_params(PARAMS, PRESETS)
        else:
            write_text(PAGE, parameters_page(PRESETS / "default.yaml"))


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="python -m tasks.params", description="Check, swap, convert or describe params.yaml."
    )
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="read params.yaml as the stages do")
    preset = commands.add_parser("preset", help="write params.yaml from a preset")
    preset.add_argument("name", help="a file of presets/ without .yaml: default, quick, esc10, esc50, best, paper")
    commands.add_parser("convert", help="rewrite a params.yaml from before November 2026 in today's names")
    commands.add_parser("page", help=f"write {PAGE} from the types of psl/config/")
    return top


def require_files(params: Params) -> None:
    """Raise PslError for a corpus, an annotator or a checkpoint that is not there: DVC does not say where to get it.

    Also for what people wrote about an annotator, where it is not as it should be.
    """
    _require_corpora(params.corpora)
    for key, annotator in params.annotators.items():
        made_here = annotator.source.startswith(f"{DATA}/")
        if not made_here and not Path(annotator.source).exists():
            origin = annotator.origin or _whence(annotator)
            raise PslError(
                f"annotators.{key}.source {annotator.source} does not exist: {origin}, or name another model"
            )
        check_stated_files(key, annotator)
    checkpoint = params.train_annotator.checkpoint
    if checkpoint is not None and not Path(checkpoint).is_file():
        raise PslError(
            f"train_annotator.checkpoint {checkpoint} does not exist: put the file there, or set it to null to train"
        )


def _require_corpora(corpora: Mapping[str, Corpus]) -> None:
    """Raise PslError for all folders that are not there, each with the corpora that name it and where it comes from."""
    keys_of: dict[str, list[str]] = {}
    whence = {}
    for key, corpus in corpora.items():
        folders = {name: getattr(corpus, name, PROCEDURAL) for name in ("source", "audio")}
        missing = [name for name, path in folders.items() if path != PROCEDURAL and not Path(path).exists()]
        for name in missing[:1]:
            keys_of.setdefault(folders[name], []).append(f"corpora.{key}.{name}")
            whence[folders[name]] = _whence_corpus(corpus)
    if keys_of:
        faults = (f"{', '.join(keys)} {path} does not exist: {whence[path]}" for path, keys in keys_of.items())
        raise PslError("; ".join(faults))


def _whence_corpus(corpus: Corpus) -> str:
    from psl.corpora.download.esc50 import TARGET  # not before: what downloads imports requests
    from psl.corpora.download.fetch import CORPORA

    if isinstance(corpus, FromBank):
        return (
            "put a folder with one folder of recordings per class there, or fetch ESC-50 as it is published "
            f"(`psl fetch esc50 FOLDER`) and give FOLDER/{TARGET} as source, in params.yaml or the preset's file"
        )
    if corpus.kind in CORPORA:
        audio = ", and `psl clips` its audio" if corpus.kind == "audioset" else ""
        return f"`psl fetch {corpus.kind} FOLDER` brings its lists{audio}, or name the folder where they are"
    return "it is of a corpus that `psl init` made: put it back, or name the folder where it is"


def _whence(annotator: AnnotatorParams) -> str:
    """What to do about a source that does not exist, and whose origin nobody stated."""
    if annotator.kind != "hugging_face" or not re.fullmatch(HUB_NAME, annotator.source):
        return "put the model there"
    return (
        "put the model there, or, if this is its name on the hub, make a folder with an annotator.yaml that states "
        f"model: {annotator.source} and its revision, and give that folder as source (docs/annotators.md)"
    )


if __name__ == "__main__":
    main()
