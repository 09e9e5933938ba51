"""Text from outside is made safe to show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.text import clean, clean_link, is_safe, on_one_line, on_screen
from tests.core.properties import any_text, bounded

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def unsafe_in(text: str) -> list[str]:
    return [one for one in text if unicodedata.category(one) in ("Cc", "Cs") or one in BIDI]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain", "plain"),
        ("  two\n\tlines \r\n", "two lines"),
        ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
        ("a\x00b\x7fc\x9bd", "a\ufffdb\ufffdc\ufffdd"),
        ("\u202egpj.exe", "\ufffdgpj.exe"),
        ("\ud800", "\ufffd"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
        ("æøå 漢字 🙂", "æøå 漢字 🙂"),
        ("a\u2028b\u2029c", "a b c"),
        ("pay\u200bpal \u2060x\ufeff", "pay\ufffdpal \ufffdx\ufffd"),
        ("hid\U000e0041\U000e007fden", "hid\ufffd\ufffdden"),
        ("👩\u200d🚀 n\u200cm", "👩\u200d🚀 n\u200cm"),
        ("z" + 400 * "\u0301" + "\u20dd" * 9 + "!", "z" + 6 * "\u0301" + "!"),
        ("e\u0301e\u0301", "e\u0301e\u0301"),
        ("one\n::error::two", "one ::error::two"),
    ],
)
def test_unsafe_characters_are_replaced(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_long_text_is_cut() -> None:
    assert clean("x" * 1_000_000) == "x" * 297 + "..."
    assert clean("x" * 300) == "x" * 300
    assert clean("abcdefghij", longest=8) == "abcde..."


@bounded(300)
@given(any_text, st.integers(3, 40))
def test_whatever_comes_is_one_safe_line_of_the_length_that_is_allowed(
    text: str, longest: int
) -> None:
    shown = clean(text, longest=longest)
    assert not unsafe_in(shown)
    assert len(shown) <= longest
    assert len(shown.splitlines()) <= 1
    assert is_safe(on_screen(shown))
    assert shown == clean(shown, longest=longest)


@pytest.mark.parametrize(
    "link",
    [
        "https://app.dataform.co/#/1234/run/5678",
        "http://host.example/a?b=c%20d",
        "https://æ.example",
    ],
)
def test_an_http_link_is_shown(link: str) -> None:
    assert clean_link(link) == link


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://host.example",
        "//host.example",
        " https://host.example",
        "https://host.example/ and more",
        "https://host.example/\x1b]8;;",
        "https://host.example/\u202e",
        "https://host.example/\ud800",
        "https://host.example/\n",
        "https://host.example/\u200b",
        "https://host.example/##vso[task.complete]",
        "https://host.example/" + "x" * 2000,
    ],
)
def test_any_other_link_is_not_shown(link: str | None) -> None:
    assert clean_link(link) is None


def test_a_link_of_two_lines_is_not_shown() -> None:
    assert clean_link("https://host.example/\u2028error: forged") is None


@bounded(200)
@given(st.builds("".join, st.tuples(st.sampled_from(["https://", "http://", ""]), any_text)))
def test_no_link_that_is_shown_is_unsafe(link: str) -> None:
    shown = clean_link(link)
    assert shown is None or (shown == link and not unsafe_in(link) and " " not in link)


def test_lines_of_a_page_stay_lines_and_steer_nothing() -> None:
    page = "one\n\ttwo \x1b[2J\x9b31m\u202e\r\x00\u2028three \u200d [red]"
    assert on_screen(page) == (
        "one\n\ttwo \ufffd[2J\ufffd31m\ufffd\ufffd\ufffd\ufffdthree \u200d [red]"
    )


def test_a_line_that_names_a_file_of_two_lines_is_one() -> None:
    assert on_one_line("error: /a\nerror: forged\r\n/b\x1b[2J: gone") == (
        "error: /a error: forged /b\ufffd[2J: gone"
    )
