"""`make ui`: Prefect's server on loopback with every flow ready to be started from a form; Ctrl-C ends both."""

import argparse

from flows.serve import serve_flows
from flows.server import HOST, serving, use
from psl.errors import ends_in_a_sentence
from psl.progress import say

PORT = 4200


def main() -> None:
    """Start the server and serve the flows until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m flows.ui", description="Prefect's UI, with every flow as a form.")
    parser.add_argument("--port", type=int, default=PORT, help="on this machine only (%(default)s)")
    parser.add_argument("--cron", help='when the whole pipeline runs by itself, such as "0 3 * * *"')
    options = parser.parse_args()
    with ends_in_a_sentence("ui"), serving(options.port, ui=True) as url:
        use(url)
        say(f"open http://{HOST}:{options.port} - the flows are under Deployments; Ctrl-C ends the server and what it runs")
        serve_flows(options.cron)


if __name__ == "__main__":
    main()
