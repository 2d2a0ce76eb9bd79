"""The server that flows report to is checked before they use it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

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


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(PslError, match=f"there is no port {port}"):
        require_free(port)
