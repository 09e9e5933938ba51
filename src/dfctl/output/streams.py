"""The two streams, written so that a run is never broken by who reads them."""

import errno
from typing import Any, TextIO

from dfctl.core.errors import OutputClosed
from dfctl.core.text import on_one_line, on_screen


class ResultStream:
    """stdout: what cannot be written is an error, told once."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    @property
    def is_terminal(self) -> bool:
        return _is_terminal(self._stream)

    def line(self, text: str) -> None:
        """Write `text` and a newline, and see to it that it leaves. No CI system obeys it.

        Raises `OutputClosed` where the reader is gone or the disk is full.
        """
        if self._stream is None:
            return
        try:
            self._stream.write(f"{on_screen(text)}\n")
            self._stream.flush()
        except (OSError, ValueError) as problem:
            is_gone = (
                isinstance(problem, BrokenPipeError) or problem_number(problem) == errno.EINVAL
            )
            raise OutputClosed(None if is_gone else str(problem)) from None


class NoticeStream:
    """stderr: what cannot be written there is lost, and stops nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream

    @property
    def is_terminal(self) -> bool:
        return _is_terminal(self.stream)

    def line(self, text: str) -> None:
        """Write `text` and a newline. No CI system obeys it."""
        self.command(on_one_line(text))

    def command(self, text: str) -> None:
        """Write `text` and a newline as they are, for the CI system to obey."""
        if self.stream is None:
            return
        try:
            self.stream.write(f"{text}\n")
            self.stream.flush()
        except (OSError, ValueError):
            self.stream = None


class UnbreakableStream:
    """A text stream for others to draw on: once it breaks, what is written to it is lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if not self._is_broken:
            try:
                self._stream.write(text)
            except (OSError, ValueError):
                self._is_broken = True
        return len(text)

    def flush(self) -> None:
        if not self._is_broken:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._is_broken = True


def problem_number(problem: OSError | ValueError) -> int | None:
    """Return the errno of a problem; a Windows pipe that was closed tells EINVAL."""
    return problem.errno if isinstance(problem, OSError) else errno.EINVAL


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False
