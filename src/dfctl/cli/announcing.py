"""--on-done: a program of the user's is told how each run ended."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dfctl.composition import Parts
from dfctl.core.events import Warned
from dfctl.core.exits import is_signal
from dfctl.core.runs import Run
from dfctl.core.variables import set_in

if TYPE_CHECKING:
    from dfctl.client.steps import Task

_VARIABLE = "DFCTL_ON_DONE"


def announce_by(parts: Parts, text: str | None) -> None:
    """Let the program be told that the option names, or else its variable.

    Raises UsageError where there is no such program.
    """
    place = _VARIABLE if text is None else "--on-done"
    command = set_in(parts.variables, _VARIABLE) if text is None else text
    if command is None:
        return
    from dfctl.programs.announcing import Announcer, arguments_of

    arguments = arguments_of(command, place, parts.variables)
    parts.announcer = Announcer(arguments, parts.config.variables_without_keys())


def announced(parts: Parts, task: "Task[Run]") -> "Task[Run]":
    """Return a task whose run is announced as soon as it ends."""
    run = yield from task
    announce(parts, run)
    return run


def announce(parts: Parts, run: Run) -> None:
    """Announce how a run ended.

    Where a signal ended the following there is no end to tell, and whoever sent it knows.
    """
    if parts.announcer and not is_signal(run.exit_code):
        parts.announcer.announce(run)


def finish_announcing(parts: Parts, runs: Iterable[Run] = ()) -> None:
    """Wait for the programs that are being told, and show what they wrote and what failed.

    It changes nothing of how the command ends.
    """
    if parts.announcer is None:
        return
    is_interrupted = any(is_signal(run.exit_code) for run in runs)
    for run, program in parts.announcer.finish(is_interrupted=is_interrupted):
        lines = program.lines
        # A failure is told with the last line, where most programs say why.
        why = lines[-1:] if program.trouble else []
        for line in lines[: len(lines) - len(why)]:
            parts.output.line(f"{run.name}: --on-done: {line}")
        if program.trouble:
            words = ": ".join([program.trouble, *why])
            told = f"{run.name}: --on-done: {parts.announcer.name} {words}"
            parts.tell(Warned(told, is_always_told=True))
