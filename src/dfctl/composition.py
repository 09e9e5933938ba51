"""The parts that commands work with, made when they are first asked for."""

import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from dfctl.core.events import Event, Warned
from dfctl.core.exits import ExitMap
from dfctl.core.settings import Overrides, Parameters, SettingProblem
from dfctl.process.signals import is_signal_heeded, raise_lost_signal, raise_told_signal

if TYPE_CHECKING:
    from dfctl.client.clock import Clock
    from dfctl.client.steps import Target, Task
    from dfctl.client.tasks import Order, Tasks
    from dfctl.output.output import Output
    from dfctl.output.showing import Showing
    from dfctl.programs.announcing import Announcer
    from dfctl.store.config import Config
    from dfctl.store.journal import Journal
    from dfctl.store.keeping import KeptKeys
    from dfctl.store.recorder import Recorder
    from dfctl.store.turns import Turn
    from dfctl.store.writable_journal import WritableJournal

_Value = TypeVar("_Value")


def _system_clock() -> "Clock":
    from dfctl.client.clock import SystemClock

    return SystemClock()


def _system_random() -> float:
    import random

    return random.random()


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What surrounds a command. `make_clock` and `random` (0 to 1) are replaced by tests.

    `is_process` says that the process does nothing but this command, and ends with it.
    """

    stdin: TextIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    variables: Mapping[str, str] = field(repr=False)
    make_clock: "Callable[[], Clock]" = _system_clock
    random: Callable[[], float] = _system_random
    is_process: bool = False

    @classmethod
    def of_process(cls, variables: Mapping[str, str]) -> "Environment":
        """Return the process's own streams, made so that no character breaks them."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        return cls(
            stdin=sys.stdin,
            stdout=sys.stdout,
            stderr=sys.stderr,
            variables=variables,
            is_process=True,
        )


