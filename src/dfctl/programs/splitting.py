"""A command as it is written in one text, split into a program and its arguments. No shell."""

import re
import shlex
import sys

# Backslashes before a quote, other backslashes, blanks, and all else.
_PART = re.compile(r'(?P<escapes>\\*)"|\\+|(?P<blanks>[ \t\r\n]+)|[^\\" \t\r\n]+')


def split(text: str) -> list[str]:
    """Return the words of a command as this system's programs are given them.

    Raises ValueError where a quote is not closed.
    """
    return split_as_windows(text) if sys.platform == "win32" else split_as_posix(text)


def split_as_posix(text: str) -> list[str]:
    """Return the words that a POSIX shell would make of `text`, if it expanded nothing."""
    return shlex.split(text)


def split_as_windows(text: str) -> list[str]:
    """Return the words that a Windows program would find in its command line.

    A backslash is one, but before a double quote; a single quote is no quote:
    https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
    """
    words: list[str] = []
    word: str | None = None
    is_quoted = False
    for part in _PART.finditer(text):
        if part["blanks"] and not is_quoted:
            words += [] if word is None else [word]
            word = None
        elif part["escapes"] is None:
            word = (word or "") + part[0]
        else:
            count = len(part["escapes"])
            is_literal = count % 2 == 1
            word = (word or "") + "\\" * (count // 2) + ('"' if is_literal else "")
            is_quoted = is_quoted if is_literal else not is_quoted
    if is_quoted:
        raise ValueError("No closing quotation")
    return words if word is None else [*words, word]
