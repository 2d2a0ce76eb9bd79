"""A local web server that serves files and, on demand, the faults that servers have."""

import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ETAG = '"one"'


class Site:
    """`files` by path; `faults` by path: one word per request, in order; `requests` is the log of (path, Range)."""

    def __init__(self, url):
        self.url = url
        self.files = {}
        self.faults = defaultdict(list)
        self.requests = []
        self.etag = ETAG


@contextmanager
def serve(files=None):
    """A Site with `files`, served while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # clients that leave are part of the tests
    server.daemon_threads = True
    server.site = Site(f"http://127.0.0.1:{server.server_port}/")
    server.site.files.update(files or {})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """Supports ranges and If-Range; a fault changes the answer."""

    def do_GET(self):
        site, path = self.server.site, self.path.lstrip("/")
        requested = self.headers.get("Range")
        site.requests.append((path, requested))
        fault = site.faults[path].pop(0) if site.faults[path] else ""
        if fault.startswith("/") or "://" in fault:
            return self.start(302, {"Location": fault, "Content-Length": "0"})
        if fault.isdigit() or path not in site.files:
            return self.start(int(fault or 404), {"Content-Length": "0", "Retry-After": "7"})
        data, start, headers, code = site.files[path], 0, {"ETag": site.etag}, 200
        if fault == "without validator":
            headers = {}
        fresh = self.headers.get("If-Range") in (None, site.etag)
        if requested and fresh and fault != "range ignored":
            start, code = int(requested.removeprefix("bytes=").rstrip("-")), 206
            shown = start + 1 if fault == "another range" else start
            headers["Content-Range"] = f"bytes {shown}-{len(data) - 1}/{len(data)}"
        if requested and start >= len(data):
            return self.start(416, {"Content-Length": "0"})
        if fault != "no length":
            headers["Content-Length"] = str(len(data) - start)
        if fault == "odd length":
            headers["Content-Length"] = f"{len(data)}, {len(data)}"
        if fault == "web page":
            headers["Content-Type"] = "text/html; charset=utf-8"
        if fault == "compressed":
            headers["Content-Encoding"] = "gzip"
        if fault == "silent":
            time.sleep(1)
        self.start(code, headers)
        end = len(data) // 2 if fault in ("cut", "stall", "without validator") else len(data)
        self.wfile.write(b"?" * (end - start) if fault == "wrong bytes" else data[start:end])
        if fault == "stall":
            time.sleep(1)

    def start(self, code, headers):
        self.send_response(code)
        for header in headers.items():
            self.send_header(*header)
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""
