"""Flows as deployments of a running server, `pipeline` on a schedule: `python -m flows.serve [--cron "0 3 * * *"]`."""

import argparse

from prefect import serve

from flows.annotate import annotate
from flows.evaluate import evaluate
from flows.pipeline import pipeline
from flows.server import check, configured
from flows.sweep import sweep
from flows.train_student import train_student
from psl.errors import PslError, ends_in_a_sentence

FLOWS = (pipeline, annotate, train_student, evaluate, sweep)


def serve_flows(cron: str | None) -> None:
    """Serve every flow until stopped, one run at a time: a second one waits. Raises PslError when there is no server."""
    url = configured()
    if url is None:
        raise PslError("no server to serve on: start one with `prefect server start` and set PREFECT_API_URL=http://127.0.0.1:4200/api")
    check(url)
    schedules = {pipeline.name: cron} if cron else {}
    try:
        deployments = [flow.to_deployment(flow.name, cron=schedules.get(flow.name), description=flow.description) for flow in FLOWS]
    except ValueError:
        raise PslError(f'--cron "{cron}" is no time table: it has five fields, such as "0 3 * * *" for each night at 3 UTC') from None
    serve(*deployments, limit=1)


def main() -> None:
    """Serve with the schedule of the command line."""
    parser = argparse.ArgumentParser(prog="python -m flows.serve", description="Serve the flows on the server of PREFECT_API_URL.")
    parser.add_argument("--cron", help='when the whole pipeline runs by itself, such as "0 3 * * *" (each night at 3 UTC)')
    with ends_in_a_sentence("serve"):
        serve_flows(parser.parse_args().cron)


if __name__ == "__main__":
    main()
