"""Runs, the references that find them again, and what was seen of them."""

import re
from dataclasses import dataclass
from datetime import datetime

from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode
from dfctl.core.states import State

PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
# The profile that variables describe, and no file.
ENV = "env"


@dataclass(frozen=True)
class Reference:
    """`PROFILE/LOCATOR`: all that is needed to find a run again, on any machine."""

    profile: str
    locator: str

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Return the reference that `text` writes. Raises UsageError where it is none."""
        profile, slash, locator = text.strip().partition("/")
        is_text = not any("\ud800" <= character <= "\udfff" for character in locator)
        if not (slash and locator and is_text and PROFILE_NAME.fullmatch(profile)):
            raise UsageError(
                f"{text!r} is not a run reference",
                hint="a reference is PROFILE/RUN, as `dfctl start` prints it",
            )
        return cls(profile, locator)

    def __str__(self) -> str:
        return f"{self.profile}/{self.locator}"


@dataclass(frozen=True)
class Sighting:
    """What one answer of the service says of a run. `service_state` is the service's own word."""

    state: State
    service_state: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Started:
    """A start that the service confirmed: where the run is found, and what was seen of it."""

    locator: str
    sighting: Sighting | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run, or a start that gave none, as it is shown to the user.

    `locator` is None where no run is known; `state` is None where none was ever known to begin.
    Times are aware; `elapsed_s` is in seconds, and known where the begin is. `local_reference`
    names an unconfirmed start on this machine. `label` is what its lines begin with, where the
    profile's name is not enough to tell it from others; `options` what commands about it need
    beside its reference.
    """

    profile: str
    backend: str
    flow: str | None = None
    locator: str | None = None
    state: State | None = None
    service_state: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    elapsed_s: float | None = None
    url: str | None = None
    exit_code: ExitCode | None = None
    message: str | None = None
    hint: str | None = None
    local_reference: Reference | None = None
    label: str = ""
    options: str = ""

    @property
    def reference(self) -> Reference | None:
        """Return what finds this run again, or None where no run is known."""
        return Reference(self.profile, self.locator) if self.locator else None

    @property
    def name(self) -> str:
        """Return what the lines about this run begin with."""
        return self.label or self.profile
