"""From what people write for a run to the runs that they mean."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TextIO

from dfctl.cli.looking import failed
from dfctl.composition import Parts
from dfctl.core.errors import DfctlError, NotFound, Unconfirmed, UsageError
from dfctl.core.records import StartOutcome, StartRecord, settle
from dfctl.core.runs import Reference, Run

LAST = "@last"
STDIN = "-"
_LARGEST_LIST = 1024 * 1024
_LOCAL = re.compile(r"start-[0-9a-f]{4,}", re.ASCII)
_NO_TEXT = re.compile("[\ud800-\udfff]")  # bytes of a command line that are not UTF-8


def runs_of(parts: Parts, texts: Sequence[str] | None) -> list[Run]:
    """Return the runs that `texts` mean, each once; @last where there are none.

    A text that names no run gives a `Run` with the exit code and the words for why.
    """
    words = list(dict.fromkeys(_words(parts, texts or [LAST])))
    if not words:
        raise UsageError("no run is named: stdin was empty")
    if len(words) == 1:
        return [_run(parts, words[0])]
    found = [_run_or_error(parts, word) for word in words]
    return labelled(list({run.reference or run: run for run in found}.values()))


def open_runs(parts: Parts) -> list[Run]:
    """Return the runs of the journal that have not ended, and the starts that may have begun."""
    starts = [
        failed(
            Run(
                profile=start.profile,
                backend=start.backend,
                flow=start.flow,
                local_reference=start.local_reference,
            ),
            unsettled(start),
        )
        for start in parts.journal.unsettled_starts()
    ]
    return labelled([*parts.journal.open_runs(), *starts])


def labelled(runs: Sequence[Run]) -> list[Run]:
    """Return runs with labels that tell them apart, where two are of one profile."""
    profiles = Counter(run.profile for run in runs)
    return [
        replace(run, label=str(run.reference))
        if run.reference and profiles[run.profile] > 1
        else run
        for run in runs
    ]


def start_of(parts: Parts, text: str) -> StartRecord:
    """Return the start that a profile's name, @last or a local reference means."""
    profile, _, name = text.partition("/")
    if text == LAST:
        start = parts.journal.newest_start()
    elif name:
        start = parts.journal.start_called(profile, name)
    else:
        start = parts.journal.newest_start(profile)
    if start is None:
        is_near = text.startswith("@") and text != LAST
        raise NotFound(
            f"this machine's journal has no start {text!r}",
            hint=f"did you mean {LAST}?" if is_near else "dfctl runs list shows what it has",
        )
    return start


def unsettled(start: StartRecord) -> Unconfirmed:
    """Return the error of a start of which nobody knows whether it began a run."""
    return Unconfirmed(
        f"the start {start.local_reference} is unconfirmed: it may be running",
        hint=f"look at the service, then {settle(start.local_reference)}",
    )


def is_local(reference: Reference) -> bool:
    """Return whether a reference names a start on this machine, not a run on the service."""
    return _LOCAL.fullmatch(reference.locator) is not None


def _words(parts: Parts, texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        if text != STDIN:
            yield text
        else:
            lines = _text_of(parts.environment.stdin).split("\n")
            yield from (line.strip() for line in lines if line.strip())


def _text_of(stdin: TextIO | None) -> str:
    """Return all of stdin. Raises UsageError where it is no list of runs."""
    try:
        text = stdin.read(_LARGEST_LIST + 1) if stdin else ""
    except UnicodeDecodeError:
        raise UsageError("stdin holds bytes that are not UTF-8") from None
    except OSError as problem:
        raise UsageError(f"stdin cannot be read: {problem.strerror}") from None
    if len(text) > _LARGEST_LIST:
        raise UsageError(f"stdin holds more than {_LARGEST_LIST // 1024} KiB of references")
    return text


def _run_or_error(parts: Parts, text: str) -> Run:
    try:
        return _run(parts, text)
    except DfctlError as error:
        return failed(Run(profile=text.partition("/")[0], backend=""), error)


def _run(parts: Parts, text: str) -> Run:
    if _NO_TEXT.search(text):
        raise UsageError(f"{text!r} holds bytes that are not UTF-8")
    if "/" in text:
        reference = Reference.parse(text)
        if not is_local(reference):
            return _known_run(parts, reference)
    return _run_of_start(start_of(parts, text))


def _known_run(parts: Parts, reference: Reference) -> Run:
    """Return what the journal knows of a run; a reference is enough without it."""
    try:
        known = parts.journal.run_at(reference.profile, reference.locator)
    except UsageError:
        known = None
    return known or Run(profile=reference.profile, backend="", locator=reference.locator)


def _run_of_start(start: StartRecord) -> Run:
    if start.run:
        return start.run
    if start.outcome.is_unsettled:
        raise unsettled(start)
    if start.outcome is StartOutcome.CONFIRMED:
        raise NotFound(
            f"this machine's journal does not know any more what the newest start of "
            f"{start.profile} gave",
            hint="dfctl runs list shows what it has",
        )
    why = f": {start.message}" if start.message else ""
    raise NotFound(
        f"the newest start of {start.profile} did not begin ({start.outcome}){why}",
        hint="dfctl runs list shows earlier runs",
    )
