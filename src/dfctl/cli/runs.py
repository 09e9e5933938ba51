"""`dfctl runs`: the journal, this machine's record of starts and runs."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from dfctl.cli import options
from dfctl.cli.references import is_local, start_of
from dfctl.cli.showing import begin
from dfctl.cli.usage import Command
from dfctl.composition import Parts
from dfctl.core.durations import parse_duration
from dfctl.core.errors import NotFound, UsageError
from dfctl.core.exits import ExitCode
from dfctl.core.records import Entry, Filter
from dfctl.core.runs import Reference, Run
from dfctl.core.states import State
from dfctl.output.documents import change_document
from dfctl.output.journal import change_lines, entry_document, entry_lines

app = typer.Typer(rich_markup_mode=None)

ProfileName = Annotated[
    str | None, typer.Option("--profile", metavar="PROFILE", help="Only those of this profile.")
]
StateChoice = Annotated[State | None, typer.Option("--state", help="Only runs in this state.")]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="DURATION|DATE", help="Only those of the last 8h, 7d or since a date."
    ),
]
Most = Annotated[
    int,
    typer.Option("--limit", min=1, metavar="COUNT", help="How many at the most, the newest first."),
]
Meaning = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="not-started|ended|RUN",
        help="What became of it: not-started; the run that it gave; "
        "or, for a run that counts as open, ended.",
    ),
]
OlderThan = Annotated[
    str, typer.Option("--older-than", metavar="DURATION|DATE", help="How old, such as 90d.")
]
Subject = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A reference, a profile's name, or @last."),
]


@app.callback(invoke_without_command=True)
def runs(context: typer.Context) -> None:
    """Look at this machine's journal of starts and runs.

    Without a command it lists them, as `dfctl runs list` does.
    """
    if context.invoked_subcommand is None:
        _show_list(begin(context, None), Filter(), most=20)


@app.command("list")
def list_runs(
    context: typer.Context,
    *,
    profile: ProfileName = None,
    state: StateChoice = None,
    since: Since = None,
    limit: Most = 20,
    output: options.OutputFormat = None,
) -> ExitCode:
    """List starts and runs, the newest first. No service is asked.

    Example: dfctl runs list --profile sales --since 7d
    """
    parts = begin(context, None, output=output)
    moment = None if since is None else _moment(since, parts.clock.now())
    _show_list(parts, Filter(profile=profile, state=state, since=moment), most=limit)
    return ExitCode.SUCCEEDED


@app.command("show", cls=Command)
def show_run(
    context: typer.Context, run: Subject, *, output: options.OutputFormat = None
) -> ExitCode:
    """Show the states of a run, as the journal has them.

    Each stands with the time when it was seen first. No service is asked.

    Example: dfctl runs show sales
    """
    parts = begin(context, None, output=output)
    entry = _entry(parts, run)
    known = entry.run
    changes = parts.journal.changes_of(known.profile, known.locator or "") if known else []
    document = entry_document(entry) | {"changes": [change_document(change) for change in changes]}
    parts.output.listing("runs", [document], entry_lines([entry]) + change_lines(changes))
    return ExitCode.SUCCEEDED


@app.command("resolve", cls=Command)
def resolve_run(context: typer.Context, run: Subject, *, meaning: Meaning) -> ExitCode:
    """Settle an unconfirmed start, or a run that counts as open.

    Example: dfctl runs resolve sales/start-0007 --as not-started
    """
    parts = begin(context, None)
    entry = _entry(parts, run)
    parts.output.done(_resolve(parts, entry, meaning))
    return ExitCode.SUCCEEDED


@app.command("prune")
def prune_runs(context: typer.Context, *, older_than: OlderThan) -> ExitCode:
    """Forget ended runs and settled starts of a given age.

    Example: dfctl runs prune --older-than 90d
    """
    parts = begin(context, None)
    count = parts.writable_journal.prune(_moment(older_than, parts.clock.now()))
    entries = "entry" if count == 1 else "entries"
    parts.output.done(f"{count} {entries} forgotten")
    return ExitCode.SUCCEEDED


def _show_list(parts: Parts, which: Filter, *, most: int) -> None:
    entries = parts.journal.entries(which, most=most)
    if not entries:
        parts.output.hint("the journal has no such start or run")
    documents = [entry_document(entry) for entry in entries]
    parts.output.listing("runs", documents, entry_lines(entries))


def _entry(parts: Parts, text: str) -> Entry:
    """Return the entry of the journal that `text` means. Raises NotFound."""
    if "/" in text:
        reference = Reference.parse(text)
        if not is_local(reference):
            return _entry_of_run(parts, reference)
    start = start_of(parts, text)
    return Entry(at=start.begun_at, start=start)


def _entry_of_run(parts: Parts, reference: Reference) -> Entry:
    entry = parts.journal.entry_of(reference.profile, reference.locator)
    if entry is None:
        raise NotFound(
            f"this machine's journal does not know the run {reference}",
            hint="dfctl runs list shows what it has; dfctl status asks the service",
        )
    return entry


def _resolve(parts: Parts, entry: Entry, meaning: str) -> str:
    """Settle an entry; return what was done, in words."""
    start, run = entry.start, entry.run
    if run and run.state and run.state.is_final:
        raise UsageError(
            f"{run.reference} has ended already ({run.state}): there is nothing to settle"
        )
    if run and meaning == "ended":
        parts.writable_journal.close_run(run)
        return f"{run.reference} counts as ended now"
    if start is None or not start.outcome.is_unsettled:
        raise UsageError(
            "there is nothing to settle: what became of it is known",
            hint="for a run that counts as open and is not: --as ended",
        )
    if meaning == "ended":
        raise UsageError(
            f"--as ended is for a run that counts as open; {start.local_reference} is unconfirmed",
            hint="--as not-started, or --as RUN",
        )
    if meaning == "not-started":
        parts.writable_journal.resolve(start, None)
        return f"{start.local_reference} did not begin"
    found = _run_given(start.profile, start.backend, meaning)
    _check_free(parts, found)
    parts.writable_journal.resolve(start, found)
    return f"{start.local_reference} is {found.reference}"


def _run_given(profile: str, backend: str, text: str) -> Run:
    """Return the run that a start is said to have given. Raises UsageError where it cannot be."""
    from dfctl.backends import load_backend
    from dfctl.core.settings import Settings

    reference = Reference.parse(text)
    if reference.profile != profile or is_local(reference):
        raise UsageError(f"--as: {text!r} is no run of the profile {profile}")
    next(load_backend(backend).look(Settings(), reference.locator))
    return Run(profile=profile, backend=backend, locator=reference.locator, state=State.UNKNOWN)


def _check_free(parts: Parts, run: Run) -> None:
    """Raise UsageError where another start is known to have given a run."""
    entry = parts.journal.entry_of(run.profile, run.locator or "")
    if entry and entry.start:
        raise UsageError(
            f"--as: {run.reference} was given by another start, {entry.start.local_reference}",
            hint="dfctl runs list shows what each start gave",
        )


def _moment(text: str, now: datetime) -> datetime:
    """Return the moment that a date, or a duration back from now, means."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return now - timedelta(seconds=_seconds(text))
    try:
        date = date.astimezone()
        date.timestamp()
    except (OverflowError, ValueError):
        raise UsageError(f"{text!r} is too far away") from None
    return date


def _seconds(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as problem:
        raise UsageError(f"{problem}; a date is written 2026-03-01") from None
    if seconds is None:
        raise UsageError(f"{text!r} is neither a duration nor a date")
    return seconds
