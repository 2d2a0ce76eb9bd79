"""Vega beside the page of `dvc plots show`, so that it draws without a network: `make plots`.

DVC's page asks a server for Vega's scripts. With `plots.html_template` of .dvc/config it looks for them in its own
folder first, where this puts those that come with vl-convert.
"""

from pathlib import Path

import vl_convert

from psl.io.files import write_text

SCRIPT = Path("dvc_plots/vega.js")


def main() -> None:
    """Write the script."""
    SCRIPT.parent.mkdir(exist_ok=True)
    write_text(SCRIPT, vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


if __name__ == "__main__":
    main()
