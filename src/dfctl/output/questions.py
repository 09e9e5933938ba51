"""Questions to a person: asked on stderr, answered on the terminal that stdin is."""

import os
import textwrap
from collections.abc import Callable
from typing import TextIO, TypeVar

from dfctl.core.errors import DfctlError

_WIDEST = 80
_NARROWEST = 20
_Answer = TypeVar("_Answer")


class NoMoreAnswers(Exception):
    """The person ended the input, as Ctrl-D does."""


class Questions:
    """Asks until an answer can be used. Every method raises `NoMoreAnswers`."""

    def __init__(
        self, stdin: TextIO, stderr: TextIO, read_unseen: Callable[[str], str | None]
    ) -> None:
        self._in = stdin
        self._err = stderr
        self._read_unseen = read_unseen
        self._width = _width_of(stderr)

    def say(self, text: str = "", *, indent: str = "") -> None:
        """Write a paragraph, wrapped to the terminal; what has no blanks stays whole."""
        lines = textwrap.wrap(
            text,
            self._width - 1,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        self._write("".join(f"{line}\n" for line in lines or [""]))

    def complain(self, problem: str, hint: str | None) -> None:
        """Say what is wrong, and what to do about it."""
        self.say(f"error: {problem}")
        if hint:
            self.say(f"hint: {hint}")

    def ask(self, label: str, read: Callable[[str], _Answer], *, default: str = "") -> _Answer:
        """Return what `read` makes of the answer, or of `default` where the answer is empty.

        A DfctlError that `read` raises is told, and the question asked again.
        """
        shown = f"{label} [{default}]: " if default else f"{label}: "
        return self._until_usable(lambda: self._line(shown) or default, read)

    def ask_hidden(self, label: str, read: Callable[[str], _Answer]) -> _Answer:
        """Return what `read` makes of an answer that is not shown."""
        return self._until_usable(lambda: self._unseen_line(f"{label}: "), read)

    def _until_usable(self, answer: Callable[[], str], read: Callable[[str], _Answer]) -> _Answer:
        while True:
            try:
                return read(answer())
            except DfctlError as problem:
                self.complain(problem.message, problem.hint)

    def _line(self, shown: str) -> str:
        self._write(shown)
        line = self._in.readline()
        if not line:
            self._write("\n")
            raise NoMoreAnswers
        return line.strip()

    def _unseen_line(self, shown: str) -> str:
        line = self._read_unseen(shown)
        if line is None:
            self._write("\n")
            raise NoMoreAnswers
        return line.strip()

    def _write(self, text: str) -> None:
        self._err.write(text)
        self._err.flush()


def questions_at(
    stdin: TextIO | None, stderr: TextIO | None, read_unseen: Callable[[str], str | None]
) -> Questions | None:
    """Return the questions of a terminal, or None where no person would see or answer them.

    `read_unseen` asks for a line that is not shown; it returns None where the input ends.
    """
    if stdin is None or stderr is None or not (stdin.isatty() and stderr.isatty()):
        return None
    return Questions(stdin, stderr, read_unseen)


def _width_of(stream: TextIO) -> int:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return max(_NARROWEST, min(columns or _WIDEST, _WIDEST))
