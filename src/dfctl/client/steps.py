"""What a task asks of the driver: to send a request, to read a key again, or to pause.

A task is a generator. It yields steps, is sent what came of them, and returns its result, so that
starting and following are plain functions without threads, network or real time.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from dfctl.backends.backend import Backend
from dfctl.core.exchange import Exchange, Fault, KeyPlace, Request, Response, Result
from dfctl.core.profiles import Profile
from dfctl.core.runs import Sighting
from dfctl.core.secret import Secret


@dataclass(frozen=True)
class Target:
    """A profile with all that is needed to talk about it to its service.

    `read_key_again` returns the key as its source has it now. `options` is what commands about the
    profile need, such as ` --config FILE`, when they are proposed.
    """

    profile: Profile
    backend: Backend
    key: Secret
    read_key_again: Callable[[], Secret]
    options: str = ""

    @property
    def key_place(self) -> KeyPlace:
        """Return where requests to this service carry the key."""
        return self.backend.key_place(self.profile.settings)

    def check_locator(self, locator: str) -> None:
        """Raise UsageError where `locator` cannot be that of a run of this service."""
        next(self.backend.look(self.profile.settings, locator))


@dataclass(frozen=True)
class Send:
    """Send `request` with `key`; a `Fault` comes back after `seconds` at the latest."""

    target: Target
    request: Request
    key: Secret
    seconds: float | None


@dataclass
class ReadKey:
    """Read the key of `target` again; it is `key` when the task goes on, if the source has one.

    A program or a person may have to be asked, so it is done in a thread; a `Fault` comes back
    after `seconds` at the latest.
    """

    target: Target
    seconds: float
    key: Secret | None = None


@dataclass(frozen=True)
class Pause:
    """Go on at `until`, in monotonic seconds."""

    until: float


# Each source of a key has a limit of its own, of a minute; what hangs without one, such as a folder
# on a network, has no more.
KEY_SECONDS = 65.0

_Value = TypeVar("_Value")
Step = Send | ReadKey | Pause
Task = Generator[Step, Result | None, _Value]


def newer_key(target: Target, refused: Secret, seconds: float) -> Task[Secret | Fault | None]:
    """Return the key that the source has now, where it is another than the refused one.

    The fault is that of a source that did not tell within `seconds`.
    """
    reading = ReadKey(target, seconds)
    late = yield reading
    if isinstance(late, Fault):
        return late
    return None if reading.key == refused else reading.key


def converse(exchange: Exchange[_Value], send: Callable[[Request], Task[Response]]) -> Task[_Value]:
    """Lead an adapter's exchange to its end, sending each of its requests with `send`."""
    try:
        request = next(exchange)
        while True:
            response = yield from send(request)
            request = exchange.send(response)
    except StopIteration as done:
        value: _Value = done.value
        return value


def masked(sighting: Sighting, hide: Callable[[str], str]) -> Sighting:
    """Return a sighting without secrets, which an adapter may have read past `Members`."""
    word, url = sighting.service_state, sighting.url
    return replace(
        sighting,
        service_state=word if word is None else hide(word),
        url=url if url is None else hide(url),
    )
