"""Streams that break do not break a run."""

import errno
import io

import pytest

from dfctl.core.errors import OutputClosed
from dfctl.output.streams import NoticeStream, ResultStream
from tests.output.stages import Broken, Terminal

GONE = [BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError(errno.EINVAL, "Invalid argument")]
FULL = [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "I/O error")]


def test_a_result_is_a_line_that_left() -> None:
    out = io.StringIO()
    ResultStream(out).line("one")
    assert out.getvalue() == "one\n"


@pytest.mark.parametrize("problem", [*GONE, ValueError("I/O operation on closed file")])
@pytest.mark.parametrize("on_flush", [False, True])
def test_a_reader_who_left_is_told_apart(problem: Exception, on_flush: bool) -> None:
    with pytest.raises(OutputClosed) as caught:
        ResultStream(Broken(problem, on_flush=on_flush)).line("one")
    assert caught.value.args == (None,)


@pytest.mark.parametrize("problem", FULL)
@pytest.mark.parametrize("on_flush", [False, True])
def test_a_disk_that_is_full_is_said_to_be(problem: Exception, on_flush: bool) -> None:
    with pytest.raises(OutputClosed) as caught:
        ResultStream(Broken(problem, on_flush=on_flush)).line("one")
    assert caught.value.args == (str(problem),)


@pytest.mark.parametrize("problem", [*GONE, *FULL, ValueError("closed")])
@pytest.mark.parametrize("on_flush", [False, True])
def test_a_notice_that_cannot_be_written_stops_nothing(problem: Exception, on_flush: bool) -> None:
    stream = Broken(problem, on_flush=on_flush)
    notices = NoticeStream(stream)
    notices.line("one")
    notices.line("two")
    assert stream.tries == 1


def test_streams_that_are_not_there_are_silent() -> None:
    for kind in (ResultStream, NoticeStream):
        stream = kind(None)
        stream.line("one")
        assert not stream.is_terminal


def test_a_closed_stream_is_no_terminal() -> None:
    closed = Terminal()
    closed.close()

    class Strict(io.StringIO):
        def isatty(self) -> bool:
            raise ValueError("I/O operation on closed file")

    assert not NoticeStream(Strict()).is_terminal
    assert ResultStream(Terminal()).is_terminal
    NoticeStream(closed).line("one")
    with pytest.raises(OutputClosed):
        ResultStream(closed).line("one")
