"""Flows as deployments that a running server starts on demand, and `pipeline` on a schedule."""

from prefect import serve

from flows.forms import choices, offer
from flows.server import HOST, check_server, configured_url, running_server, use_server
from flows.stage_flows import FLOWS, pipeline
from psl.runtime.errors import PslError
from psl.runtime.progress import log


def serve_flows(cron: str | None) -> None:
    """Serve every flow until stopped, one run at a time: a second one waits. Raises PslError without a server."""
    url = configured_url()
    if url is None:
        raise PslError(
            "no server to serve on: start one with `prefect server start`, "
            "and set PREFECT_API_URL=http://127.0.0.1:4200/api"
        )
    check_server(url)
    schedules, fields = {pipeline.name: cron} if cron else {}, choices()
    try:
        deployments = [
            offer(flow.to_deployment(name, cron=schedules.get(name), description=flow.description), fields)
            for name, flow in FLOWS.items()
        ]
    except ValueError:
        raise PslError(
            f'--cron "{cron}" is not a schedule: it has five fields, such as "0 3 * * *" for each night at 3 UTC'
        ) from None
    serve(*deployments, limit=1)


def serve_ui(port: int, cron: str | None) -> None:
    """Start Prefect's server with its UI on loopback, and serve the flows on it until Ctrl-C."""
    with running_server(port, ui=True) as url:
        use_server(url)
        log(f"open http://{HOST}:{port} - the flows are under Deployments; Ctrl-C ends the server and what it runs")
        serve_flows(cron)
