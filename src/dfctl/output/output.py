"""All that a command shows, in whichever form."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dfctl.core.errors import DfctlError, Interrupted, OutputClosed
from dfctl.core.events import Event
from dfctl.core.exits import ExitCode, ExitMap, number_of
from dfctl.core.runs import Run
from dfctl.output.ci.nobody import CiReport
from dfctl.output.progress import Progress
from dfctl.output.results import Results, complain
from dfctl.output.streams import NoticeStream, ResultStream, deliver


class Output:
    """What a command shows: progress and notices on stderr, then results on stdout."""

    def __init__(
        self,
        progress: Progress,
        results: Results,
        report: CiReport,
        out: ResultStream,
        err: NoticeStream,
        *,
        is_hinting: bool,
        is_quiet: bool,
        exit_map: ExitMap,
    ) -> None:
        self._progress = progress
        self._results = results
        self._report = report
        self._out = out
        self._err = err
        self._exit_map = exit_map
        self._has_result = False
        self._is_hinting = is_hinting
        self._is_quiet = is_quiet

    def hear(self, event: Event) -> None:
        """Show an event."""
        self._report.hear(event)
        self._progress.hear(event)
        self._results.hear(event)

    def line(self, text: str) -> None:
        """Show a line of the command's own."""
        self._progress.note(text)

    def done(self, text: str) -> None:
        """Show in words what a command did that has no other result."""
        if not self._is_quiet:
            self._progress.note(text)

    def hint(self, text: str) -> None:
        """Show a hint for people."""
        if self._is_hinting:
            self._progress.note(text)

    def runs(self, runs: Sequence[Run], code: ExitCode) -> None:
        """Show how runs stand at the end; `code` is the command's exit code."""
        number = self._reported(runs, code)
        with _known(code):
            self._results.runs(runs, number)

    def started(self, runs: Sequence[Run], code: ExitCode) -> None:
        """Show the references of runs that were started and are not followed."""
        number = self._reported(runs, code)
        with _known(code):
            self._results.started(runs, number)

    def listing(
        self,
        name: str,
        rows: Sequence[dict[str, object]],
        lines: Sequence[str],
        code: ExitCode = ExitCode.SUCCEEDED,
    ) -> None:
        """Show a list: `lines` for people, `rows` under `name` for programs."""
        number = self._ended(code)
        self._has_result = True
        self._results.listing(name, rows, lines, number)

    def text(self, text: str) -> None:
        """Show a text on stdout that belongs to no result, such as a page of help."""
        self._results.text(text)

    def failed(self, error: DfctlError | None, code: ExitCode) -> None:
        """Show an error that ended the command before it had a result.

        Without an error, a signal ended it: a result that is on its way then stays the only one.
        """
        number = self._ended(code)
        if error or not self._has_result:
            self._report.failed(error, number)
            self._results.failed(error, number)

    def complain(self, message: str) -> None:
        """Say on stderr that a result could not be written."""
        complain(self._err, message, None)

    def close(self, *, is_well: bool) -> None:
        """End the progress; the terminal is whole again."""
        self._progress.close(is_well=is_well)

    def deliver(self, *, is_brief: bool) -> bool:
        """Wait until all that was shown has left, as `streams.deliver` does."""
        return deliver(self._out, self._err, is_brief=is_brief)

    def _reported(self, runs: Sequence[Run], code: ExitCode) -> int:
        """Tell the CI system how runs stand at the end; return the number as `_ended` does."""
        number = self._ended(code)
        self._report.runs(runs, number)
        self._has_result = True
        return number

    def _ended(self, code: ExitCode) -> int:
        """End the progress, and return the number that the process ends with."""
        number = number_of(code, self._exit_map)
        self.close(is_well=number == 0)
        return number


@contextmanager
def _known(code: ExitCode) -> Iterator[None]:
    """Tell whoever hears that a result did not leave how the command would have ended."""
    try:
        yield
    except (Interrupted, OutputClosed) as end:
        end.exit_code = code
        raise
