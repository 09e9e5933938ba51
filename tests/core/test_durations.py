"""Durations: what users write is read, and what is shown can be written again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.durations import format_duration, parse_duration
from tests.core.properties import any_text, bounded

YEAR = 366 * 24 * 3600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("90s", 90.0),
        ("5m", 300.0),
        ("2h30m", 9000.0),
        ("1h2m3s4ms", 3723.004),
        ("24h", 86400.0),
        ("1.5h", 5400.0),
        ("0.5s", 0.5),
        ("0s", 0.0),
        ("007s", 7.0),
        ("90m", 5400.0),
        (" 5M ", 300.0),
        ("1d", 86400.0),
        ("7d", 604800.0),
        ("1d2h", 93600.0),
        ("1.5d", 129600.0),
        ("8784h", float(YEAR)),
        ("366d", float(YEAR)),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["none", "NONE", " None "])
def test_none_lifts_a_limit(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s",
        "5",
        "-5s",
        "+5s",
        "5 m",
        "5m 3s",
        "3s5m",
        "5m5m",
        "1e3s",
        "1.5h30m",
        "1.s",
        ".5s",
        "1,5s",
        "5w",
        "1h1d",
        "5min",
        "infs",
        "nans",
        "inf",
        "null",
        "\u0665m",
        "5\uff4d",
        "5s\x00",
        "1_000s",
        "000000000000000000001s",
    ],
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 500ms, 90s, 5m, 2h30m or none"):
        parse_duration(text)


def test_a_bare_number_is_refused_with_a_guess() -> None:
    with pytest.raises(ValueError, match="did you mean") as caught:
        parse_duration(" 90 ")
    assert str(caught.value) == (
        "' 90 ' is not a duration such as 500ms, 90s, 5m, 2h30m or none; did you mean 90s?"
    )


@pytest.mark.parametrize("text", ["8785h", "99999999999999999h", "999999999999999999ms"])
def test_more_than_a_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is longer than a year") as caught:
        parse_duration(text)
    assert str(caught.value) == f"'{text}' is longer than a year; for no limit write none"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "none"),
        (0, "0s"),
        (0.0001, "1ms"),
        (0.25, "250ms"),
        (1, "1s"),
        (59.6, "1m"),
        (90, "1m30s"),
        (300, "5m"),
        (3600, "1h"),
        (9000, "2h30m"),
        (86400, "24h"),
    ],
)
def test_a_duration_is_shown(seconds: float | None, text: str) -> None:
    assert format_duration(seconds) == text


@bounded(200)
@given(st.floats(0, YEAR))
def test_what_is_shown_is_read_back_to_the_smallest_unit_shown(seconds: float) -> None:
    again = parse_duration(format_duration(seconds))
    assert again is not None
    smallest = 0.001 if seconds < 1 else 1.0 if seconds < 3600 else 60.0
    assert abs(again - seconds) <= smallest + 1e-9


@bounded(200)
@given(
    st.builds(lambda h, m: f"{h}h{m}m", st.integers(1, 8000), st.integers(1, 59))
    | st.builds(lambda m, s: f"{m}m{s}s", st.integers(1, 59), st.integers(1, 59))
    | st.builds("{}s".format, st.integers(0, 59))
    | st.builds("{}ms".format, st.integers(1, 999))
)
def test_a_duration_of_two_units_is_shown_as_it_was_written(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


@bounded(300)
@given(any_text | st.text("0123456789.hms e-+", max_size=24))
def test_any_text_is_a_duration_or_a_sentence(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError as problem:
        sentence = str(problem)
        assert "duration" in sentence or "year" in sentence
        assert len(sentence.splitlines()) == 1
    else:
        assert seconds is None or 0 <= seconds <= YEAR
