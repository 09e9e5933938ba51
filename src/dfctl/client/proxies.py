"""Which proxy leads to an address, by the variables of the environment or the system's settings."""

import base64
import re
import urllib.request
from urllib.parse import unquote, urlsplit

from dfctl.core.addresses import is_loopback
from dfctl.core.errors import UsageError
from dfctl.core.secret import Secret


def proxy_for(address: str) -> str | None:
    """Return the proxy's URL for `address`, or None. Loopback never goes through a proxy.

    Raises UsageError where the environment names something that is no proxy.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(_with_port(host, parts.port)):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    url = (proxy if "://" in proxy else f"http://{proxy}").strip()
    if not _is_proxy(url):
        raise UsageError(
            f"the proxy for {parts.scheme}:// addresses is not the URL of a proxy",
            hint=f"{parts.scheme.upper()}_PROXY has the form http://HOST:PORT",
        )
    return url


def proxy_secrets(url: str | None) -> list[Secret]:
    """Return what a proxy is told to let dfctl through, in the forms in which it may come back."""
    parts = urlsplit(url or "")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    # A name without a password is a token.
    return [Secret(password or user), Secret(basic)] if user or password else []


def _with_port(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


def _is_proxy(url: str) -> bool:
    if any(character <= " " for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return bool(_HOST.fullmatch(host)) and parts.port != 0 and parts.scheme in _SCHEMES
    except ValueError:
        return False


# A name, an IPv4 address, or an IPv6 address without its brackets.
_HOST = re.compile(r"[A-Za-z0-9._:%-]+", re.ASCII)
_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
