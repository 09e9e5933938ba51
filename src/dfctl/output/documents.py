"""What dfctl tells programs: the JSON forms of runs and of what happens to them.

`dfctl.schema.json` beside this file describes them, strictly.
"""

import json
from datetime import UTC, datetime

from dfctl.core.events import (
    Accepted,
    Event,
    Following,
    Heartbeat,
    Missed,
    NotBegun,
    Seen,
    StartDelayed,
    Starting,
    Warned,
)
from dfctl.core.records import Change
from dfctl.core.runs import Reference, Run
from dfctl.core.text import json_without_commands

SCHEMA = 1


def json_text(document: dict[str, object], *, indent: int | None = None) -> str:
    """Return a document in ASCII. No CI system obeys what stands in it."""
    return json_without_commands(json.dumps(document, indent=indent))


def run_document(run: Run) -> dict[str, object]:
    """Return the JSON form of a run."""
    return {
        "run": _text(run.reference or run.local_reference),
        "profile": run.profile,
        "backend": run.backend or None,
        "flow": run.flow,
        "locator": run.locator,
        "state": run.state,
        "service_state": run.service_state,
        "started_at": utc(run.started_at),
        "ended_at": utc(run.ended_at),
        "elapsed_s": run.elapsed_s,
        "url": run.url,
        "exit_code": None if run.exit_code is None else int(run.exit_code),
        "message": run.message,
        "hint": run.hint,
    }


def change_document(change: Change) -> dict[str, object]:
    """Return the JSON form of a state that a run was seen in."""
    return {
        "at": utc(change.at),
        "state": change.state,
        "service_state": change.service_state,
    }


def event_document(event: Event, at: datetime) -> dict[str, object] | None:
    """Return the JSON form of an event; None where it is none for programs."""
    match event:
        case Starting():
            return _event("starting", at, event.run)
        case StartDelayed():
            own = {"why": event.why, "retry_in_s": _seconds(event.seconds)}
            return _event("start_delayed", at, event.run, **own)
        case Accepted():
            return _event("accepted", at, event.run)
        case NotBegun():
            return _event("not_begun", at, event.run, start=event.outcome)
        case Following():
            times = {"timeout_s": _seconds(event.timeout), "usual_s": _seconds(event.usual)}
            return _event("following", at, event.run, **times)
        case Seen():
            return _event("state", at, event.run)
        case Missed():
            own = {"why": event.why, "retry_in_s": _seconds(event.seconds)}
            return _event("missed", at, event.run, **own)
        case Warned():
            return _event("warning", at, message=event.message)
        case Heartbeat():
            return _event("heartbeat", at)
    return None


def schema_text() -> str:
    """Return the JSON Schema of all that is told to programs."""
    # Asked for once in a while; every command imports this module.
    from importlib.resources import files

    return files("dfctl.output").joinpath("dfctl.schema.json").read_text(encoding="utf-8")


def _event(name: str, at: datetime, run: Run | None = None, **own: object) -> dict[str, object]:
    document: dict[str, object] = {"schema": SCHEMA, "event": name, "at": utc(at)}
    if run:
        document["run"] = run_document(run)
    return document | own


def _seconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _text(reference: Reference | None) -> str | None:
    return str(reference) if reference else None


def utc(moment: datetime | None) -> str | None:
    """Return a moment as RFC 3339 writes it, in UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
