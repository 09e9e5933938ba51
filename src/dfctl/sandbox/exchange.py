"""The values between the sockets and the services: a request, and what becomes of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote

_MASK = "***"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `target` is path and query as received, header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def segments(self) -> list[str]:
        """The path's parts, percent-decoded: `/v1/project/12/run` is v1, project, 12, run."""
        path = self.target.partition("?")[0]
        return [unquote(part) for part in path.removeprefix("/").split("/")]

    def query(self, name: str) -> str | None:
        """The first value of a query parameter."""
        query = self.target.partition("?")[2]
        return parse_qs(query, keep_blank_values=True).get(name, [None])[0]

    def media_type(self) -> str:
        """The content type in lower case without its parameters; empty when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> object:
        """The body as JSON. Raises ValueError when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, held back for `after` seconds."""

    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Drop:
    """No answer: the connection is closed."""


Reply = Answer | Drop


def json_answer(
    status: int,
    content: object,
    *,
    content_type: str = "application/json",
    headers: tuple[tuple[str, str], ...] = (),
    after: float = 0.0,
) -> Answer:
    return Answer(status, json.dumps(content).encode(), content_type, headers, after)


def text_answer(status: int, text: str) -> Answer:
    return Answer(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def html_answer(status: int, title: str, text: str) -> Answer:
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>{text}</body></html>\n"
    return Answer(status, page.encode(), "text/html; charset=utf-8")


BAD_GATEWAY = html_answer(502, "502 Bad Gateway", "<h1>Bad Gateway</h1>")
LOGIN_PAGE = html_answer(
    200, "Sign in", '<form method="post" action="/login"><input name="user"></form>'
)


def masked_target(target: str) -> str:
    """Path and query in visible ASCII, with the value of every `api_key` masked."""
    path, mark, query = target.partition("?")
    pairs = "&".join(_masked_pair(pair) for pair in query.split("&"))
    return quote(f"{path}{mark}{pairs}", safe="/?&=%:|+*,;@!$'()~")


def _masked_pair(pair: str) -> str:
    name = pair.partition("=")[0]
    return f"{name}={_MASK}" if unquote(name).strip().lower() == "api_key" else pair
