"""The one place that looks at terminals and options to choose how things are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from dfctl.core.exits import ExitMap
from dfctl.output.ci.choice import ANNOTATING, CiChoice, settled
from dfctl.output.ci.nobody import CiReport, NoReport
from dfctl.output.jsonl import JsonLineResults
from dfctl.output.output import Output
from dfctl.output.progress import Late, Plain, Progress, Quiet, Silent
from dfctl.output.results import JsonResults, ReferenceResults, Results, TextResults
from dfctl.output.showing import ColorChoice, Format, ProgressKind, Showing
from dfctl.output.streams import NoticeStream, ResultStream
from dfctl.output.systemd import is_journal

if TYPE_CHECKING:
    from dfctl.output.ci.report import WriteFile


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
    from dfctl.output.ci.systems import system_of

    is_silent = showing.is_quiet or showing.progress is ProgressKind.NONE
    token = f"{int(around.random() * 2**52):013x}"
    surface = Surface(
        err=err, write_file=around.write_file, variables=around.variables, now=around.now
    )
    return Report(system_of(ci, token=token, has_sections=not is_silent), surface)


def _progress(
    showing: Showing, around: Surroundings, out: ResultStream, err: NoticeStream
) -> Progress:
    def plain(write: Callable[[str], None]) -> Progress:
        now = None if is_journal(around.err, around.variables) else around.now
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
