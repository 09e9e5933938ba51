"""The two streams, written so that a run is never broken, nor held up, by who reads them."""

import errno
import os
import queue
import threading
import time
from typing import Any, TextIO

from dfctl.core.errors import OutputClosed
from dfctl.core.text import on_one_line, on_screen
from dfctl.process.waits import LONGEST_WAIT

# How long a caller waits for its text to be written before it goes on, in seconds.
PATIENCE = 1.0
# How long a command that is over waits for its notices to be written, in seconds.
LAST_PATIENCE = 5.0
# Where so many texts wait for a reader, further progress is left out.
MOST_WAITING = 1000


class Writer:
    """Writes to one stream, and keeps nobody waiting for long who wants something written.

    The reader of a pipe may stop reading, and a person may stop a terminal (Ctrl-S): then a write
    does not return. So a thread writes, in order, made when it is first needed; who writes waits
    for it up to `patience` seconds, and not at all while an earlier text is overdue. Streams
    `beside` each other that lead to the same place share a thread, so that their texts stay in
    order. A stream without a file descriptor is in memory, and is written directly.

    `problem` is what the first write that failed raised; nothing is written after it.
    """

    def __init__(
        self, stream: TextIO, *, beside: "Writer | None" = None, patience: float = PATIENCE
    ) -> None:
        self.stream = stream
        self.problem: OSError | ValueError | None = None
        self._place = _place_of(stream)
        self._patience = patience
        self._last: _Text | None = None
        is_shared = beside is not None and beside._place == self._place
        self._hand: _Hand = beside._hand if beside and is_shared else _Hand()

    @property
    def is_behind(self) -> bool:
        """True while a text is overdue: its caller has gone on without it."""
        overdue = self._hand.overdue
        return overdue is not None and not overdue.is_done

    @property
    def waiting(self) -> int:
        """How many texts wait behind the one that is being written."""
        return self._hand.waiting

    def write(self, text: str) -> None:
        """Write `text` and see to it that it leaves, now or when the reader is back."""
        if self._place is None:
            self.write_now(text)
            return
        self._last = one = _Text(self, text)
        self._hand.take(one)
        if not self.is_behind and not one.is_done_within(self._patience):
            self._hand.overdue = one

    def write_now(self, text: str) -> None:
        """Write `text` here and now, however long it takes."""
        if self.problem is None:
            try:
                self.stream.write(text)
                self.stream.flush()
            except (OSError, ValueError) as problem:
                self.problem = problem

    def is_done_within(self, seconds: float | None) -> bool:
        """Wait until all is written, up to `seconds`; return whether it is."""
        return self._last is None or self._last.is_done_within(seconds)


class _Text:
    """A text on its way."""

    def __init__(self, writer: Writer, text: str) -> None:
        self._writer = writer
        self._text = text
        self.is_done = False
        # Released when it is done. A lock alone survives a signal's exception in any place.
        self._way = threading.Lock()
        self._way.acquire()

    def leave(self) -> None:
        """Called by the thread."""
        self._writer.write_now(self._text)
        self.is_done = True
        self._way.release()

    def is_done_within(self, seconds: float | None) -> bool:
        end = None if seconds is None else time.monotonic() + seconds
        while not self.is_done:
            left = LONGEST_WAIT if end is None else min(end - time.monotonic(), LONGEST_WAIT)
            if left <= 0:
                return False
            self._way.acquire(timeout=left)
        return True


class _Hand:
    """The thread that writes to one place."""

    def __init__(self) -> None:
        self.overdue: _Text | None = None
        self._texts: queue.SimpleQueue[_Text] = queue.SimpleQueue()
        self._is_begun = False

    @property
    def waiting(self) -> int:
        return self._texts.qsize()

    def take(self, text: _Text) -> None:
        if self._is_begun or self._begin():
            self._texts.put(text)
        else:
            text.leave()

    def _begin(self) -> bool:
        """Begin the thread; return whether there is one to be had."""
        try:
            # A daemon: what nobody reads must not keep dfctl from ending.
            threading.Thread(target=self._work, name="dfctl-writer", daemon=True).start()
        except RuntimeError:
            return False
        self._is_begun = True
        return True

    def _work(self) -> None:
        while True:
            self._texts.get().leave()


