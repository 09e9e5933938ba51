"""What went wrong on the way to a service, in words."""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from dfctl.client.starting import CHECK_PROXIES, GIVE_PROXY_LOGIN
from dfctl.core.durations import format_duration
from dfctl.core.exchange import FaultKind
from dfctl.core.text import clean

CONNECT_SECONDS = 30.0
# What a proxy answers to CONNECT while it cannot reach the service: that may pass.
_PASSING = frozenset({"429", "500", "502", "503", "504"})
# tinyproxy answers 401 to a password that is wrong.
_WANTS_LOGIN = frozenset({"401", "407"})
# Of OpenSSL: X509_V_ERR_CERT_NOT_YET_VALID, _CERT_HAS_EXPIRED, and _HOSTNAME_ and
# _IP_ADDRESS_MISMATCH.
_OF_VERIFY_CODE = {
    9: "check this machine's clock; if it is right, the service needs another certificate",
    10: "the service needs a new certificate, unless this machine's clock is wrong",
    62: "it is for another host: check the address",
    64: "it is for another host: check the address",
}
_SET_CA_FILE = "to trust a certificate of your own, set ca_file"
_CHECK_CA_FILE = (
    "ca_file does not vouch for it: it has to hold the certificate of the authority, "
    "and those in between that the service does not send"
)
# What OpenSSL calls the end of a handshake. A service that offers old versions of TLS alone, trying
# again does not cure.
_OLD_TLS = frozenset({"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"})
_NO_TLS = "what answers there does not speak TLS; is it an http:// address?"
_OF_TLS_REASON = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,  # of the same, since OpenSSL 3.2
    "TLSV1_UNRECOGNIZED_NAME": "it has no certificate for that host",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it demands a certificate of the client: set client_cert",
}

Explanation = tuple[FaultKind, str, str | None]


@dataclass(frozen=True)
class Way:
    """Where a connection leads, through which proxy, if through one, and whom it trusts."""

    host: str
    port: int | None
    proxy: str | None
    ca_file: str | None

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

    @property
    def whole(self) -> str:
        """Return in words all of the way, any part of which may have broken."""
        return self.service if self.proxy is None else f"{self.service} through {self.first_hop}"


def explain(
    error: Exception, way: Way, seconds: float | None, hide: Callable[[str], str]
) -> Explanation:
    """Return kind, words and hint for what httpx raised; `hide` masks secrets in its words."""
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _of_certificate(cause, way)
    if _tls_reason(cause) in _OLD_TLS:
        text = f"{way.service} offers no version of TLS that is still safe"
        return FaultKind.REJECTED, text, "the service has to offer TLS 1.2 or newer"
    if isinstance(error, httpx.ProxyError):
        return _of_proxy(way.first_hop, clean(hide(str(error))))
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        text = f"{way.service} cannot be asked: {clean(hide(str(error)))}"
        return FaultKind.REJECTED, text, None
    if isinstance(error, httpx.ConnectTimeout):
        limit = format_duration(shorter(seconds, CONNECT_SECONDS))
        return FaultKind.DEADLINE, f"no connection to {way.first_hop} within {limit}", None
    if isinstance(error, httpx.TimeoutException):
        return FaultKind.DEADLINE, f"no answer came within {format_duration(seconds)}", None
    detail = clean(hide(_words(cause))).rstrip(".")
    if isinstance(error, httpx.ConnectError):
        return FaultKind.NETWORK, f"cannot connect to {way.first_hop}: {detail}", None
    return FaultKind.NETWORK, f"the connection to {way.whole} broke off: {detail}", None


def shorter(seconds: float | None, limit: float) -> float:
    """Return the shorter of a deadline, if there is one, and `limit`."""
    return limit if seconds is None else min(seconds, limit)


def _of_certificate(cause: ssl.SSLCertVerificationError, way: Way) -> Explanation:
    why = clean(cause.verify_message).rstrip(".")
    text = f"the certificate of {way.service} is not trusted: {why}"
    otherwise = _CHECK_CA_FILE if way.ca_file else _SET_CA_FILE
    return FaultKind.REJECTED, text, _OF_VERIFY_CODE.get(cause.verify_code, otherwise)


def _of_proxy(proxy: str, said: str) -> Explanation:
    if said[:3] in _PASSING:
        return FaultKind.NETWORK, f"{proxy} answered: {said}", None
    hint = GIVE_PROXY_LOGIN if said[:3] in _WANTS_LOGIN else CHECK_PROXIES
    return FaultKind.REJECTED, f"{proxy} refused: {said}", hint


def _words(cause: BaseException) -> str:
    reason = _tls_reason(cause)
    if reason:
        plain = f"TLS failed: {reason.replace('_', ' ').lower()}"
        return _OF_TLS_REASON.get(reason, plain)
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__


def _tls_reason(cause: BaseException) -> str | None:
    """Return OpenSSL's reason as Python names it, also where it knows no name for it."""
    if not isinstance(cause, ssl.SSLError):
        return None
    # "[SSL] record layer failure (_ssl.c:1006)"
    found = re.search(r"\] (.+?) \(_ssl", str(cause))
    # An error that is not OpenSSL's own has no such attribute.
    known: str | None = getattr(cause, "reason", None)
    return known or (found[1].replace(" ", "_").upper() if found else None)


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
