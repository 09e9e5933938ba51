"""Writes down in the journal what happens. Where that fails, the run goes on without it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dfctl.core.errors import UsageError
from dfctl.core.events import Accepted, Event, Following, NotBegun, Seen, Starting
from dfctl.core.records import OpenEntry, StartRecord
from dfctl.core.runs import Reference, Run
from dfctl.store.journal import Journal
from dfctl.store.schema import connect
from dfctl.store.troubles import TROUBLES, trouble_of


class Recorder:
    """The first listener of everything that is seen.

    The journal is opened when there is something to write. `warn` is told once when that fails,
    and nothing is written from then on. `open_for` is how long an unsettled start counts as open,
    in seconds, by profile.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], datetime], warn: Callable[[str], None]
    ) -> None:
        self._path = path
        self._now = now
        self._warn = warn
        self._journal: Journal | None = None
        self._is_off = False
        self._starts: dict[str, StartRecord] = {}
        self._open_for: dict[str, float | None] = {}

    def expect(self, profile: str, *, open_for: float | None) -> None:
        """Take note of how long a start of `profile` counts as open while it is unsettled."""
        self._open_for[profile] = open_for

    def hear(self, event: Event) -> None:
        """Write down an event."""
        if self._is_off:
            return
        try:
            self._write(event)
        except TROUBLES as error:
            self._is_off = True
            trouble = trouble_of(error, self._path)
            self._warn(
                f"{trouble.problem}; this is not recorded there. {_sentence(trouble.remedy)}"
            )

    def claim(self, run: Run) -> OpenEntry | None:
        """Write the intent to start, or return what of the profile is open already.

        Raises UsageError where the journal cannot tell: then nothing may be started.
        """
        try:
            found = self._open().claim(run, open_for=self._open_for.get(run.profile))
        except TROUBLES as error:
            trouble = trouble_of(error, self._path)
            raise UsageError(
                f"{trouble.problem}; without it nobody knows whether a run is open (--overlap)",
                hint=trouble.remedy,
            ) from None
        if isinstance(found, OpenEntry):
            return found
        self._starts[run.profile] = found
        return None

    def local_reference(self, profile: str) -> Reference | None:
        """Return what names this command's start of `profile`, if it was recorded."""
        start = self._starts.get(profile)
        return start.local_reference if start else None

    def _open(self) -> Journal:
        if self._journal is None:
            self._journal = Journal(connect(self._path), self._now)
        return self._journal

    def _write(self, event: Event) -> None:
        match event:
            case Starting() | Following() if event.run.reference is None:
                self._intend(event.run)
            case Accepted():
                self._accept(event.run)
            case NotBegun():
                if start := self._starts.get(event.run.profile):
                    self._open().settle(start, event.outcome, event.run.message)
            case Seen():
                self._open().see(event.run)

    def _intend(self, run: Run) -> None:
        if run.profile not in self._starts:
            open_for = self._open_for.get(run.profile)
            self._starts[run.profile] = self._open().intend(run, open_for=open_for)

    def _accept(self, run: Run) -> None:
        if start := self._starts.get(run.profile):
            self._open().confirm(start, run)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
