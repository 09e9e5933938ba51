"""What passes between an adapter and the network: requests, responses, faults."""

import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote

from dfctl.core.secret import MASK
from dfctl.core.text import clean

# A text of this length may stand in an id without being meant.
_LONGEST_BY_CHANCE = 7


class Effect(StrEnum):
    """What a request does on the service; it decides what may be repeated."""

    READ = "read"
    START = "start"


@dataclass(frozen=True)
class Request:
    """One request of an adapter, without the key.

    `path` begins with "/" and is percent-encoded already; it is appended to the profile's address,
    whose own path is kept. `answers` are statuses outside 2xx that the adapter wants to see itself.
    `is_held` marks a request that the service answers only when the run has ended.
    """

    method: str
    path: str
    effect: Effect
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    answers: frozenset[int] = frozenset()
    is_held: bool = False


@dataclass(frozen=True)
class KeyPlace:
    """Where a request carries the key: a header (`prefix` before the key) or a query's name."""

    name: str
    prefix: str = ""
    in_query: bool = False


def url_of(address: str, request: Request, place: KeyPlace, key: str) -> str:
    """Return the whole URL of `request`; `key`, or a mask for it, is in it only if its place is."""
    pairs = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in request.query]
    if place.in_query:
        pairs.append(f"{place.name}={key if key == MASK else quote(key, safe='')}")
    query = "&".join(pairs)
    return f"{address}{request.path}{'?' if query else ''}{query}"


class Unreadable(Exception):
    """The answer is not what the service documents. The text says what it is instead."""


@dataclass(frozen=True)
class Response:
    """A whole answer.

    `location` is where a redirect leads. `retry_after` is the delay in seconds that the service
    asked for. `login` names the ways to log in (Basic, NTLM) that a 401 asks a person for. `hide`
    masks secrets in whatever the service repeats of them.
    """

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    location: str | None = None
    retry_after: float | None = None
    login: tuple[str, ...] = ()
    hide: Callable[[str], str] = field(default=str, repr=False, compare=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """True for a web page, which no service's interface answers with."""
        return "html" in self.content_type or self.body.lstrip()[:1] == b"<"

    @property
    def title(self) -> str | None:
        """Return the title of a web page, safe to show, where it has one."""
        found = _TITLE.search(self.body[:_TITLE_WITHIN]) if self.is_page else None
        if found is None:
            return None
        from html import unescape  # only here: it is slow to import

        words = self.hide(unescape(found[1].decode("utf-8", "replace")))
        return clean(words, longest=_LONGEST_TITLE) or None

    def members(self) -> "Members":
        """Return the JSON object of the body. Raises `Unreadable` when it is something else."""
        try:
            value = json.loads(
                self.body, parse_constant=_refuse_constant, object_pairs_hook=_without_rivals
            )
        except (ValueError, RecursionError):
            raise Unreadable(self._description()) from None
        if not isinstance(value, dict):
            raise Unreadable("JSON that is not an object")
        return Members(value, self.hide)

    def _description(self) -> str:
        if not self.body.strip():
            return "an empty answer"
        if not self.is_page:
            return "text that is not JSON"
        title = f" ({self.title})" if self.title else ""
        return f"a web page{title} instead of JSON"


_TITLE = re.compile(rb"<title[^>]*>([^<]*)</title", re.IGNORECASE)
_TITLE_WITHIN = 16 * 1024
_LONGEST_TITLE = 100


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _without_rivals(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object's members, their names in lower case; one with two values has none."""
    members: dict[str, object] = {}
    for name, value in pairs:
        key = name.lower()
        members[key] = value if members.get(key, value) == value else None
    return members


class Members:
    """The members of a JSON object, read without regard to the case of their names."""

    def __init__(self, members: Mapping[str, object], hide: Callable[[str], str] = str) -> None:
        self._hide = hide
        self._members = {name.lower(): value for name, value in members.items()}

    def text(self, name: str) -> str | None:
        """Return a text member, or None where it is absent, empty or no text."""
        value = self._members.get(name.lower())
        return self._hide(value) if isinstance(value, str) and value.strip() else None

    def number(self, name: str) -> int | None:
        """Return a whole number, or None where it is absent or something else."""
        value = self._members.get(name.lower())
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def identifier(self, name: str) -> str:
        """Return an id as text.

        Raises `Unreadable` where it is absent, unusable in a path, or would show a secret.
        """
        if self.text(name) is None and self.number(name) is None:
            raise Unreadable(f"an object without {name}")
        text = str(self._members[name.lower()])
        if len(text) > 512 or not is_segment(text) or self._repeats_a_secret(text):
            raise Unreadable(f"an object whose {name} cannot be used")
        return text

    def _repeats_a_secret(self, text: str) -> bool:
        # A short key is in an id by chance, and nobody would find the run of a masked one again.
        return len(text) - len(self._hide(text)) + len(MASK) > _LONGEST_BY_CHANCE

    def must_be_about(self, name: str, identifier: str, *, beside: str) -> None:
        """Raise `Unreadable` where the id called `name` is another than `identifier`.

        An answer that leaves the id out is believed only where it has the member `beside`.
        """
        if name.lower() not in self._members and beside.lower() in self._members:
            return
        if self.identifier(name).casefold() != identifier.casefold():
            raise Unreadable("an object about another run")


def is_segment(text: str) -> bool:
    """Return whether `text` can be one segment of a path, once it is percent-encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text not in ("", ".", "..")


class FaultKind(StrEnum):
    """Why no whole answer came."""

    NETWORK = "network"
    DEADLINE = "deadline"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Fault:
    """A request without a whole answer.

    `was_sent` is False only where not one byte of the request's head had left. A `REJECTED` fault
    (a certificate that is not trusted, a proxy's refusal) is not cured by trying again.
    """

    kind: FaultKind
    text: str
    was_sent: bool
    hint: str | None = None


Result = Response | Fault

_Value = TypeVar("_Value")
# An operation of an adapter: it yields requests, is sent responses and returns a value, as the
# `auth_flow` of httpx does, so that its logic needs no network.
Exchange = Generator[Request, Response, _Value]
