"""One connection to one service: the only place that speaks HTTP."""

import logging
import re
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from dfctl import __version__
from dfctl.client.explaining import CONNECT_SECONDS, Way, explain, shorter
from dfctl.client.job import Abandoned, Job
from dfctl.client.proxies import proxy_for, proxy_secrets
from dfctl.client.starting import CHECK_PROXIES
from dfctl.client.steps import Send
from dfctl.client.tls import tls_context
from dfctl.core.errors import UsageError
from dfctl.core.exchange import Fault, FaultKind, Request, Response, Result, url_of
from dfctl.core.profiles import Line
from dfctl.core.text import clean

KEEP_ALIVE_SECONDS = 30.0
BODY_CAP = 8 * 1024 * 1024
REDIRECTS = 3
_LOGINS = {"basic": "Basic", "digest": "Digest", "negotiate": "Negotiate", "ntlm": "NTLM"}
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

# At DEBUG they write down what a service answers, which may repeat the key. Whoever sets up logging
# in this process, such as a backend of a third party, does not ask for that.
for _name in (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks")),
):
    logging.getLogger(_name).disabled = True


class _Refused(Exception):
    """An answer that is not read further. The text says why."""


class HttpConnection:
    """Sends requests to one service over one kept-alive connection."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._url = _url(line.address)
        self._tls = tls_context(line) if self._url.scheme == "https" else None
        self._proxy = proxy_for(line.address)
        self._way = Way(self._url.host, self._url.port, self._proxy, line.ca_file)
        # Every key that was sent, and what the proxy is told: a service may repeat them.
        self._secrets = proxy_secrets(self._proxy)
        self._socket: Any = None
        self._transport = self._open()

    def exchange(self, job: Job) -> Result:
        """Send the job's request; return the whole answer, or the fault that came instead."""
        if job.send.key not in self._secrets:
            self._secrets.append(job.send.key)
        if job.send.request.method != "GET":
            self._reconnect()
        try:
            return self._follow_redirects(job)
        except Abandoned:
            return Fault(FaultKind.DEADLINE, "the request was given up", was_sent=False)
        except _Refused as problem:
            return Fault(FaultKind.NETWORK, str(problem), job.was_sent)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            return self._fault(error, job)

    def close(self) -> None:
        self._transport.close()

    def _open(self) -> httpx.HTTPTransport:
        # The transport alone: a client around it would keep cookies, and would read where a
        # redirect leads before anybody asked, failing on an address that it cannot read.
        try:
            return httpx.HTTPTransport(
                verify=self._tls or False,
                proxy=self._proxy and httpx.Proxy(self._proxy, ssl_context=self._proxy_tls()),
                trust_env=False,
                limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS),
            )
        except (httpx.InvalidURL, ValueError):
            raise UsageError(
                "the environment names a proxy whose address cannot be used", hint=CHECK_PROXIES
            ) from None
        except ImportError:
            raise UsageError(
                "the environment names a SOCKS proxy, which dfctl cannot use",
                hint="set HTTPS_PROXY to an http:// proxy, or NO_PROXY to the service's host",
            ) from None

    def _proxy_tls(self) -> ssl.SSLContext | None:
        is_secure = self._proxy is not None and self._proxy.startswith("https:")
        return tls_context(self._line) if is_secure else None

    def _reconnect(self) -> None:
        """Drop idle connections, so that no request but a look meets one that went stale.

        A stale connection breaks only after the request was sent, when nobody can tell any more
        whether the service read it.
        """
        if self._socket is not None:
            self._transport.close()
            self._socket = None
            self._transport = self._open()

    def _has_surplus(self) -> bool:
        """Return whether bytes came beyond the answer: they would be taken for the next one.

        httpcore keeps them in the parser of an idle connection, and tells of them nowhere.
        """
        for connection in self._transport._pool.connections:
            inner: Any = connection
            while (within := getattr(inner, "_connection", None)) is not None:
                inner = within
            parser = getattr(inner, "_h11_state", None)
            if parser is not None and parser.trailing_data[0]:
                return True
        return False

    def _follow_redirects(self, job: Job) -> Response:
        send = job.send
        place = send.target.key_place
        url = httpx.URL(url_of(self._line.address, send.request, place, send.key.reveal()))
        answer, location = self._send(job, url)
        for _ in range(REDIRECTS):
            if location is None or not self._may_follow(send.request, location):
                break
            answer, location = self._send(job, location)
        return answer

    def _may_follow(self, request: Request, location: httpx.URL) -> bool:
        """Return whether a redirect is followed: that of a look, within the same origin."""
        return request.method == "GET" and _origin(location) == _origin(self._url)

    def _send(self, job: Job, url: httpx.URL) -> tuple[Response, httpx.URL | None]:
        """Send the request to `url`; return the answer, and where it redirects to, if it does."""
        send = job.send
        until = None if send.seconds is None else time.monotonic() + send.seconds
        if self._socket is not None:
            job.hold(self._socket)
        timeout = httpx.Timeout(send.seconds, connect=shorter(send.seconds, CONNECT_SECONDS))
        request = httpx.Request(
            send.request.method,
            url,
            headers=self._headers(send),
            content=send.request.body,
            extensions={"timeout": timeout.as_dict(), "trace": self._tracer(job)},
        )
        answer = self._transport.handle_request(request)
        try:
            body = _whole_body(answer, until)
        finally:
            answer.close()
        if self._has_surplus():
            self._reconnect()
        return self._response(answer, body), _location(url, answer)

    def _response(self, answer: httpx.Response, body: bytes) -> Response:
        location = answer.headers.get("Location", "")
        return Response(
            answer.status_code,
            body,
            content_type=answer.headers.get("Content-Type", ""),
            # Without its query: a sign-in page is often handed the whole address that was asked
            # for, with the key in it.
            location=self._hide(re.split("[?#]", location, maxsplit=1)[0]) or None,
            retry_after=_retry_after(answer.headers),
            login=_login(answer.headers),
            hide=self._hide,
        )

    def _headers(self, send: Send) -> dict[str, str]:
        place = send.target.key_place
        key = {} if place.in_query else {place.name: place.prefix + send.key.reveal()}
        return {
            "User-Agent": f"dfctl/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            **dict(send.request.headers),
            **key,
        }

    def _tracer(self, job: Job) -> Any:
        """Return the observer of a request's way: it keeps the gate before the first byte."""

        handshake: list[socket.socket] = []

        def trace(name: str, info: dict[str, Any]) -> None:
            if name.endswith("connect_tcp.complete"):
                self._hold(job, info["return_value"].get_extra_info("socket"))
            elif name.endswith("start_tls.started"):
                # TLS takes the socket over before it shakes hands; a second handle on it is what
                # can still be shut down meanwhile.
                handshake.append(self._socket.dup())
                job.hold(handshake[0])
            elif name.endswith(("start_tls.complete", "start_tls.failed")):
                if name.endswith("complete"):
                    self._hold(job, info["return_value"].get_extra_info("socket"))
                handshake.pop().close()
            # A proxy's CONNECT has headers too; they carry nothing to the service.
            if (
                name == "http11.send_request_headers.started"
                and info["request"].method != b"CONNECT"
            ):
                job.pass_gate()

        return trace

    def _hold(self, job: Job, connection: socket.socket) -> None:
        self._socket = connection
        job.hold(connection)

    def _fault(self, error: Exception, job: Job) -> Fault:
        kind, text, hint = explain(error, self._way, job.send.seconds, self._hide)
        return Fault(kind, text, job.was_sent, hint)

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = secret.hide(text)
        return text


