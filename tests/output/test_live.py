"""The live line: on terminals of any width, of any encoding, and on those that went away."""

import errno
import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dfctl.core.events import (
    Accepted,
    Event,
    Exchanged,
    Following,
    Heartbeat,
    Missed,
    Seen,
    StartDelayed,
    Starting,
    Warned,
)
from dfctl.core.exchange import Effect, Request, Response
from dfctl.core.states import State
from dfctl.output.live import Live
from dfctl.output.streams import NoticeStream
from tests.core.properties import any_text, bounded, plain_text
from tests.output.stages import (
    BEGUN,
    ENDED,
    NEW,
    RUNNING,
    STORY,
    Broken,
    BytesTerminal,
    Terminal,
    without_escapes,
)

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
EXCHANGED = Exchanged(Request("GET", "/x", Effect.READ), "http://h/x", Response(200, b""), 0.0)
LONG = replace(RUNNING, profile="a-profile-whose-name-is-longer-than-some-terminals")


def live_on(
    stream: io.TextIOBase,
    *,
    is_verbose: bool = False,
    is_unicode: bool = True,
    color: bool | None = None,
) -> Live:
    return Live(
        NoticeStream(stream),  # type: ignore[arg-type]
        lambda: 1000.0,
        is_verbose=is_verbose,
        color=color,
        is_unicode=is_unicode,
    )


def play(live: Live, events: list[Event]) -> None:
    """Hear events, say something in between, and come to an end."""
    for event in events:
        live.hear(event)
        live.note("-")
    live.close(is_well=True)


def frames(screen: Terminal | BytesTerminal, events: Sequence[Event], *, is_unicode: bool) -> None:
    """Draw the line as it is after each event: closing draws it once more before it goes."""
    for event in events:
        live = live_on(screen, is_unicode=is_unicode)
        live.hear(event)
        live.close(is_well=True)


ALL_LINES: list[Event] = [
    Following(NEW, None),
    Following(LONG, None),
    StartDelayed(LONG, "it broke", 1.0),
    *(Seen(replace(LONG, state=state)) for state in State),
    *(Seen(replace(RUNNING, state=state)) for state in State),
]


@pytest.mark.parametrize("width", [20, 40, 100, 200])
@pytest.mark.parametrize("is_unicode", [True, False])
def test_the_line_fits_into_the_terminal(
    width: int, is_unicode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    screen = Terminal()
    events = [event for event in ALL_LINES if not isinstance(event, StartDelayed)]
    frames(screen, events, is_unicode=is_unicode)
    lines = [
        part for line in without_escapes(screen.getvalue()).split("\n") for part in line.split("\r")
    ]
    assert any("a-profile" in line for line in lines)
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("width", [20, 40, 100, 200])
def test_the_cursor_is_shown_again(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    screen = Terminal()
    play(live_on(screen), STORY)
    text = screen.getvalue()
    assert text.count(HIDE) == text.count(SHOW) == 1
    assert text.rindex(SHOW) > text.rindex(HIDE)
    assert "sales" not in text[text.rindex(SHOW) :]


def test_it_may_be_closed_again_and_without_a_beginning() -> None:
    screen = Terminal()
    live = live_on(screen)
    live.close(is_well=False)
    assert screen.getvalue() == ""
    play(live, STORY)
    live.close(is_well=True)
    assert screen.getvalue().count(HIDE) == screen.getvalue().count(SHOW) == 1


def test_notes_are_whole_however_narrow_the_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    screen = Terminal()
    live = live_on(screen)
    live.hear(Accepted(LONG))
    live.close(is_well=True)
    reference = str(LONG.reference)
    assert f"{LONG.profile}: started {reference}\n" in without_escapes(screen.getvalue())


def test_what_should_stay_is_printed_above_the_line() -> None:
    screen = Terminal()
    live = live_on(screen, is_verbose=True)
    linked = replace(RUNNING, url="https://h.example/run")
    events: list[Event] = [
        Starting(NEW),
        StartDelayed(NEW, "it broke", 0.5),
        Accepted(BEGUN),
        EXCHANGED,
        Warned("careful"),
        Missed(BEGUN, "it broke", 2.0),
        Seen(linked),
        Seen(linked),
        Heartbeat(),
        Seen(replace(ENDED, url=linked.url)),
    ]
    for event in events:
        live.hear(event)
    live.note("a note")
    live.close(is_well=True)
    shown = without_escapes(screen.getvalue())
    for line in (
        "sales: nothing started yet: it broke; trying again in 500ms",
        "sales: started sales/updatesales/r1",
        "GET http://h/x: HTTP 200, 0 bytes (0s)",
        "warning: careful",
        "sales: no news: it broke; looking again in 2s",
        "sales: https://h.example/run",
        "a note",
    ):
        assert shown.count(line) == 1, line


def test_exchanges_are_not_told_unasked() -> None:
    screen = Terminal()
    play(live_on(screen), [EXCHANGED])
    assert "HTTP" not in screen.getvalue()


@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1"])
def test_a_terminal_gets_only_what_its_encoding_has(
    width: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    screen = BytesTerminal(encoding)
    frames(screen, ALL_LINES, is_unicode=False)
    text = screen.text()
    assert "a-profile" in text
    assert "\\u" not in text
    assert "\\x" not in text


@bounded(25)
@given(text=plain_text, state=st.sampled_from(State), width=st.sampled_from([20, 40, 100]))
def test_no_text_is_read_as_markup_or_breaks_the_line(
    text: str, state: State, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    run = replace(BEGUN, state=state, service_state=text)
    screen = Terminal()
    live = live_on(screen)
    live.hear(Following(BEGUN, None))
    live.hear(Seen(run))
    live.note(f"[bold]{text}[/] :smile:")
    live.close(is_well=True)
    assert "[bold]" in screen.getvalue()
    assert ":smile:" in without_escapes(screen.getvalue())
    assert screen.getvalue().endswith(SHOW) or SHOW in screen.getvalue()


@bounded(25)
@given(any_text)
def test_hostile_words_of_the_service_are_never_drawn(word: str) -> None:
    screen = Terminal()
    live = live_on(screen)
    live.hear(Following(BEGUN, None))
    live.hear(Seen(replace(BEGUN, state=State.UNKNOWN, service_state=word)))
    live.close(is_well=True)
    assert "unknown" in without_escapes(screen.getvalue()) or SHOW in screen.getvalue()


def test_a_note_that_names_a_hostile_file_is_one_line_of_text() -> None:
    screen = Terminal()
    live = live_on(screen)
    live.hear(Following(BEGUN, None))
    live.hear(Warned("others can write /a\x9b2J\x1b]0;owned\x07\nerror: forged\u202e/key"))
    live.close(is_well=True)
    shown = without_escapes(screen.getvalue())
    assert (
        "warning: others can write /a\ufffd2J\ufffd]0;owned\ufffd error: forged\ufffd/key" in shown
    )


PROBLEMS = [
    BrokenPipeError(errno.EPIPE, "Broken pipe"),
    OSError(errno.EIO, "Input/output error"),
    ValueError("I/O operation on closed file"),
]


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize("good", [0, 3])
@pytest.mark.parametrize("on_flush", [False, True])
def test_a_terminal_that_went_away_stops_nothing(
    problem: Exception, good: int, on_flush: bool
) -> None:
    """As when a window was closed, and the run is followed on."""
    screen = Broken(problem, good=good, on_flush=on_flush, is_terminal=True)
    live = live_on(screen)
    try:
        play(live, STORY)
        live.close(is_well=False)
    finally:
        # Whatever happened, no thread draws on.
        screen.heal()
        live.close(is_well=False)
