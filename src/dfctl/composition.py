"""The parts that commands work with, made when they are first asked for."""

import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TextIO
from urllib.parse import urlsplit

from dfctl.core.addresses import is_loopback
from dfctl.core.events import Event, Warned
from dfctl.core.runs import Run
from dfctl.core.settings import Parameters, SettingProblem

if TYPE_CHECKING:
    from dfctl.client.clock import Clock
    from dfctl.client.steps import Target, Task
    from dfctl.client.tasks import Tasks
    from dfctl.core.profiles import Profile
    from dfctl.output.choose import Output, Showing
    from dfctl.store.config import Config
    from dfctl.store.profiles import Overrides


def _system_clock() -> "Clock":
    from dfctl.client.clock import SystemClock

    return SystemClock()


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What surrounds a command. `make_clock` and `random` (0 to 1) are replaced by tests."""

    stdin: TextIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    variables: Mapping[str, str]
    make_clock: "Callable[[], Clock]" = _system_clock
    random: Callable[[], float] = field(default=random.random)

    @classmethod
    def of_process(cls, variables: Mapping[str, str]) -> "Environment":
        """Return the process's own streams, made so that no character breaks them."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        return cls(stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr, variables=variables)


class Parts:
    """Hands out the parts of one command. Heavy modules are imported where they are needed."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.variables = environment.variables
        self.config_file: str | None = None
        self._showing: Showing | None = None

    def begin(self, showing: "Showing", config_file: str | None) -> None:
        """Take note of how the command shows things, and of the configuration that it names."""
        self._showing = showing
        self.config_file = config_file

    def interruptible(self) -> AbstractContextManager[None]:
        """Return a context in which a signal raises `Interrupted`."""
        from dfctl.client.signals import signals_raised

        return signals_raised()

    @cached_property
    def clock(self) -> "Clock":
        return self.environment.make_clock()

    @cached_property
    def config(self) -> "Config":
        from dfctl.store.config import load_config

        return load_config(self.variables, explicit=self.config_file)

    @cached_property
    def output(self) -> "Output":
        from dfctl.output.choose import Showing, Surroundings, choose

        around = Surroundings(
            out=self.environment.stdout,
            err=self.environment.stderr,
            variables=self.variables,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
        )
        return choose(self._showing or Showing(), around)

    def output_for(self, argv: Sequence[str]) -> "Output":
        """Return the output; where no command has begun, the one that `argv` seems to ask for."""
        if self._showing is None:
            from dfctl.output.choose import Showing, format_asked_for

            self._showing = Showing(format=format_asked_for(argv, self.variables))
        return self.output

    @cached_property
    def tasks(self) -> "Tasks":
        from dfctl.client.tasks import Tasks

        return Tasks(self.clock, self.environment.random, self.tell)

    def tell(self, event: Event) -> None:
        """Tell an event to all who listen, in order."""
        self.output.hear(event)

    def warn(self, messages: Iterable[str]) -> None:
        """Tell warnings."""
        for message in messages:
            self.tell(Warned(message))

    def target(self, name: str, overrides: "Overrides") -> "Target":
        """Return the profile called `name` with its adapter and its key.

        `overrides` are settings of the command line. Raises the `DfctlError` of what is missing.
        """
        from dfctl.backends import load_backend
        from dfctl.client.steps import Target

        profile = self.config.profile(name, overrides=overrides)
        backend = load_backend(profile.backend)
        source = self.config.key_source(name)
        reading = source.read()
        self.warn(reading.warnings)
        if _is_unprotected(profile):
            self.warn([f"{profile.line.address} is not https: the key is sent unprotected"])
        return Target(profile, backend, reading.secret, lambda: source.read().secret)

    def check_start(self, target: "Target", parameters: Parameters, *, server_wait: bool) -> None:
        """Raise the `DfctlError` of a start that its service could not do; tell warnings."""
        settings = target.profile.settings
        try:
            warnings = target.backend.check_start(settings, parameters, server_wait=server_wait)
        except SettingProblem as problem:
            raise self.config.error_of(target.profile.name, problem) from None
        self.warn(warnings)

    def lead(self, tasks: "Sequence[Task[Run]]", *, heartbeat: float | None = None) -> list[Run]:
        """Lead tasks to their ends, and return their runs."""
        from dfctl.client.driver import Driver
        from dfctl.client.http import open_connection

        driver = Driver(
            clock=self.clock,
            open_connection=open_connection,
            tell=self.tell,
            heartbeat=heartbeat,
        )
        return driver.run(tasks)


def _is_unprotected(profile: "Profile") -> bool:
    parts = urlsplit(profile.line.address)
    is_open = parts.scheme == "http" and not is_loopback(parts.hostname or "")
    return is_open and not profile.allow_http
