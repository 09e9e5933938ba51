"""The sockets: an HTTP/1.1 server on loopback that turns bytes into requests and replies back."""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from dfctl.sandbox.exchange import Answer, Drop, Reply, Request, text_answer

HOST = "127.0.0.1"
MAX_BODY = 1 << 20

_CHUNK = 1 << 16
_MAX_SWALLOWED = 64 * MAX_BODY
_BAD_LENGTH = text_answer(400, "Content-Length is not a number")
_NO_LENGTH = text_answer(411, "chunked bodies are not taken: send a Content-Length")
_TOO_LARGE = text_answer(413, "the body is larger than 1 MiB")


class Handler(BaseHTTPRequestHandler):
    """One connection; requests on it are served in turn."""

    server: "Listener"
    protocol_version = "HTTP/1.1"
    timeout = 120.0
    # Buffered, so that head and body leave in one packet and no delayed ACK comes between them.
    wbufsize = -1
    disable_nagle_algorithm = True

    def serve_request(self) -> None:
        refusal = _refusal_of_body(self.headers.get("transfer-encoding"), self._length())
        if refusal:
            self._refuse(refusal)
            return
        length = int(self._length())
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        self._send(self.server.reply_to(self._request(body)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve_request

    def version_string(self) -> str:
        return "dfctl-sandbox"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the sandbox keeps its own log, without keys."""

    def _length(self) -> str:
        return str(self.headers.get("content-length", "0"))

    def _request(self, body: bytes = b"") -> Request:
        headers = {name.lower(): str(value) for name, value in self.headers.items()}
        return Request(self.command, self.path, headers, body)

    def _refuse(self, answer: Answer) -> None:
        """Answer without reading the body, then end the connection."""
        self.server.note(self._request(), answer)
        self.close_connection = True
        self._send(answer)
        self.wfile.flush()
        self._swallow()

    def _swallow(self) -> None:
        """Take what the client still sends: closing on unread bytes would reset the answer away."""
        self.connection.settimeout(1.0)
        with contextlib.suppress(OSError):
            for _ in range(_MAX_SWALLOWED // _CHUNK):
                if not self.rfile.read1(_CHUNK):
                    break

    def _send(self, reply: Reply) -> None:
        if isinstance(reply, Drop):
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)


class Listener(ThreadingHTTPServer):
    """The listening socket and the connections it accepted.

    Raises OSError at once when the port is taken; port 0 takes any free one.
    """

    daemon_threads = True
    request_queue_size = 64
    # On Windows this option would let two servers share a port, instead of the second one failing.
    allow_reuse_address = sys.platform != "win32"
    allow_reuse_port = False

    def __init__(
        self,
        port: int,
        *,
        reply_to: Callable[[Request], Reply],
        note: Callable[[Request, Reply], None],
        complain: Callable[[str], None],
    ) -> None:
        self.reply_to = reply_to
        self.note = note
        self._complain = complain
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((HOST, port), Handler)

    def server_bind(self) -> None:
        """Bind, without HTTPServer's reverse look-up of the host, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name = HOST
        self.server_port = int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; a bug goes to the log, never as a traceback."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self._complain(f"error: {error!r}")

    def disconnect(self) -> None:
        """End the connections that are open: their threads would go on serving them."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _refusal_of_body(transfer_encoding: str | None, length: str) -> Answer | None:
    if transfer_encoding is not None:
        return _NO_LENGTH
    if not (length.isascii() and length.isdigit()):
        return _BAD_LENGTH
    if len(length) > 12 or int(length) > MAX_BODY:
        return _TOO_LARGE
    return None
