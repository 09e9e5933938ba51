"""What happens while a run is started and followed, told to listeners as it happens."""

from collections.abc import Callable
from dataclasses import dataclass

from dfctl.core.exchange import Request, Result
from dfctl.core.records import StartOutcome
from dfctl.core.runs import Run


@dataclass(frozen=True)
class Starting:
    """A start is about to be sent; its run will not be followed."""

    run: Run


@dataclass(frozen=True)
class Following:
    """A run will be looked at until it ends, or for `timeout` seconds.

    Where it has no reference yet, its start is about to be sent. `usual` is how long the profile's
    successful runs take, and `age` how old the run is, in seconds, where the journal knows.
    """

    run: Run
    timeout: float | None
    usual: float | None = None
    age: float = 0.0


@dataclass(frozen=True)
class StartDelayed:
    """A start certainly did not begin, and is tried again in `seconds`."""

    run: Run
    why: str
    seconds: float


@dataclass(frozen=True)
class Accepted:
    """The service confirmed the start: the run has its reference."""

    run: Run


@dataclass(frozen=True)
class NotBegun:
    """A start ended without a run that is known; `run` has the words for why."""

    run: Run
    outcome: StartOutcome


@dataclass(frozen=True)
class Seen:
    """A look succeeded; the state may be the same as before."""

    run: Run


@dataclass(frozen=True)
class Missed:
    """A look failed; the next one comes in `seconds`, or not at all where that is None."""

    run: Run
    why: str
    seconds: float | None


@dataclass(frozen=True)
class Warned:
    """Something that the user should know, and that stops nothing.

    Where it `is_always_told`, --quiet does not keep it back after a good end either.
    """

    message: str
    is_always_told: bool = False


@dataclass(frozen=True)
class Exchanged:
    """A request and what came back after `seconds`; `url` has the key masked."""

    request: Request
    url: str
    result: Result
    seconds: float


@dataclass(frozen=True)
class UnderWay:
    """The first requests were handed over: until they are answered there is time."""


@dataclass(frozen=True)
class Heartbeat:
    """Time passed while nothing else may have happened."""


Event = (
    Following
    | Starting
    | StartDelayed
    | Accepted
    | NotBegun
    | Seen
    | Missed
    | Warned
    | Exchanged
    | UnderWay
    | Heartbeat
)
Listener = Callable[[Event], None]
