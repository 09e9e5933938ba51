"""The one place that looks at terminals and options to choose how things are shown."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, TextIO

from dfctl.core.errors import DfctlError, Interrupted, OutputClosed
from dfctl.core.events import Event
from dfctl.core.exits import ExitCode, ExitMap, number_of
from dfctl.core.runs import Run
from dfctl.output.ci.choice import ANNOTATING, CiChoice, settled
from dfctl.output.ci.nobody import CiReport, NoReport
from dfctl.output.jsonl import JsonLineResults
from dfctl.output.progress import Late, Plain, Progress, Quiet, Silent
from dfctl.output.results import (
    JsonResults,
    ReferenceResults,
    Results,
    TextResults,
    complain,
)
from dfctl.output.streams import NoticeStream, ResultStream, deliver

if TYPE_CHECKING:
    from dfctl.output.ci.report import WriteFile
    from dfctl.output.ci.system import System

# -o and --output, with the value attached or apart; -qo json is a cluster of short options.
_OUTPUT = re.compile(r"(?:-[qv]*o|--output(?==|$))=?(?P<value>.*)", re.DOTALL)
_CI = re.compile(r"--ci(?:=(?P<value>.*))?", re.DOTALL)
# The commands that tell a CI system.
_TELLING = ("run", "start", "wait")


class Format(StrEnum):
    """The forms of a result."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    REF = "ref"


class ProgressKind(StrEnum):
    """The ways of telling what happens meanwhile."""

    AUTO = "auto"
    LIVE = "live"
    PLAIN = "plain"
    NONE = "none"


class ColorChoice(StrEnum):
    """When to use colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Showing:
    """What the user asked for. `format` is None where nothing was asked."""

    format: Format | None = None
    is_quiet: bool = False
    is_verbose: bool = False
    progress: ProgressKind = ProgressKind.AUTO
    color: ColorChoice = ColorChoice.AUTO
    ci: CiChoice = CiChoice.NONE


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the choice depends on beside the options. `random` is 0 to 1."""

    out: TextIO | None
    err: TextIO | None
    variables: Mapping[str, str]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    random: Callable[[], float]
    write_file: "WriteFile"
    exit_map: ExitMap = field(default_factory=dict)


class Output:
    """What a command shows: progress and notices on stderr, then results on stdout."""

    def __init__(
        self,
        progress: Progress,
        results: Results,
        report: CiReport,
        out: ResultStream,
        err: NoticeStream,
        *,
        is_hinting: bool,
        is_quiet: bool,
        exit_map: ExitMap,
    ) -> None:
        self._progress = progress
        self._results = results
        self._report = report
        self._out = out
        self._err = err
        self._exit_map = exit_map
        self._has_result = False
        self._is_hinting = is_hinting
        self._is_quiet = is_quiet

    def hear(self, event: Event) -> None:
        """Show an event."""
        self._report.hear(event)
        self._progress.hear(event)
        self._results.hear(event)

    def line(self, text: str) -> None:
        """Show a line of the command's own."""
        self._progress.note(text)

    def done(self, text: str) -> None:
        """Show in words what a command did that has no other result."""
        if not self._is_quiet:
            self._progress.note(text)

    def hint(self, text: str) -> None:
        """Show a hint for people."""
        if self._is_hinting:
            self._progress.note(text)

    def runs(self, runs: Sequence[Run], code: ExitCode) -> None:
        """Show how runs stand at the end; `code` is the command's exit code."""
        number = self._ended(code)
        self._report.runs(runs, number)
        self._has_result = True
        with _known(code):
            self._results.runs(runs, number)

    def started(self, runs: Sequence[Run], code: ExitCode) -> None:
        """Show the references of runs that were started and are not followed."""
        number = self._ended(code)
        self._report.runs(runs, number)
        self._has_result = True
        with _known(code):
            self._results.started(runs, number)

    def listing(
        self,
        name: str,
        rows: Sequence[dict[str, object]],
        lines: Sequence[str],
        code: ExitCode = ExitCode.SUCCEEDED,
    ) -> None:
        """Show a list: `lines` for people, `rows` under `name` for programs."""
        number = self._ended(code)
        self._has_result = True
        self._results.listing(name, rows, lines, number)

    def text(self, text: str) -> None:
        """Show a text on stdout that belongs to no result, such as a page of help."""
        self._results.text(text)

    def failed(self, error: DfctlError | None, code: ExitCode) -> None:
        """Show an error that ended the command before it had a result.

        Without an error, a signal ended it: a result that is on its way then stays the only one.
        """
        number = self._ended(code)
        if error or not self._has_result:
            self._report.failed(error, number)
            self._results.failed(error, number)

    def complain(self, message: str) -> None:
        """Say on stderr that a result could not be written."""
        complain(self._err, message, None)

    def close(self, *, is_well: bool) -> None:
        """End the progress; the terminal is whole again."""
        self._progress.close(is_well=is_well)

    def deliver(self, *, is_brief: bool) -> bool:
        """Wait until all that was shown has left, as `streams.deliver` does."""
        return deliver(self._out, self._err, is_brief=is_brief)

    def _ended(self, code: ExitCode) -> int:
        """End the progress, and return the number that the process ends with."""
        number = number_of(code, self._exit_map)
        self.close(is_well=number == 0)
        return number


@contextmanager
def _known(code: ExitCode) -> Iterator[None]:
    """Tell whoever hears that a result did not leave how the command would have ended."""
    try:
        yield
    except (Interrupted, OutputClosed) as end:
        end.exit_code = code
        raise


