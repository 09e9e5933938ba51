"""What a task asks of the driver: to send a request, or to pause.

A task is a generator. It yields steps, is sent what came of them, and returns its result, so that
starting and following are plain functions without threads, network or real time.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from dfctl.backends.backend import Backend
from dfctl.core.errors import DfctlError
from dfctl.core.exchange import Exchange, KeyPlace, Request, Response, Result
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

    def newer_key(self, refused: Secret) -> Secret | None:
        """Return the key that the source has now, where it is another than the refused one."""
        try:
            key = self.read_key_again()
        except DfctlError:
            return None
        return None if key == refused else key


@dataclass(frozen=True)
class Send:
    """Send `request` with `key`; a `Fault` comes back after `seconds` at the latest."""

    target: Target
    request: Request
    key: Secret
    seconds: float | None


@dataclass(frozen=True)
class Pause:
    """Go on at `until`, in monotonic seconds."""

    until: float


_Value = TypeVar("_Value")
Step = Send | Pause
Task = Generator[Step, Result | None, _Value]


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
