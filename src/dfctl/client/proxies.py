"""Which proxy leads to an address, by the variables of the environment or the system's settings."""

import urllib.request
from urllib.parse import urlsplit

from dfctl.core.addresses import is_loopback
from dfctl.core.errors import UsageError


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
    url = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_proxy(url):
        raise UsageError(
            f"the proxy for {parts.scheme}:// addresses is not the URL of a proxy",
            hint=f"{parts.scheme.upper()}_PROXY has the form http://HOST:PORT",
        )
    return url


def _with_port(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and parts.scheme in _SCHEMES
    except ValueError:
        return False


_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
