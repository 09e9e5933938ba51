"""Ways of telling what happens: plain lines, lines kept for a bad end, or none.

All have the one interface: `hear` an event, `note` something for the user, and `close` with
whether the command ended well.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from dfctl.core.events import (
    Accepted,
    Event,
    Exchanged,
    Following,
    Heartbeat,
    Missed,
    NotBegun,
    Seen,
    UnderWay,
    Warned,
)
from dfctl.core.runs import Run
from dfctl.output.sentences import (
    event_line,
    exchange_line,
    not_begun_line,
    stamp,
    state_line,
    still_line,
    warning_line,
)


class Progress(Protocol):
    """Tells what happens while a command works."""

    def hear(self, event: Event) -> None:
        """Take note of an event."""

    def note(self, text: str) -> None:
        """Tell a line that no event brought."""

    def close(self, *, is_well: bool) -> None:
        """Tell what is left to tell, and leave the terminal whole. May be called again."""


class Silent:
    """Tells nothing but warnings and what was asked for with --verbose."""

    def __init__(self, write: Callable[[str], None], *, is_verbose: bool) -> None:
        self._write = write
        self._is_verbose = is_verbose

    def hear(self, event: Event) -> None:
        if isinstance(event, Warned):
            self._write(warning_line(event))
        elif isinstance(event, Exchanged) and self._is_verbose:
            self._write(exchange_line(event))

    def note(self, text: str) -> None:
        self._write(text)

    def close(self, *, is_well: bool) -> None:
        pass


class Plain(Silent):
    """Tells each change in a line with its time, and from time to time that a run goes on.

    Where `now` is None, the lines go without times: they lead to where each line gets its own.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        now: Callable[[], datetime] | None,
        *,
        is_verbose: bool,
    ) -> None:
        super().__init__(write, is_verbose=is_verbose)
        self._now = now
        self._followed: dict[str, Run] = {}
        self._told: dict[str, tuple[str | None, str | None]] = {}
        self._missed: set[str] = set()

    def hear(self, event: Event) -> None:
        super().hear(event)
        for line in self._news(event):
            self._write(f"{stamp(self._now())} {line}" if self._now else line)

    def _news(self, event: Event) -> list[str]:
        match event:
            case Seen():
                return self._changes(event.run)
            case Heartbeat():
                return [still_line(run) for run in self._followed.values() if _is_open(run)]
            case Following():
                self._followed[event.run.name] = event.run
            case Accepted() if event.run.name in self._followed:
                self._followed[event.run.name] = event.run
            case NotBegun():
                self._followed.pop(event.run.name, None)
                is_alone = not any(_is_open(run) for run in self._followed.values())
                return [] if is_alone else [not_begun_line(event)]
            case Missed():
                self._missed.add(event.run.name)
        line = event_line(event)
        return [line] if line else []

    def _changes(self, run: Run) -> list[str]:
        before = self._followed.get(run.name)
        if before is None:
            return []
        self._followed[run.name] = run
        is_back = run.name in self._missed
        self._missed.discard(run.name)
        state = (run.state, run.service_state)
        lines = []
        if is_back or state != self._told.get(run.name):
            self._told[run.name] = state
            lines.append(state_line(run) + (", in contact again" if is_back else ""))
        if run.url and run.url != before.url:
            lines.append(f"{run.name}: {run.url}")
        return lines


def _is_open(run: Run) -> bool:
    return run.state is None or not run.state.is_final


class Late:
    """Makes another progress only when there is time for it.

    What is heard before is kept, and what cannot wait is written with `write`. So Rich is imported
    while the service works on the first request, and not at all where there is none. Where it
    cannot be made or begin, because an upgrade is replacing Rich or no thread is to be had, there
    is another `instead`.
    """

    def __init__(
        self,
        make: Callable[[], Progress],
        instead: Callable[[], Progress],
        write: Callable[[str], None],
    ) -> None:
        self._make = make
        self._instead = instead
        self._write = write
        self._kept: list[Event] = []
        self._inner: Progress | None = None

    def hear(self, event: Event) -> None:
        if self._inner or isinstance(event, UnderWay):
            self._ready().hear(event)
        elif isinstance(event, Warned):
            self._write(warning_line(event))
        else:
            self._kept.append(event)

    def note(self, text: str) -> None:
        if self._inner:
            self._inner.note(text)
        else:
            self._write(text)

    def close(self, *, is_well: bool) -> None:
        if self._inner:
            self._inner.close(is_well=is_well)

    def _ready(self) -> Progress:
        if self._inner is None:
            self._inner = self._begun() or self._told(self._instead())
        return self._inner

    def _begun(self) -> Progress | None:
        """Return the progress that was asked for; None where it cannot begin."""
        progress: Progress | None = None
        try:
            progress = self._make()
            return self._told(progress)
        except Exception:  # noqa: BLE001 - a run is under way, and no view is worth losing it
            if progress:
                with contextlib.suppress(Exception):
                    progress.close(is_well=False)
            return None

    def _told(self, progress: Progress) -> Progress:
        for event in self._kept:
            progress.hear(event)
        return progress


class Quiet:
    """Keeps the lines of another progress back, and tells them all after a bad end."""

    def __init__(self, write: Callable[[str], None], inner: Callable[..., Progress]) -> None:
        self._lines: list[str] = []
        self._out = write
        self._inner = inner(self._lines.append)

    def hear(self, event: Event) -> None:
        if isinstance(event, Warned) and event.is_always_told:
            self._out(warning_line(event))
        else:
            self._inner.hear(event)

    def note(self, text: str) -> None:
        self._inner.note(text)

    def close(self, *, is_well: bool) -> None:
        self._inner.close(is_well=is_well)
        lines, self._lines[:] = list(self._lines), []
        for line in [] if is_well else lines:
            self._out(line)
