"""The journal's entries as lines and as JSON."""

from collections.abc import Sequence

from dfctl.core.durations import format_duration
from dfctl.core.records import Change, Entry, StartOutcome, StartRecord
from dfctl.core.runs import Run
from dfctl.output.documents import run_document, utc
from dfctl.output.sentences import columns, stamp, state_words


def entry_lines(entries: Sequence[Entry]) -> list[str]:
    """Return a line for each entry: when, what became of it, how long it took, its reference."""
    return columns(
        [
            (stamp(entry.at), _words(entry), _length(entry), str(_shown_run(entry)))
            for entry in entries
        ]
    )


def change_lines(changes: Sequence[Change]) -> list[str]:
    """Return a line for each state that a run was seen in."""
    return [f"  {stamp(change.at)}  {change.state}" for change in changes]


def entry_document(entry: Entry) -> dict[str, object]:
    """Return the JSON form of an entry: that of a run, and `start`, what became of its start."""
    start = entry.start
    run = entry.run
    if run is None and start is not None:
        run = Run(
            profile=start.profile,
            backend=start.backend,
            flow=start.flow,
            message=start.message,
            local_reference=start.local_reference,
        )
    assert run is not None
    return {
        **run_document(run),
        "at": utc(entry.at),
        "start": _outcome(start) if start else None,
    }


def _words(entry: Entry) -> str:
    run = entry.run
    if run and run.state:
        return state_words(run.state)
    assert entry.start is not None
    return _outcome(entry.start)


def _outcome(start: StartRecord) -> str:
    """Return what became of a start; an intent without an end is as unconfirmed as any."""
    return StartOutcome.UNCONFIRMED if start.outcome.is_unsettled else start.outcome


def _length(entry: Entry) -> str:
    run = entry.run
    return format_duration(run.elapsed_s) if run and run.elapsed_s is not None else "-"


def _shown_run(entry: Entry) -> object:
    run = entry.run
    if run:
        return run.reference
    return entry.start.local_reference if entry.start else None
