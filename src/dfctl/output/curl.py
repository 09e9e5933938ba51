"""A request as a curl command, for --dry-run."""

import shlex

from dfctl.core.exchange import KeyPlace, Request, url_of
from dfctl.core.secret import MASK


def curl_of(address: str, request: Request, place: KeyPlace) -> str:
    """Return the curl command that sends `request`, with a mask for the key."""
    headers = list(request.headers)
    if not place.in_query:
        headers.append((place.name, f"{place.prefix}{MASK}"))
    words = [
        "curl",
        "--request",
        request.method,
        shlex.quote(url_of(address, request, place, MASK)),
    ]
    for name, value in headers:
        words += ["--header", shlex.quote(f"{name}: {value}")]
    if request.body is not None:
        words += ["--data", shlex.quote(request.body.decode())]
    return " ".join(words)
