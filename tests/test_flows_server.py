"""The server that flows report to is checked before they use it."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from prefect.settings import get_current_settings

from flows import server as flows_server
from flows.server import check_server, require_free, running_server
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows


class OtherServer(BaseHTTPRequestHandler):
    """Answers every request with one text."""

    answer = '"2.20.4"'

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def other_server():
    server = HTTPServer(("127.0.0.1", 0), OtherServer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_server_of_another_version_is_refused(other_server):
    with pytest.raises(PslError, match=r"is Prefect 2.20.4 and not 3\."):
        check_server(f"http://127.0.0.1:{other_server}/api")


def test_a_server_that_is_not_prefects_is_refused(other_server, monkeypatch):
    monkeypatch.setattr(OtherServer, "answer", "<html>")
    with pytest.raises(PslError, match="is no Prefect server"):
        check_server(f"http://127.0.0.1:{other_server}/api")


def test_a_taken_port_is_refused(other_server):
    taken = f"port {other_server} on 127.0.0.1 is taken"
    with pytest.raises(PslError, match=taken), running_server(other_server, ui=False):
        pass


@pytest.mark.parametrize(("load", "times"), [(0.1, 1), (12.0, 6)])
def test_a_busy_machine_gets_more_time_to_start_a_server(monkeypatch, load, times):
    monkeypatch.setattr("os.getloadavg", lambda: (load, load, load))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    usual = get_current_settings().server.ephemeral.startup_timeout_seconds
    assert flows_server._patience_seconds() == pytest.approx(times * usual)


@pytest.fixture
def behind_a_proxy(monkeypatch):
    """An environment whose proxy does not answer, and that a test may change."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    monkeypatch.setattr("os.environ", clean | dict.fromkeys(("http_proxy", "all_proxy"), "http://[::1]:9"))


@pytest.mark.parametrize(("stated", "no_proxy"), [("", ""), ("intranet", "intranet,"), ("*", None)])
@pytest.mark.usefixtures("behind_a_proxy")
def test_this_machine_is_not_asked_through_a_proxy(other_server, monkeypatch, stated, no_proxy):
    monkeypatch.setenv("NO_PROXY", stated)
    with pytest.raises(PslError, match=r"is Prefect 2.20.4"):
        check_server(f"http://127.0.0.1:{other_server}/api")
    assert httpx.get(f"http://localhost:{other_server}").is_success
    expected = stated if no_proxy is None else f"{no_proxy}127.0.0.1,localhost,::1"
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == expected


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_proxy_that_does_not_reach_the_server_is_named():
    with pytest.raises(PslError, match=r"asked for through the proxy of http_proxy=http://\[::1\]:9, all_proxy="):
        check_server("http://server.invalid/api")


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_proxy_that_prefects_client_cannot_use_is_named(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://[::1]:9")
    monkeypatch.setattr("flows.proxies.find_spec", lambda name: None)
    with pytest.raises(PslError, match=r"all_proxy is a SOCKS proxy, .*`pip install socksio`, or unset all_proxy"):
        check_server("http://127.0.0.1:9/api")


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(PslError, match=f"there is no port {port}"):
        require_free(port)
