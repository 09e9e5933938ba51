"""Every combination of options and streams has its output."""

import io
import itertools
import json

import pytest

from dfctl.core.errors import UsageError
from dfctl.core.events import UnderWay
from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.output.choosing import Surroundings, choose
from dfctl.output.output import Output
from dfctl.output.showing import ColorChoice, Format, ProgressKind, Showing, format_asked_for
from dfctl.store.texts import write_text
from tests.documents import check_document, check_lines
from tests.output.stages import ENDED, FAILED, NOW, STAMP, STORY, Broken, Terminal, without_escapes

FORMATS = [None, *Format]


def output_of(
    showing: Showing,
    out: io.StringIO | None,
    err: io.StringIO | None,
    variables: dict[str, str] | None = None,
) -> Output:
    return choose(
        showing,
        Surroundings(
            out=out,
            err=err,
            variables=variables or {},
            now=lambda: NOW,
            monotonic=lambda: 1000.0,
            random=lambda: 0.5,
            write_file=write_text,
        ),
    )


def shown(
    showing: Showing, run: Run, code: ExitCode, *, is_terminal: bool, term: str | None
) -> tuple[str, str]:
    """Return both streams of a whole story."""
    out = io.StringIO()
    err = Terminal() if is_terminal else io.StringIO()
    output = output_of(showing, out, err, {} if term is None else {"TERM": term})
    for event in STORY:
        output.hear(event)
    output.line("a line")
    output.hint("a hint")
    output.runs([run], code)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("is_quiet", [False, True])
@pytest.mark.parametrize("progress", ProgressKind)
def test_every_combination_shows_what_it_should(
    form: Format | None, is_quiet: bool, progress: ProgressKind
) -> None:
    showing = Showing(format=form, is_quiet=is_quiet, progress=progress)
    ends = [(ENDED, ExitCode.SUCCEEDED), (FAILED, ExitCode.FAILED)]
    terms = ("xterm", "dumb", None)
    for (run, code), is_terminal, term in itertools.product(ends, (False, True), terms):
        out, err = shown(showing, run, code, is_terminal=is_terminal, term=term)
        assert_result(showing, run, code, out)
        assert_progress(showing, code, err, is_drawable=is_terminal and term != "dumb")


def assert_result(showing: Showing, run: Run, code: ExitCode, out: str) -> None:
    """Fail where stdout is not what `showing` asks for."""
    if showing.format is Format.JSON:
        check_document(out)
        assert json.loads(out)["exit_code"] == code
    elif showing.format is Format.JSONL:
        check_lines(out)
        *events, document = map(json.loads, out.splitlines())
        assert [event["event"] for event in events] == [
            "following",
            "accepted",
            "state",
            "missed",
            "state",
            "heartbeat",
            "state",
        ]
        assert document["exit_code"] == code
        assert [run["state"] for run in document["runs"]] == [run.state]
    elif showing.format is Format.REF:
        assert out == "sales/updatesales/r1\n"
    elif showing.format is None and showing.is_quiet and code is ExitCode.SUCCEEDED:
        assert out == ""
    else:
        assert out == f"sales: {run.state} after 1m30s (sales/updatesales/r1)\n"


def assert_progress(showing: Showing, code: ExitCode, err: str, *, is_drawable: bool) -> None:
    """Fail where stderr is not what `showing` asks for."""
    is_quiet, progress = showing.is_quiet, showing.progress
    is_silent = progress is ProgressKind.NONE and not is_quiet
    may_draw = progress in (ProgressKind.AUTO, ProgressKind.LIVE) and not is_quiet
    is_live = is_drawable and may_draw
    is_told = not (is_quiet and code is ExitCode.SUCCEEDED)
    assert ("\x1b" in err) is is_live
    assert (STAMP in err) is (is_told and not is_live and not is_silent)
    assert ("a line" in err) is is_told
    assert ("a hint" in err) is (not is_quiet and showing.format in (None, Format.TEXT))


