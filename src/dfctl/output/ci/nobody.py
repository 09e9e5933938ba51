"""Who tells CI systems, and the one who tells none: all that most commands need of this room."""

from collections.abc import Sequence
from typing import Protocol

from dfctl.core.errors import DfctlError
from dfctl.core.events import Event
from dfctl.core.runs import Run


class CiReport(Protocol):
    """Tells a CI system what happens and how it ended."""

    def hear(self, event: Event) -> None:
        """Take note of an event."""

    def runs(self, runs: Sequence[Run], code: int) -> None:
        """Tell how runs stand at the end. `code` is the number that the process ends with."""

    def failed(self, error: DfctlError | None, code: int) -> None:
        """Tell an error that ended the command before it had a result."""


class NoReport:
    """Tells nobody."""

    def hear(self, event: Event) -> None:
        pass

    def runs(self, runs: Sequence[Run], code: int) -> None:
        pass

    def failed(self, error: DfctlError | None, code: int) -> None:
        pass
