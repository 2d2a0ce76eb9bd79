"""`make ui`: Prefect's server on loopback with every flow ready to be started from a form; Ctrl-C ends both."""

import argparse

from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.serve import serve_flows
from flows.server import HOST, serving
from psl.errors import ends_in_a_sentence
from psl.progress import say

PORT = 4200


def main() -> None:
    """Start the server and serve the flows until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m flows.ui", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="on this machine only (%(default)s)")
    port = parser.parse_args().port
    with ends_in_a_sentence("ui"), serving(port, ui=True) as url, temporary_settings({PREFECT_API_URL: url}):
        say(f"open http://{HOST}:{port} - flows are under Deployments; Ctrl-C ends the server and what it runs")
        serve_flows()


if __name__ == "__main__":
    main()
