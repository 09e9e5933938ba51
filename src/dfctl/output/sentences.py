"""What dfctl says of runs and events: pure text, one line each."""

from collections.abc import Sequence
from datetime import datetime

from dfctl.core.durations import format_duration
from dfctl.core.events import (
    Accepted,
    Event,
    Exchanged,
    Following,
    Missed,
    NotBegun,
    StartDelayed,
    Starting,
    Warned,
)
from dfctl.core.exchange import Fault
from dfctl.core.runs import Run
from dfctl.core.states import State

_WORDS = {
    State.WARNING: "succeeded with warnings",
    State.TIMED_OUT: "timed out",
}


def state_words(state: State) -> str:
    """Return a state as it is told to people."""
    return _WORDS.get(state, state.value)


def final_line(run: Run) -> str:
    """Return the one line that tells how a run stands when dfctl is done with it."""
    words = _state(run) if run.state else "not seen"
    after = "" if run.elapsed_s is None else f" after {format_duration(run.elapsed_s)}"
    return f"{run.name}: {words}{after} ({run.reference})"


def state_line(run: Run) -> str:
    """Return what a look says of a run."""
    if run.state is None:
        return f"{run.name}: not seen yet"
    return f"{run.name}: {_state(run)}"


def still_line(run: Run) -> str:
    """Return what a heartbeat says of a run."""
    unseen = "not seen" if run.reference else "not started"
    return f"{run.name}: still {_state(run) if run.state else unseen}"


def _state(run: Run) -> str:
    """Return the state in words, with the service's own where they are not understood."""
    assert run.state is not None
    word = run.service_state
    return state_words(run.state) + (f" ({word})" if run.state is State.UNKNOWN and word else "")


def event_line(event: Event) -> str | None:
    """Return the line that tells of an event; None where it is no news by itself."""
    match event:
        case Following():
            limit = "with no timeout" if event.timeout is None else _limit(event.timeout)
            if event.run.reference:
                return f"{event.run.name}: following {event.run.reference} {limit}"
            return f"{_starting(event.run)}, to follow it {limit}"
        case Starting():
            return _starting(event.run)
        case StartDelayed():
            again = format_duration(event.seconds)
            return f"{event.run.name}: nothing started yet: {event.why}; trying again in {again}"
        case Accepted():
            return f"{event.run.name}: started {event.run.reference}"
        case Missed():
            when = event.seconds
            again = "" if when is None else f"; looking again in {format_duration(when)}"
            return f"{event.run.name}: no news: {event.why}{again}"
    return None


def not_begun_line(event: NotBegun) -> str:
    """Return the line of a start that gave no run, for while others go on."""
    return f"{event.run.name}: no run: {event.run.message}"


def exchange_line(event: Exchanged) -> str:
    """Return the line of a request and its answer, for --verbose."""
    request = f"{event.request.method} {event.url}"
    took = format_duration(event.seconds)
    if isinstance(event.result, Fault):
        return f"{request}: {event.result.text} ({took})"
    return f"{request}: HTTP {event.result.status}, {len(event.result.body)} bytes ({took})"


def warning_line(event: Warned) -> str:
    """Return the line of a warning."""
    return f"warning: {event.message}"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of cells as lines whose cells stand below one another."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def stamp(moment: datetime) -> str:
    """Return a moment as local time with its offset, to the second; in UTC where none is known."""
    try:
        local = moment.astimezone()
    except (ValueError, OverflowError, OSError):  # TZ=XXX-24, or early years on Windows
        local = moment
    return local.isoformat(timespec="seconds")


def _starting(run: Run) -> str:
    flow = f" {run.flow}" if run.flow else ""
    return f"{run.name}: starting{flow} on {run.backend}"


def _limit(timeout: float) -> str:
    return f"for up to {format_duration(timeout)} (--timeout)"
