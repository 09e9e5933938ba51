"""What went wrong on the way to a service, in words."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from dfctl.client.starting import CHECK_PROXIES
from dfctl.core.durations import format_duration
from dfctl.core.exchange import FaultKind
from dfctl.core.text import clean

CONNECT_SECONDS = 30.0
# What a proxy answers to CONNECT while it cannot reach the service: that may pass.
_PASSING = frozenset({"429", "500", "502", "503", "504"})
# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL.
_MISMATCHES = frozenset({62, 64})

Explanation = tuple[FaultKind, str, str | None]


@dataclass(frozen=True)
class Way:
    """Where a connection leads, and through which proxy, if through one."""

    host: str
    port: int | None
    proxy: str | None

    @property
    def service(self) -> str:
        return _place(self.host, self.port)

    @property
    def first_hop(self) -> str:
        """Return in words what is connected to first."""
        if self.proxy is None:
            return self.service
        parts = urlsplit(self.proxy)
        return f"the proxy {_place(parts.hostname or '', parts.port)}"


def explain(
    error: Exception, way: Way, seconds: float | None, hide: Callable[[str], str]
) -> Explanation:
    """Return kind, words and hint for what httpx raised; `hide` masks secrets in its words."""
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _of_certificate(cause, way.service)
    if isinstance(error, httpx.ProxyError):
        return _of_proxy(clean(hide(str(error))))
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        text = f"{way.service} cannot be asked: {clean(hide(str(error)))}"
        return FaultKind.REJECTED, text, None
    if isinstance(error, httpx.ConnectTimeout):
        limit = format_duration(shorter(seconds, CONNECT_SECONDS))
        return FaultKind.DEADLINE, f"no connection to {way.first_hop} within {limit}", None
    if isinstance(error, httpx.TimeoutException):
        return FaultKind.DEADLINE, f"no answer came within {format_duration(seconds)}", None
    words = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    detail = clean(hide(words)).rstrip(".")
    if isinstance(error, httpx.ConnectError):
        return FaultKind.NETWORK, f"cannot connect to {way.first_hop}: {detail}", None
    return FaultKind.NETWORK, f"the connection to {way.service} broke off: {detail}", None


def shorter(seconds: float | None, limit: float) -> float:
    """Return the shorter of a deadline, if there is one, and `limit`."""
    return limit if seconds is None else min(seconds, limit)


def _of_certificate(cause: ssl.SSLCertVerificationError, where: str) -> Explanation:
    text = f"the certificate of {where} is not trusted: {clean(cause.verify_message)}"
    hint = "to trust a certificate of your own, set ca_file"
    if cause.verify_code in _MISMATCHES:
        hint = "it is for another host: check the address"
    return FaultKind.REJECTED, text, hint


def _of_proxy(said: str) -> Explanation:
    if said[:3] in _PASSING:
        return FaultKind.NETWORK, f"the proxy answered: {said}", None
    return FaultKind.REJECTED, f"the proxy refused: {said}", CHECK_PROXIES


def _place(host: str, port: int | None) -> str:
    return f"{host}:{port}" if port else host


def _cause(error: BaseException) -> BaseException:
    """Return the error of the operating system that is behind `error`, or `error` itself."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
