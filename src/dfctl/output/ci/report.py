"""Who tells a CI system."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dfctl.core.errors import DfctlError
from dfctl.core.events import Accepted, Event, Following
from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.core.text import clean, without_commands
from dfctl.output.ci.facts import complaint, error_lines, outputs, summary
from dfctl.output.ci.system import Act, Command, System, Written
from dfctl.output.streams import NoticeStream


class WriteFile(Protocol):
    """Writes a text to the end of a file, or as all of it. Raises OSError."""

    def __call__(self, path: str, text: str, *, is_whole: bool) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Where a report leaves its words: the log, files, and the variables that name these."""

    err: NoticeStream
    write_file: WriteFile
    variables: Mapping[str, str]
    now: Callable[[], datetime]


class Report:
    """Tells one system. A file that cannot be written costs a warning, never a run."""

    def __init__(self, system: System, surface: Surface) -> None:
        self._system = system
        self._surface = surface
        self._is_open = False
        self._accepted: dict[str, Run] = {}
        self._told: dict[str, str] = {}
        self._warned: set[str] = set()

    def hear(self, event: Event) -> None:
        if isinstance(event, Following) and not self._is_open:
            self._is_open = True
            self._do(self._system.opened(self._surface.now()))
        if isinstance(event, (Following, Accepted)) and event.run.reference:
            # At once: a step that is cancelled or killed leaves the reference to later steps.
            self._accepted[event.run.name] = event.run
            references = {"run": outputs(list(self._accepted.values()))["run"]}
            self._tell(references)

    def runs(self, runs: Sequence[Run], code: int) -> None:
        self._close()
        for run in runs:
            if text := complaint(run):
                # What --exit-map gives 0 is no error of the step.
                is_error = code != 0 and run.exit_code is not ExitCode.SUCCEEDED
                self._complain(f"dfctl: {run.name}", text, is_error=is_error)
        self._do(self._system.summary(summary(runs)))
        self._tell(outputs(runs, code))
        had_warnings = any(run.state is State.WARNING for run in runs)
        if code == 0 and had_warnings:
            self._do(self._system.had_warnings())

    def failed(self, error: DfctlError | None, code: int) -> None:
        self._close()
        if error:
            self._complain("dfctl", error_lines(error), is_error=code != 0)
        self._tell({"exit_code": str(code)})

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._do(self._system.closed(self._surface.now()))

    def _complain(self, title: str, text: str, *, is_error: bool) -> None:
        self._do(self._system.complaint(title, without_commands(text), is_error=is_error))

    def _tell(self, values: Mapping[str, str]) -> None:
        new = {name: value for name, value in values.items() if self._told.get(name) != value}
        self._told |= new
        if new:
            self._do(self._system.outputs(new, self._told))

    def _do(self, acts: Sequence[Act]) -> None:
        for act in acts:
            match act:
                case Command():
                    self._surface.err.command(act.line)
                case Written():
                    self._write(act)

    def _write(self, act: Written) -> None:
        place = self._surface.variables.get(act.place, "")
        if not place:
            self._warn(
                act.place,
                f"{act.place} is not set: the CI system is told less; outside of one, "
                "leave out --ci and DFCTL_CI",
            )
            return
        path = f"{place}/{act.name}" if act.name else place
        try:
            self._surface.write_file(path, act.text, is_whole=act.is_whole)
        except (OSError, ValueError) as problem:
            self._warn(act.place, f"{act.place} cannot be written: {clean(str(problem))}")
            return
        if act.then:
            self._do([act.then(path)])

    def _warn(self, place: str, text: str) -> None:
        if place not in self._warned:
            self._warned.add(place)
            self._surface.err.line(f"warning: {text}")
