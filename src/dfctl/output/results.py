"""The results of commands: text for people, JSON and references for programs."""

from collections.abc import Sequence
from typing import ClassVar, Protocol
from urllib.parse import quote

from dfctl.core.errors import DfctlError, UsageError
from dfctl.core.events import Event
from dfctl.core.runs import Run
from dfctl.core.text import on_one_line
from dfctl.output.documents import SCHEMA, json_text, run_document
from dfctl.output.sentences import final_line
from dfctl.output.streams import NoticeStream, ResultStream

# But for the number sign: two of them may be a command to a CI system.
_VISIBLE_ASCII = "".join(map(chr, range(0x24, 0x7F))) + '!"'


class Results(Protocol):
    """Writes what a command found: the last thing that it writes.

    `code` is the number that the process ends with.
    """

    def hear(self, event: Event) -> None:
        """Write an event as it happens, where the form has a place for it."""

    def runs(self, runs: Sequence[Run], code: int) -> None:
        """Write how runs stand."""

    def started(self, runs: Sequence[Run], code: int) -> None:
        """Write the references of runs that were started and are not followed."""

    def listing(
        self, name: str, rows: Sequence[dict[str, object]], lines: Sequence[str], code: int
    ) -> None:
        """Write a list: `lines` for people, `rows` under `name` for programs."""

    def text(self, text: str) -> None:
        """Write a text for people."""

    def failed(self, error: DfctlError | None, code: int) -> None:
        """Write that the command ended before it had a result."""


class TextResults:
    """Lines for people. Quiet ones are written only where the end is bad, or if `is_asked_for`."""

    def __init__(
        self, out: ResultStream, err: NoticeStream, *, is_quiet: bool, is_asked_for: bool = False
    ) -> None:
        self._out = out
        self._err = err
        self._is_quiet = is_quiet
        self._is_asked_for = is_asked_for

    def hear(self, event: Event) -> None:
        pass

    def runs(self, runs: Sequence[Run], code: int) -> None:
        self._complain_of(runs, code)
        for run in self._told(runs, code):
            self._out.line(final_line(run))

    def started(self, runs: Sequence[Run], code: int) -> None:
        self._complain_of(runs, code)
        for run in self._told(runs, code):
            self._out.line(str(run.reference))

    def listing(
        self, name: str, rows: Sequence[dict[str, object]], lines: Sequence[str], code: int
    ) -> None:
        for line in lines:
            self._out.line(on_one_line(line))

    def text(self, text: str) -> None:
        self._out.line(text)

    def failed(self, error: DfctlError | None, code: int) -> None:
        if error and not self._is_silent(code):
            complain(self._err, error.message, error.hint)

    def _complain_of(self, runs: Sequence[Run], code: int) -> None:
        if not self._is_silent(code):
            complain_of(self._err, runs)

    def _told(self, runs: Sequence[Run], code: int) -> list[Run]:
        is_told = self._is_asked_for or not self._is_silent(code)
        return [run for run in runs if run.reference and is_told]

    def _is_silent(self, code: int) -> bool:
        return self._is_quiet and code == 0


class ReferenceResults(TextResults):
    """The references of the runs that are known, a line each."""

    def __init__(self, out: ResultStream, err: NoticeStream, *, is_quiet: bool = False) -> None:
        super().__init__(out, err, is_quiet=is_quiet, is_asked_for=True)

    def started(self, runs: Sequence[Run], code: int) -> None:
        self._complain_of(runs, code)
        for run in self._told(runs, code):
            self._out.line(reference_text(run))

    def runs(self, runs: Sequence[Run], code: int) -> None:
        self.started(runs, code)

    def listing(
        self,
        name: str,
        rows: Sequence[dict[str, object]],
        lines: Sequence[str],
        code: int,
    ) -> None:
        if name != "runs":
            raise UsageError(
                f"--output: ref lists runs, and these are {name}", hint="leave it out, or use json"
            )
        for row in rows:
            if row["run"]:
                self._out.line(str(row["run"]))


class JsonResults:
    """One JSON document, in ASCII. Errors are told to `err` too, where logs and mails look."""

    indent: ClassVar[int | None] = 2

    def __init__(self, out: ResultStream, err: NoticeStream, *, is_quiet: bool = False) -> None:
        self._out = out
        self._err = err
        self._is_quiet = is_quiet

    def hear(self, event: Event) -> None:
        pass

    def runs(self, runs: Sequence[Run], code: int) -> None:
        if code or not self._is_quiet:
            complain_of(self._err, runs)
        self._write(code, runs=[run_document(run) for run in runs])

    started = runs

    def listing(
        self, name: str, rows: Sequence[dict[str, object]], lines: Sequence[str], code: int
    ) -> None:
        self._write(code, **{name: list(rows)})

    def text(self, text: str) -> None:
        self._out.line(text)

    def failed(self, error: DfctlError | None, code: int) -> None:
        if error and (code or not self._is_quiet):
            complain(self._err, error.message, error.hint)
        told = {"message": error.message, "hint": error.hint} if error else None
        self._write(code, runs=[], error=told)

    def _write(self, code: int, **members: object) -> None:
        document = {"schema": SCHEMA, "exit_code": int(code), **members}
        document.setdefault("error", None)
        self._write_line(json_text(document, indent=self.indent))

    def _write_line(self, text: str) -> None:
        self._out.line(text)


def reference_text(run: Run) -> str:
    """Return a run's reference in visible ASCII."""
    return quote(str(run.reference), safe=_VISIBLE_ASCII)


def complain(err: NoticeStream, message: str, hint: str | None) -> None:
    """Write an error: what happened, then what to type."""
    err.line(f"error: {message}")
    if hint:
        err.line(f"hint: {hint}")


def complain_of(err: NoticeStream, runs: Sequence[Run]) -> None:
    """Write what went wrong with runs beside their states."""
    for run in runs:
        if run.message:
            complain(err, f"{run.name}: {run.message}", run.hint)
