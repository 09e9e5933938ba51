"""Streams of tests, and runs to be shown on them."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dfctl.core.events import Accepted, Event, Following, Heartbeat, Missed, Seen, UnderWay
from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.core.states import State

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
STAMP = "2026-03-01T12:00:00+00:00"
NEW = Run(profile="sales", backend="invision", flow="updatesales")
BEGUN = replace(
    NEW, locator="updatesales/r1", state=State.PENDING, service_state="Pending", started_at=NOW
)
# As a start that was just confirmed is told: nobody has looked at its run yet.
ACCEPTED = replace(BEGUN, service_state=None)
RUNNING = replace(BEGUN, state=State.RUNNING, service_state="Running")
ENDED = replace(
    BEGUN,
    state=State.SUCCEEDED,
    service_state="Succeeded",
    ended_at=NOW + timedelta(seconds=90, milliseconds=4),
    elapsed_s=90.004,
    exit_code=ExitCode.SUCCEEDED,
)
FAILED = replace(ENDED, state=State.FAILED, service_state="Failed", exit_code=ExitCode.FAILED)
LOST = replace(
    RUNNING,
    exit_code=ExitCode.LOST,
    message="no contact for 5m (--max-outage); the run goes on",
    hint="to follow it: dfctl wait sales/updatesales/r1",
)
REFUSED = replace(
    NEW,
    exit_code=ExitCode.KEY,
    message="the service refused the key: HTTP 401",
    hint="nothing was started",
)
STORY: list[Event] = [
    Following(NEW, 86400.0),
    UnderWay(),
    Accepted(ACCEPTED),
    Seen(BEGUN),
    Missed(BEGUN, "the network broke", 2.0),
    Seen(RUNNING),
    Heartbeat(),
    Seen(ENDED),
]

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream in memory that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class BytesTerminal(io.TextIOWrapper):
    """A terminal of an encoding of its own, as the process's streams are set up."""

    def __init__(self, encoding: str) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, errors="backslashreplace", newline="\n")

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        """Return all that was written."""
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


class Broken(io.StringIO):
    """A stream that cannot be written to, after `good` writes."""

    def __init__(
        self,
        problem: Exception,
        *,
        good: int = 0,
        on_flush: bool = False,
        is_terminal: bool = False,
    ) -> None:
        super().__init__()
        self._problem = problem
        self._good = good
        self._on_flush = on_flush
        self._is_terminal = is_terminal
        self.tries = 0

    def heal(self) -> None:
        """Let whatever is written from now on be good."""
        self._good = 10**9

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> int:
        self._break(is_now=not self._on_flush)
        return super().write(text)

    def flush(self) -> None:
        self._break(is_now=self._on_flush)
        super().flush()

    def _break(self, *, is_now: bool) -> None:
        if is_now:
            self.tries += 1
            if self.tries > self._good:
                raise self._problem


def without_escapes(text: str) -> str:
    """Return what a terminal shows of a text, drawn over itself or not."""
    return _ESCAPES.sub("", text)
