"""A local server with the layout of Hugging Face's hub: the tree of a commit, and its files."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from web import Handler as Quiet

NAME, COMMIT = "someone/tagger", "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub(folder):
    """Serves the files of `folder` as the one commit of the one model; yields the server.

    `server.requests` is the log of (method, path); `server.refuse` an answer's code and X-Error-Code for all requests.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.folder, server.requests, server.refuse = folder, [], None
    server.cut, server.damaged = set(), set()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers what `snapshot_download` asks for one commit."""

    log_message = Quiet.log_message

    def do_HEAD(self):
        self.answer(send_body=False)

    def do_GET(self):
        self.answer(send_body=True)

    def answer(self, send_body):
        path = urlsplit(self.path).path
        self.server.requests.append((self.command, path))
        code, headers, body = self.found(path)
        sent = body[: len(body) // 2] if path in self.server.cut and send_body else body
        if path in self.server.damaged and send_body:
            sent = sent[:-1] + bytes((sent[-1] ^ 1,))
        self.server.cut -= {path} if send_body else set()
        self.send_response(code)
        for header in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(*header)
        self.end_headers()
        if send_body:
            self.wfile.write(sent)

    def found(self, path):
        """Code, headers and body."""
        if self.server.refuse:
            code, name = self.server.refuse
            return code, {"X-Error-Code": name, "X-Error-Message": name}, b""
        if path == f"/api/models/{NAME}/tree/{COMMIT}":
            return 200, {"Content-Type": "application/json"}, json.dumps(self.tree()).encode()
        file = self.server.folder / path.removeprefix(f"/{NAME}/resolve/{COMMIT}/")
        if not path.startswith(f"/{NAME}/") or not file.is_file():
            return 404, {"X-Error-Code": "EntryNotFound" if path.startswith(f"/{NAME}/") else "RepoNotFound"}, b""
        body = file.read_bytes()
        return 200, {"ETag": f'"{hashlib.sha1(body).hexdigest()}"', "X-Repo-Commit": COMMIT}, body

    def tree(self):
        return [
            {"type": "file", "path": file.name, "size": file.stat().st_size, **hashes(file)}
            for file in self.server.folder.iterdir()
        ]


def hashes(file):
    """As the hub states them: of weights, which are large files, beside git's hash of the pointer."""
    content = file.read_bytes()
    if file.suffix == ".safetensors":
        size, oid = len(content), hashlib.sha256(content).hexdigest()
        return {"oid": "0" * 40, "lfs": {"oid": oid, "size": size, "pointerSize": 134}}
    return {"oid": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}
