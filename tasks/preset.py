"""Swap params.yaml for a preset, `python -m tasks.preset NAME`; or check what is there before DVC reads it, `--check`."""

import argparse
from pathlib import Path

from psl.errors import ends_in_a_sentence
from psl.params_file import read_params
from psl.presets import apply_preset
from tasks.stage import PARAMS


def main() -> None:
    """Apply the preset named on the command line, or check params.yaml: DVC's own words for an unquoted key do not name it."""
    parser = argparse.ArgumentParser(prog="python -m tasks.preset", description="Write params.yaml from a preset, or check it.")
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("name", nargs="?", help="a file of presets/ without .yaml: default, esc10, paper")
    one.add_argument("--check", action="store_true", help="read params.yaml as the stages do")
    name = parser.parse_args().name
    with ends_in_a_sentence("preset" if name else "parameters"):
        apply_preset(Path("presets"), name, PARAMS) if name else read_params(PARAMS)


if __name__ == "__main__":
    main()
