"""Announces the end of each run by a program of the user's (--on-done)."""

import contextlib
import shutil
import time
from collections.abc import Mapping, Sequence

from dfctl.core.errors import Interrupted, UsageError
from dfctl.core.exits import name_of
from dfctl.core.runs import Run
from dfctl.core.text import clean
from dfctl.programs.program import STOPPING, Program
from dfctl.programs.splitting import split

# How long a program may take: one that only tells somebody needs seconds.
PATIENCE = 60.0
# How long programs that still run when a signal ended the following may go on.
PATIENCE_AFTER_SIGNAL = 5.0

# What a program is told, each variable with what it holds. One that is not known is empty.
VARIABLES = {
    "DFCTL_DONE_PROFILE": "the profile's name",
    "DFCTL_DONE_RUN": "the run's reference, for wait and status",
    "DFCTL_DONE_STATE": "the run's state, as dfctl help json lists them",
    "DFCTL_DONE_EXIT_CODE": "the exit code of this run alone, not mapped",
    "DFCTL_DONE_EXIT_NAME": "its name, as dfctl help exit-codes lists them",
    "DFCTL_DONE_ELAPSED": "how long the run took, in whole seconds",
    "DFCTL_DONE_URL": "where the service shows the run",
    "DFCTL_DONE_MESSAGE": "what went wrong, in one line",
}
# A program that calls dfctl must not be called by that in turn, without end.
_OWN = (*VARIABLES, "DFCTL_ON_DONE")


class Announcer:
    """Starts a program at the end of each run, beside what else goes on.

    `variables` are those of the program, which must hold no key.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        variables: Mapping[str, str],
        *,
        patience: float = PATIENCE,
        patience_after_signal: float = PATIENCE_AFTER_SIGNAL,
    ) -> None:
        self.name = clean(arguments[0])
        self._arguments = arguments
        self._variables = {name: text for name, text in variables.items() if name not in _OWN}
        self._patience = patience
        self._patience_after_signal = patience_after_signal
        self._programs: list[tuple[Run, Program]] = []

    def announce(self, run: Run) -> None:
        """Begin to tell the program how a run ended."""
        variables = {**self._variables, **told_of(run)}
        program = Program(self._arguments, variables, seconds=self._patience)
        self._programs.append((run, program))

    def finish(self, *, is_interrupted: bool) -> list[tuple[Run, Program]]:
        """Wait for the programs, each within its time, and return those of this announcer.

        A signal stops them, and another kills them. They are used up by that: the ends of the runs
        are known, and stand.
        """
        # A program ends itself when its time is over; it is given a moment to do so.
        patience = self._patience_after_signal if is_interrupted else 2 * self._patience
        deadline = time.monotonic() + patience
        programs, self._programs = self._programs, []
        with contextlib.suppress(Interrupted):
            for _, program in programs:
                program.wait(deadline)
        for _, program in programs:
            program.stop()
        deadline = time.monotonic() + STOPPING
        try:
            for _, program in programs:
                program.wait(deadline)
        except Interrupted:
            for _, program in programs:
                program.kill()
        return programs


def told_of(run: Run) -> dict[str, str]:
    """Return the variables that tell a program of a run's end."""
    code, elapsed = run.exit_code, run.elapsed_s
    values = (
        run.profile,
        run.reference or run.local_reference,
        run.state,
        None if code is None else int(code),
        None if code is None else name_of(code),
        None if elapsed is None else int(elapsed),
        run.url,
        run.message,
    )
    texts = ["" if value is None else clean(str(value), longest=2000) for value in values]
    return dict(zip(VARIABLES, texts, strict=True))


def arguments_of(text: str, place: str, variables: Mapping[str, str]) -> list[str]:
    """Return the program that `text` names, found by PATH, and its arguments.

    Raises UsageError naming the place where there is none.
    """
    try:
        words = split(text)
    except ValueError as problem:
        why = str(problem)
        raise UsageError(
            f"{place}: cannot be split into words: {why[:1].lower()}{why[1:]}",
            hint="quote it as a whole, and within it the arguments that have blanks",
        ) from None
    if not words or not words[0]:
        raise UsageError(f"{place}: names no program", hint=f"such as {place} '/path/to/notify'")
    program = shutil.which(words[0], path=variables.get("PATH"))
    if program is None:
        raise UsageError(
            f"{place}: {clean(words[0])} was not found, or is no program",
            hint="name it by its whole path; no shell reads it: for what a shell does, "
            "write sh -c '...'",
        )
    return [program, *words[1:]]
