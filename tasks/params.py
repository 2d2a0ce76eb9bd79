"""`python -m tasks.params`: check params.yaml, swap it for a preset, or convert one of old names."""

import argparse
import re
from pathlib import Path

from psl.config import AnnotatorParams, Params
from psl.config.file import read_params
from psl.config.old_params import convert_params
from psl.config.presets import apply_preset
from psl.runtime.errors import PslError, exit_with_message
from tasks.stage import DATA, PARAMS

PRESETS = Path("presets")
HUB_NAME = r"[\w.-]+/[\w.-]+"  # OWNER/NAME


def main() -> None:
    """Do what the command line says. The check comes before DVC, whose own words for an unquoted key do not name it."""
    parser = argparse.ArgumentParser(prog="python -m tasks.params", description="Check, swap or convert params.yaml.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="read params.yaml as the stages do")
    preset = commands.add_parser("preset", help="write params.yaml from a preset")
    preset.add_argument("name", help="a file of presets/ without .yaml: default, quick, esc10, esc50, paper")
    commands.add_parser("convert", help="rewrite a params.yaml from before November 2026 in today's names")
    options = parser.parse_args()
    with exit_with_message(f"params {options.command}"):
        if options.command == "check":
            require_files(read_params(PARAMS))
        elif options.command == "preset":
            apply_preset(PRESETS, options.name, PARAMS, require_files)
        else:
            convert_params(PARAMS, PRESETS)


def require_files(params: Params) -> None:
    """Raise PslError for an annotator or a checkpoint that is not there: DVC would not say where it comes from."""
    for key, annotator in params.annotators.items():
        made_here = annotator.source.startswith(f"{DATA}/")
        if not made_here and not Path(annotator.source).exists():
            origin = annotator.origin or _whence(annotator)
            raise PslError(
                f"annotators.{key}.source {annotator.source} does not exist: {origin}, or name another model"
            )
    checkpoint = params.train_annotator.checkpoint
    if checkpoint is not None and not Path(checkpoint).is_file():
        raise PslError(
            f"train_annotator.checkpoint {checkpoint} does not exist: put the file there, or set it to null to train"
        )


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
