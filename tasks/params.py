"""`python -m tasks.params`: check params.yaml, swap it for a preset, or convert one of old names."""

import argparse
from pathlib import Path

from psl.config.file import read_params
from psl.config.old_params import convert_params
from psl.config.presets import apply_preset
from psl.runtime.errors import exit_with_message
from tasks.stage import PARAMS

PRESETS = Path("presets")


def main() -> None:
    """Do what the command line says. The check comes before DVC, whose own words for an unquoted key do not name it."""
    parser = argparse.ArgumentParser(prog="python -m tasks.params", description="Check, swap or convert params.yaml.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="read params.yaml as the stages do")
    preset = commands.add_parser("preset", help="write params.yaml from a preset")
    preset.add_argument("name", help="a file of presets/ without .yaml: default, esc10, paper")
    commands.add_parser("convert", help="rewrite a params.yaml from before November 2026 in today's names")
    options = parser.parse_args()
    with exit_with_message(f"params {options.command}"):
        if options.command == "check":
            read_params(PARAMS)
        elif options.command == "preset":
            apply_preset(PRESETS, options.name, PARAMS)
        else:
            convert_params(PARAMS, PRESETS)


if __name__ == "__main__":
    main()