@pytest.mark.parametrize("color", ColorChoice)
def test_colours_are_drawn_where_they_are_wanted(
    color: ColorChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    err = Terminal()
    output = output_of(Showing(color=color), io.StringIO(), err, {"TERM": "xterm-256color"})
    output.hear(STORY[0])
    assert err.getvalue() == "", "nothing is drawn before the first requests were handed over"
    output.hear(UnderWay())
    output.close(is_well=True)
    assert ("\x1b[36m" in err.getvalue()) is (color is not ColorChoice.NEVER)


def test_no_color_takes_colours_away_unless_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    for color, is_coloured in [(ColorChoice.AUTO, False), (ColorChoice.ALWAYS, True)]:
        err = Terminal()
        output = output_of(Showing(color=color), io.StringIO(), err, {"NO_COLOR": "1"})
        output.hear(STORY[0])
        output.hear(UnderWay())
        output.close(is_well=True)
        assert ("\x1b[36m" in err.getvalue()) is is_coloured


def test_a_list_is_told_as_well() -> None:
    out = io.StringIO()
    output_of(Showing(), out, io.StringIO()).listing("profiles", [], ["one"])
    assert out.getvalue() == "one\n"


def test_an_error_follows_the_whole_story_of_a_quiet_command() -> None:
    err = io.StringIO()
    output = output_of(Showing(is_quiet=True), io.StringIO(), err)
    output.hear(STORY[0])
    output.failed(UsageError("it is wrong", hint="type this"), ExitCode.USAGE)
    first, second, third = err.getvalue().splitlines()
    assert first.startswith(STAMP)
    assert (second, third) == ("error: it is wrong", "hint: type this")


def test_a_process_without_streams_shows_nothing() -> None:
    output = output_of(Showing(), None, None)
    for event in STORY:
        output.hear(event)
    output.runs([ENDED], ExitCode.SUCCEEDED)
    output.failed(UsageError("it is wrong"), ExitCode.USAGE)


def test_a_stderr_that_broke_does_not_keep_the_result_back() -> None:
    out = io.StringIO()
    output = output_of(Showing(), out, Broken(OSError("gone")))
    for event in STORY:
        output.hear(event)
    output.runs([ENDED], ExitCode.SUCCEEDED)
    assert out.getvalue() == "sales: succeeded after 1m30s (sales/updatesales/r1)\n"


def test_the_result_is_written_after_the_live_line_was_taken_away() -> None:
    """Both streams on one terminal."""
    screen = Terminal()
    output = output_of(Showing(), screen, screen)
    for event in STORY:
        output.hear(event)
    output.runs([ENDED], ExitCode.SUCCEEDED)
    result = "sales: succeeded after 1m30s (sales/updatesales/r1)\n"
    assert screen.getvalue().endswith(result)
    assert "\x1b[?25h" in screen.getvalue().removesuffix(result)
    assert without_escapes(screen.getvalue()).endswith(result)


@pytest.mark.parametrize(
    ("line", "variable", "form"),
    [
        ("run sales -o json", "", Format.JSON),
        ("run sales -ojson", "", Format.JSON),
        ("run sales --output json", "", Format.JSON),
        ("run sales --output=json", "", Format.JSON),
        ("run sales", "json", Format.JSON),
        ("run sales", " JSON ", Format.JSON),
        ("run sales -qo json", "", Format.JSON),
        ("run sales -o jsonl", "", Format.JSONL),
        ("run sales --output=jsonl", "", Format.JSONL),
        ("run sales", "jsonl", Format.JSONL),
        ("run sales -o ref", "json", None),
        ("run sales", "text", None),
        ("run sales -o text", "", None),
        ("run json", "", None),
        ("run sales -o", "", None),
        ("", "", None),
    ],
)
def test_a_line_that_cannot_be_parsed_still_asks_for_json(
    line: str, variable: str, form: Format | None
) -> None:
    assert format_asked_for(line.split(), {"DFCTL_OUTPUT": variable}) is form


def test_an_option_of_the_line_wins_over_the_variable() -> None:
    assert format_asked_for(["run", "-o", "text"], {"DFCTL_OUTPUT": "json"}) is None
