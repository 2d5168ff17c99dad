"""Google's XML API in front of fake-gcs-server, which takes objects by the JSON API alone.

obstore writes by the XML API (https://cloud.google.com/storage/docs/xml-api/put-object-upload). Only that one request
is translated; everything else reaches the server as it came, and what it doesn't know (uploads in parts) it refuses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import httpx

_HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "host", "content-encoding", "accept-encoding"}


@contextmanager
def gcs_front(port: int, server: str) -> Iterator[None]:
    """Listen on a port of loopback, and pass on to the server at that URL."""
    with httpx.Client(base_url=server) as http:

        class Front(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
                if self.command == "PUT":
                    bucket, _, name = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
                    params = {"uploadType": "media", "name": name}
                    answer = http.post(f"/upload/storage/v1/b/{bucket}/o", params=params, content=body, headers=headers)
                    self._answer(answer.status_code, {"ETag": answer.json().get("etag", "")}, b"")
                else:
                    headers["Host"] = self.headers["host"]
                    answer = http.request(self.command, self.path, content=body, headers=headers)
                    self._answer(answer.status_code, dict(answer.headers), answer.content)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names http.server asks for

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """The server's own log has it."""

        front = ThreadingHTTPServer(("127.0.0.1", port), Front)
        thread = Thread(target=front.serve_forever)
        thread.start()
        try:
            yield
        finally:
            front.shutdown()
            thread.join()
            front.server_close()
