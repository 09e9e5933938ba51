"""A command in one text, split into words."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.programs.splitting import split_as_posix, split_as_windows

WORDS = st.lists(
    st.text(alphabet=st.sampled_from("ab \t\"'\\$%^&|é")).map(lambda word: word.replace("\0", "")),
    min_size=1,
)


@given(WORDS)
def test_what_is_quoted_for_a_posix_shell_is_split_as_it_was(words: list[str]) -> None:
    assert split_as_posix(shlex.join(words)) == words


@given(WORDS)
def test_what_is_quoted_for_windows_is_split_as_it_was(words: list[str]) -> None:
    assert split_as_windows(subprocess.list2cmdline(words)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"C:\tools\notify.exe -to ops", [r"C:\tools\notify.exe", "-to", "ops"]),
        (r'"C:\Program Files\n.exe" a', [r"C:\Program Files\n.exe", "a"]),
        (r'notify "C:\some folder\\" b', ["notify", "C:\\some folder\\", "b"]),
        (r"say 'it is' done", ["say", "'it", "is'", "done"]),
        (r'a b" "c "" d', ["a", "b c", "", "d"]),
        (r'a \"b\" \\"c d"', ["a", '"b"', "\\c d"]),
        ("  a\tb\r\n", ["a", "b"]),
        ("", []),
    ],
)
def test_backslashes_and_quotes_are_those_of_windows(text: str, words: list[str]) -> None:
    assert split_as_windows(text) == words


@pytest.mark.parametrize("split", [split_as_posix, split_as_windows])
def test_a_quote_that_is_not_closed_is_refused(split: object) -> None:
    assert callable(split)
    with pytest.raises(ValueError, match="No closing quotation"):
        split('notify "ops')
