"""What is said of runs and events, one line each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.events import Accepted, Event, Exchanged, Following, Heartbeat, Missed, Seen, Warned
from dfctl.core.exchange import Effect, Fault, FaultKind, Request, Response
from dfctl.core.states import State
from dfctl.output.sentences import columns, event_line, exchange_line, state_words
from tests.core.properties import bounded
from tests.output.stages import BEGUN, NEW

REQUEST = Request("GET", "/x", Effect.READ)


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([], []),
        ([[]], [""]),
        ([[], []], ["", ""]),
        ([["a"]], ["a"]),
        ([["a", "b"], ["long", "c"]], ["a     b", "long  c"]),
        ([["", ""], ["x", ""]], ["", "x"]),
        ([["a", "", "c"], ["b", "", "d"]], ["a    c", "b    d"]),
    ],
)
def test_cells_stand_below_one_another(rows: list[list[str]], lines: list[str]) -> None:
    assert columns(rows) == lines


@bounded(100)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(st.text("ab ", max_size=5), min_size=width, max_size=width))
    )
)
def test_columns_of_any_table_are_a_line_for_each_row(rows: list[list[str]]) -> None:
    lines = columns(rows)
    assert len(lines) == len(rows)
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state: State) -> None:
    words = state_words(state)
    assert words
    assert "_" not in words


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            Following(BEGUN, 90.0),
            "sales: following sales/updatesales/r1 for up to 1m30s (--timeout)",
        ),
        (Following(BEGUN, None), "sales: following sales/updatesales/r1 with no timeout"),
        (Accepted(BEGUN), "sales: started sales/updatesales/r1"),
        (Missed(BEGUN, "it broke", 2.0), "sales: no news: it broke; looking again in 2s"),
        (Missed(BEGUN, "it broke", None), "sales: no news: it broke"),
        (Seen(BEGUN), None),
        (Heartbeat(), None),
        (Warned("careful"), None),
    ],
)
def test_an_event_has_its_line(event: Event, line: str | None) -> None:
    assert event_line(event) == line


def test_what_is_followed_names_its_timeout_in_the_first_line() -> None:
    line = event_line(Following(NEW, 3600.0))
    assert line is not None
    assert "1h (--timeout)" in line


def test_an_exchange_is_told_in_a_line() -> None:
    answered = Exchanged(REQUEST, "http://h/x", Response(200, b"12345"), 0.25)
    broken = Exchanged(REQUEST, "http://h/x", Fault(FaultKind.NETWORK, "it broke", True), 90.0)
    assert exchange_line(answered) == "GET http://h/x: HTTP 200, 5 bytes (250ms)"
    assert exchange_line(broken) == "GET http://h/x: it broke (1m30s)"
