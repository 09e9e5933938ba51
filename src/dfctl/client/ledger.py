"""What the client asks of the journal before it starts a run."""

from typing import Protocol

from dfctl.core.records import OpenEntry
from dfctl.core.runs import Reference, Run


class Ledger(Protocol):
    """This machine's record of starts."""

    def claim(self, run: Run) -> OpenEntry | None:
        """Write the intent to start `run`, or return what of its profile is open already.

        Raises UsageError where the record cannot tell.
        """

    def usual_seconds(self, profile: str) -> float | None:
        """Return how long a profile's successful runs take, where that is known."""

    def local_reference(self, profile: str) -> Reference | None:
        """Return what names this command's start of `profile` on this machine."""