class Parts:
    """Hands out the parts of one command. Heavy modules are imported where they are needed."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.variables = environment.variables
        self.config_file: str | None = None
        self.exit_map: ExitMap = {}
        # Who is told how runs end, if anybody.
        self.announcer: Announcer | None = None
        self._showing: Showing | None = None
        self._targets: dict[str, Target] = {}
        # How many starts the command line asks for.
        self.at_once = 1

    def begin(self, showing: "Showing", config_file: str | None) -> None:
        """Take note of how the command shows things, and of the configuration that it names."""
        self._showing = showing
        self.config_file = config_file

    @property
    def config_again(self) -> str:
        """What names the same configuration in a command that is suggested."""
        return f" --config {shlex.quote(self.config_file)}" if self.config_file else ""

    @cached_property
    def clock(self) -> "Clock":
        return self.environment.make_clock()

    @cached_property
    def config(self) -> "Config":
        from dfctl.store.config import load_config

        return load_config(self.variables, explicit=self.config_file)

    @cached_property
    def config_to_extend(self) -> "Config":
        """The configuration before a profile is added: the file that is named may be new."""
        from dfctl.store.config import load_config

        return load_config(self.variables, explicit=self.config_file, may_be_new=True)

    @cached_property
    def output(self) -> "Output":
        from dfctl.output.choosing import Surroundings, choose
        from dfctl.output.showing import Showing
        from dfctl.store.texts import write_text

        around = Surroundings(
            out=self.environment.stdout,
            err=self.environment.stderr,
            variables=self.variables,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            random=self.environment.random,
            write_file=write_text,
            exit_map=self.exit_map,
        )
        return choose(self._showing or Showing(), around)

    def output_for(self, argv: Sequence[str]) -> "Output":
        """Return the output; where no command has begun, the one that `argv` seems to ask for."""
        if self._showing is None:
            from dfctl.output.showing import Showing, ci_asked_for, format_asked_for

            self._showing = Showing(
                format=format_asked_for(argv, self.variables),
                ci=ci_asked_for(argv, self.variables),
            )
        return self.output

    def deliver(self) -> bool:
        """Wait until all that was shown has left, as `Output.deliver` does: briefly after a signal.

        Raises `OutputClosed` where a result turns out not to be written.
        """
        return "output" not in self.__dict__ or self.output.deliver(is_brief=is_signal_heeded())

    @cached_property
    def tasks(self) -> "Tasks":
        from dfctl.client.tasks import Tasks

        return Tasks(self.clock, self.environment.random, self.tell, self.recorder)

    @cached_property
    def journal_path(self) -> Path:
        from dfctl.store.folders import journal_path

        return journal_path(self.variables)

    @cached_property
    def recorder(self) -> "Recorder":
        from dfctl.store.recorder import Recorder

        return Recorder(
            self.journal_path,
            now=self.clock.now,
            warn=lambda text: self.warn([text]),
            turn=self.turn,
        )

    @cached_property
    def turn(self) -> "Turn":
        """How long this command waits for a journal that another process holds, in all."""
        from dfctl.store.turns import Turn

        return Turn(
            monotonic=self.clock.monotonic,
            pause=self.clock.sleep,
            check=raise_told_signal,
        )

    @cached_property
    def journal(self) -> "Journal":
        """The journal, to be read. Raises UsageError where it cannot be."""
        from dfctl.store.recorder import journal_to_read

        return journal_to_read(self.journal_path, self.clock.now, self.turn)

    @cached_property
    def writable_journal(self) -> "WritableJournal":
        """The journal, to be changed. Raises UsageError where it cannot be."""
        from dfctl.store.recorder import journal_to_write

        return journal_to_write(self.journal_path, self.clock.now, self.turn)

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *end: object) -> None:
        """Close what was opened."""
        if "config" in self.__dict__:
            from dfctl.programs.asking import end_programs

            end_programs()
        for name in ("recorder", "journal", "writable_journal"):
            if name in self.__dict__:
                getattr(self, name).close()

    def tell(self, event: Event) -> None:
        """Tell an event to all who listen: the journal first, then the output."""
        self.recorder.hear(event)
        self.output.hear(event)

    def warn(self, messages: Iterable[str]) -> None:
        """Tell warnings."""
        for message in messages:
            self.tell(Warned(message))

    def target(self, name: str, overrides: Overrides) -> "Target":
        """Return the profile called `name` with its adapter and its key.

        `overrides` are settings of the command line. Raises the `DfctlError` of what is missing.
        """
        from dfctl.backends import load_backend
        from dfctl.client.steps import Target

        if name in self._targets:
            return self._targets[name]
        described = self.config.describe(name, overrides=overrides)
        profile = described.profile()
        self.recorder.expect(name, open_for=profile.open_for(self.at_once))
        backend = load_backend(profile.backend)
        source = described.key_source()
        reading = source.read()
        self.warn(reading.warnings)
        if profile.is_unprotected:
            self.warn([f"{profile.line.address} is not https: the key is sent unprotected"])
        target = Target(
            profile, backend, reading.secret, lambda: source.read().secret, self.config_again
        )
        self._targets[name] = target
        return target

    @cached_property
    def kept_keys(self) -> "KeptKeys":
        from dfctl.store.keeping import KeptKeys

        return KeptKeys(self.config)

    def order(
        self, name: str, overrides: Overrides, parameters: Parameters, *, server_wait: bool
    ) -> "Order":
        """Return a start of the profile called `name`, checked as far as it can be without asking.

        Raises the `DfctlError` of what is missing, or of what the service could not do.
        """
        from dfctl.client.tasks import Order

        target = self.target(name, overrides)
        settings = target.profile.settings
        try:
            warnings = target.backend.check_start(settings, parameters, server_wait=server_wait)
        except SettingProblem as problem:
            raise self.config.describe(name, overrides=overrides).error(problem) from None
        self.warn(warnings)
        return Order(target, parameters, server_wait)

    def lead(
        self,
        tasks: "Sequence[Task[_Value]]",
        *,
        heartbeat: float | None = None,
        is_enough: Callable[[_Value], bool] | None = None,
    ) -> list[_Value]:
        """Lead tasks to their ends, and return their results in the same order.

        `is_enough` says of a run's end that the others need not be followed any more.
        """
        if not tasks:
            return []
        raise_lost_signal()
        from dfctl.client.driver import Driver
        from dfctl.client.http import open_connection

        driver = Driver(
            clock=self.clock,
            open_connection=open_connection,
            tell=self.tell,
            heartbeat=heartbeat,
        )
        results = driver.run(tasks, is_enough=is_enough)
        self.recorder.finish()
        return results