def _url(address: str) -> httpx.URL:
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as problem:  # of idna, too
        raise UsageError(f"address: {address!r} cannot be used: {clean(str(problem))}") from None


def _location(url: httpx.URL, answer: httpx.Response) -> httpx.URL | None:
    """Return where an answer redirects to, or None where it does not, or nobody can tell."""
    location = answer.headers.get("Location")
    if answer.status_code not in _REDIRECT_STATUSES or not location:
        return None
    try:
        return url.join(location)
    except httpx.InvalidURL:
        return None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _whole_body(answer: httpx.Response, until: float | None) -> bytes:
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
        raise _Refused("the answer is compressed, though dfctl asked for plain")
    body = bytearray()
    try:
        for chunk in _until(answer.iter_raw(), until):
            body += chunk
            if len(body) > BODY_CAP:
                raise _Refused(f"the answer is larger than {BODY_CAP // 1024 // 1024} MiB")
    except httpx.ReadError:
        if answer.is_success or _tells_its_length(answer.headers):
            raise
        # A proxy that refuses a request leaves its body unread: the connection, whose end is the
        # answer's, then ends with a reset. The refusal itself is whole.
    return bytes(body)


def _tells_its_length(headers: httpx.Headers) -> bool:
    return "Content-Length" in headers or "Transfer-Encoding" in headers


def _until(chunks: Iterator[bytes], until: float | None) -> Iterator[bytes]:
    for chunk in chunks:
        if until is not None and time.monotonic() > until:
            raise _Refused("the answer came too slowly")
        yield chunk


def _login(headers: httpx.Headers) -> tuple[str, ...]:
    """Return the ways to log in that an answer asks a person for (RFC 9110, 11.6.1)."""
    schemes = [value.split(" ", 1)[0].lower() for value in headers.get_list("WWW-Authenticate")]
    return tuple(dict.fromkeys(_LOGINS[scheme] for scheme in schemes if scheme in _LOGINS))


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of a Retry-After header: ASCII digits or a date (RFC 9110, 10.2.3)."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    date = _date(text)
    if date is None:
        return None
    # By the service's own clock where it tells the time: this machine's may be wrong.
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (date - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def open_connection(line: Line) -> HttpConnection:
    """Return a connection to the service at `line`; nothing is sent yet."""
    return HttpConnection(line)