class ResultStream:
    """stdout: what cannot be written is an error, and nothing is left out."""

    def __init__(self, stream: TextIO | None) -> None:
        self.writer = None if stream is None else Writer(stream)
        self._is_problem_told = False

    @property
    def is_terminal(self) -> bool:
        return self.writer is not None and _is_terminal(self.writer.stream)

    def line(self, text: str) -> None:
        """Write `text` and a newline, and see to it that it leaves. No CI system obeys it.

        Raises `OutputClosed` where the reader is gone or the disk is full.
        """
        if self.writer is not None:
            self.writer.write(f"{on_screen(text)}\n")
            self._raise_problem(self.writer)

    def deliver(self, seconds: float | None) -> bool:
        """Wait up to `seconds` until all is written; return whether it is.

        Raises `OutputClosed` where it cannot be, unless `line` did already.
        """
        if self.writer is None:
            return True
        is_done = self.writer.is_done_within(seconds)
        if not self._is_problem_told:
            self._raise_problem(self.writer)
        return is_done

    def _raise_problem(self, writer: Writer) -> None:
        if (problem := writer.problem) is not None:
            self._is_problem_told = True
            is_gone = (
                isinstance(problem, BrokenPipeError) or problem_number(problem) == errno.EINVAL
            )
            raise OutputClosed(None if is_gone else str(problem))


class NoticeStream:
    """stderr: what cannot be written there is lost, and stops nothing.

    `most` is how many texts may wait for the reader before news are left out.
    """

    def __init__(
        self,
        stream: TextIO | None,
        *,
        beside: ResultStream | None = None,
        patience: float = PATIENCE,
        most: int = MOST_WAITING,
    ) -> None:
        other = beside.writer if beside else None
        self.writer = None if stream is None else Writer(stream, beside=other, patience=patience)
        self._most = most
        self._left_out = 0

    @property
    def is_terminal(self) -> bool:
        return self.writer is not None and _is_terminal(self.writer.stream)

    def line(self, text: str) -> None:
        """Write `text` and a newline. No CI system obeys it."""
        self.command(on_one_line(text))

    def command(self, text: str) -> None:
        """Write `text` and a newline as they are, for the CI system to obey."""
        if self.writer is not None:
            self.writer.write("".join(f"{line}\n" for line in [*self.left_out(), text]))

    def news(self, text: str) -> None:
        """Write a line of progress, unless too many wait already."""
        if self.has_room():
            self.line(text)

    def has_room(self) -> bool:
        """Return whether there is room for another line of progress; else count it as left out.

        Once a line was left out there is no room until the reader is back, so that there is only
        one gap.
        """
        if self.writer is None or not self.writer.is_behind:
            return True
        if not self._left_out and self.writer.waiting < self._most:
            return True
        self._left_out += 1
        return False

    def left_out(self) -> list[str]:
        """Return the line that says how many were left out, if any were since it was last told."""
        number, self._left_out = self._left_out, 0
        lines = "1 line was" if number == 1 else f"{number} lines were"
        return [f"({lines} left out here: nobody read on)"] if number else []

    def deliver(self, seconds: float) -> bool:
        """Wait up to `seconds` until all is written; return whether it is."""
        if self.writer is None:
            return True
        for line in self.left_out():
            self.line(line)
        return self.writer.is_done_within(seconds)


def deliver(out: ResultStream, err: NoticeStream, *, is_brief: bool) -> bool:
    """Wait until all that was written has left; return whether it has.

    Results take as long as their reader does, and notices are waited for a moment; where it shall
    be brief, both have a moment together. Raises `OutputClosed` where a result turns out not to be
    written.
    """
    end = time.monotonic() + PATIENCE
    is_out = out.deliver(PATIENCE if is_brief else None)
    left = max(0.0, end - time.monotonic()) if is_brief else LAST_PATIENCE
    return err.deliver(left) and is_out


class FrameStream:
    """A text stream for others to draw on: what is drawn leaves with each flush."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._drawn: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer.stream, name)

    def write(self, text: str) -> int:
        self._drawn.append(text)
        return len(text)

    def flush(self) -> None:
        drawn, self._drawn = "".join(self._drawn), []
        if drawn:
            self._writer.write(drawn)


def problem_number(problem: OSError | ValueError) -> int | None:
    """Return the errno of a problem; a Windows pipe that was closed tells EINVAL."""
    return problem.errno if isinstance(problem, OSError) else errno.EINVAL


def _place_of(stream: TextIO) -> object:
    """Return what tells where a stream leads, or None where that is nowhere but into memory."""
    try:
        number = stream.fileno()
        status = os.fstat(number)
    except (OSError, ValueError, AttributeError):
        return None
    # Windows does not number its pipes.
    return (status.st_dev, status.st_ino) if status.st_ino else number


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False
