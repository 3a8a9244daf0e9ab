"""The HTTP connection: HTTP/1.1 with keep-alive, compression, and connection faults."""

import contextlib
import gzip
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from extractor.simulator.messages import Answer, Request

# Headers that every response of the real API has, apart from ETag, which it no longer sends.
COMMON_HEADERS = {
    "x-robots-tag": "noindex, nofollow",
    "access-control-allow-origin": "*",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "vary": "Accept-Encoding",
    "via": "HTTP/2 edgeproxy, 1.1 google",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A response and how to send it: after `delay` seconds, only the first `truncate` bytes, or not at all."""

    answer: Answer
    delay: float = 0.0
    truncate: int | None = None
    drop: bool = False


class Listener(ThreadingHTTPServer):
    """A local port whose requests are handled by one function."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, reply: Callable[[Request], Reply]) -> None:
        self.reply = reply
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), Connection)

    @property
    def port(self) -> int:
        """Return the port of the server."""
        return int(self.server_address[1])

    def serve(self) -> None:
        """Serve requests until `close` is called."""
        self.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        """Stop listening and close keep-alive connections, whose threads would go on answering."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Record a new connection."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Remove a closed connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: tests kill them all the time."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    """Reads requests from one connection and sends the responses."""

    server: Listener
    protocol_version = "HTTP/1.1"
    # One write per response and no Nagle: else a response on a kept-alive connection waits 40 ms for an
    # acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Handle a request of any method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.reply(Request(self.command, self.path, self.headers, body))
        time.sleep(reply.delay)
        if reply.drop:
            self._reset()
        else:
            self._send(reply.answer, reply.truncate)

    do_POST = do_PUT = do_GET  # noqa: N815 (the names are those of the base class)

    def version_string(self) -> str:
        """Return the server name of the real API."""
        return "envoy"

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the simulator counts its requests itself."""

    def _send(self, answer: Answer, truncate: int | None) -> None:
        headers, body = COMMON_HEADERS | answer.headers, answer.body
        if body and "gzip" in self.headers.get("Accept-Encoding", ""):
            headers["content-encoding"], body = "gzip", gzip.compress(body, compresslevel=1, mtime=0)
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if truncate is not None:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body[:truncate])

    def _reset(self) -> None:
        """Reset the connection: with a linger time of 0, the client gets a RST instead of a FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
