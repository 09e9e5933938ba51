"""An adapter's exchange, led by hand."""

import json
import re
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import quote

from dfctl.core.exchange import Exchange, Request, Response

_Value = TypeVar("_Value")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", re.ASCII)


def answer(body: object, status: int = 200) -> Response:
    """Return an answer: bytes as they are, anything else as JSON."""
    return Response(status, body if isinstance(body, bytes) else json.dumps(body).encode())


def lead(exchange: Exchange[_Value], answers: Sequence[Response]) -> tuple[list[Request], _Value]:
    """Return the requests of an exchange, and its value; every answer has to be used."""
    left = list(answers)
    requests: list[Request] = []
    try:
        request = next(exchange)
        while True:
            requests.append(request)
            assert left, f"an unexpected request: {request}"
            request = exchange.send(left.pop(0))
    except StopIteration as done:
        assert not left, f"answers that nobody asked for: {left}"
        value: _Value = done.value
        return requests, value


def assert_safe(path: str) -> None:
    """Fail where a path could lead elsewhere than its template says."""
    assert path.startswith("/")
    for segment in path[1:].split("/"):
        assert segment not in {"", ".", ".."}, path
        assert segment.lower().replace("%2e", ".") not in {".", ".."}, path
        assert _SEGMENT.fullmatch(segment), path


def encoded(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")