def format_asked_for(argv: Sequence[str], variables: Mapping[str, str]) -> Format | None:
    """Return the format that a command line seems to ask for, where it could not be parsed."""
    last = variables.get("DFCTL_OUTPUT", "").strip().lower()
    for word, following in pairwise([*argv, ""]):
        if option := _OUTPUT.fullmatch(word):
            last = option["value"] or following
    return Format(last) if last in (Format.JSON, Format.JSONL) else None


def ci_asked_for(argv: Sequence[str], variables: Mapping[str, str]) -> CiChoice:
    """Return the CI system that a command line seems to ask for, where it could not be parsed."""
    if not argv or argv[0] not in _TELLING:
        return CiChoice.NONE
    last = variables.get("DFCTL_CI", "").strip().lower()
    for word, following in pairwise([*argv, ""]):
        if option := _CI.fullmatch(word):
            last = following if option["value"] is None else option["value"]
    return CiChoice(last) if last in tuple(CiChoice) else CiChoice.NONE


def choose(showing: Showing, around: Surroundings) -> Output:
    """Return the output that fits what the user asked for and where the streams lead."""
    out = ResultStream(around.out)
    err = NoticeStream(around.err, beside=out)
    ci = settled(showing.ci, around.variables)
    if ci is not CiChoice.NONE and showing.progress is ProgressKind.AUTO:
        # A log is nothing to draw on, not even where the step has a terminal.
        showing = replace(showing, progress=ProgressKind.PLAIN)
    # An annotation stands in the log itself: said again below it, an error would stand there twice.
    complaints = NoticeStream(None) if ci in ANNOTATING else err
    return Output(
        _progress(showing, around, out, err),
        _results(showing, out, complaints, around.now),
        _report(ci, showing, around, err),
        out,
        err,
        is_hinting=not showing.is_quiet and showing.format in (None, Format.TEXT),
        is_quiet=showing.is_quiet,
        exit_map=around.exit_map,
    )


def _results(
    showing: Showing, out: ResultStream, err: NoticeStream, now: Callable[[], datetime]
) -> Results:
    quiet = showing.is_quiet
    if showing.format is Format.JSON:
        return JsonResults(out, err, is_quiet=quiet)
    if showing.format is Format.JSONL:
        return JsonLineResults(out, err, now, is_quiet=quiet)
    if showing.format is Format.REF:
        return ReferenceResults(out, err, is_quiet=quiet)
    # An explicit format is always printed; quiet silences only what nobody asked for.
    return TextResults(out, err, is_quiet=quiet, is_asked_for=showing.format is not None)


def _report(ci: CiChoice, showing: Showing, around: Surroundings, err: NoticeStream) -> CiReport:
    if ci is CiChoice.NONE:
        return NoReport()
    from dfctl.output.ci.report import Report, Surface

    surface = Surface(
        err=err, write_file=around.write_file, variables=around.variables, now=around.now
    )
    return Report(_system(ci, showing, f"{int(around.random() * 2**52):013x}"), surface)


def _system(ci: CiChoice, showing: Showing, token: str) -> "System":
    from dfctl.output.ci.azure import Azure
    from dfctl.output.ci.github import GitHub
    from dfctl.output.ci.gitlab import GitLab

    if ci is CiChoice.GITHUB:
        return GitHub(token)
    if ci is CiChoice.AZURE:
        return Azure(token)
    is_silent = showing.is_quiet or showing.progress is ProgressKind.NONE
    return GitLab(token, has_sections=not is_silent)


def _progress(
    showing: Showing, around: Surroundings, out: ResultStream, err: NoticeStream
) -> Progress:
    def plain(write: Callable[[str], None]) -> Progress:
        now = None if _is_timed_elsewhere(around) else around.now
        return Plain(write, now, is_verbose=showing.is_verbose)

    def kept(write: Callable[[str], None]) -> Progress:
        # What is kept back is told at the end, and only its own times say when it was.
        return Plain(write, around.now, is_verbose=showing.is_verbose)

    if showing.is_quiet:
        return Quiet(err.line, kept)
    if showing.progress is ProgressKind.NONE:
        return Silent(err.news, is_verbose=showing.is_verbose)
    if around.err is None or showing.progress is ProgressKind.PLAIN or not err.is_terminal:
        return plain(err.news)
    # Lines of JSON would fall into the live view, on one and the same terminal.
    is_cut_up = showing.format is Format.JSONL and out.is_terminal
    if around.variables.get("TERM", "") == "dumb" or is_cut_up:
        return plain(err.news)
    encoding = around.err.encoding or ""
    return Late(lambda: _live(showing, around, err, encoding), lambda: plain(err.news), err.news)


def _is_timed_elsewhere(around: Surroundings) -> bool:
    """Return whether stderr leads to systemd's journal, which gives each line its time.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#%24JOURNAL_STREAM
    """
    try:
        status = os.fstat(around.err.fileno()) if around.err else None
    except (OSError, ValueError):
        return False
    told = around.variables.get("JOURNAL_STREAM")
    return status is not None and told == f"{status.st_dev}:{status.st_ino}"


def _live(showing: Showing, around: Surroundings, err: NoticeStream, encoding: str) -> Progress:
    # Rich costs more than everything else here, and is drawn with on terminals alone.
    from dfctl.output.live import Live, wants_color

    asked = {ColorChoice.ALWAYS: True, ColorChoice.NEVER: False}.get(showing.color)
    color = wants_color(around.variables) if asked is None else asked
    is_unicode = "utf" in encoding.lower()
    return Live(
        err,
        around.monotonic,
        is_verbose=showing.is_verbose,
        color=color,
        is_unicode=is_unicode,
    )
