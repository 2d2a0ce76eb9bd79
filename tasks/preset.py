"""Swap params.yaml for a preset: `python -m tasks.preset NAME`."""

import argparse
import sys
from pathlib import Path

from psl.errors import PslError
from psl.presets import apply_preset
from tasks.stage import PARAMS


def main() -> None:
    """Apply the preset named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tasks.preset", description="Write params.yaml from a preset.")
    parser.add_argument("name", help="a file of presets/ without .yaml: default, esc10, paper")
    try:
        apply_preset(Path("presets"), parser.parse_args().name, PARAMS)
    except PslError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
