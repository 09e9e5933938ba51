"""Writes down in the journal what happens. Where that fails, the run goes on without it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from dfctl.core.errors import JournalLocked, UsageError
from dfctl.core.events import Accepted, Event, Following, NotBegun, Seen, Starting
from dfctl.core.records import OpenEntry, StartOutcome, StartRecord
from dfctl.core.runs import Reference, Run
from dfctl.core.text import clean
from dfctl.store.journal import Journal
from dfctl.store.schema import connect, connect_to_read
from dfctl.store.troubles import troubles_told
from dfctl.store.turns import Turn
from dfctl.store.writable_journal import WritableJournal


class Recorder:
    """The first listener of everything that is seen.

    The journal is opened when there is something to write. `warn` is told once when that fails,
    and nothing is written from then on. `open_for` is how long an unsettled start counts as open,
    in seconds, by profile; `turn` is how a journal is waited for that another process holds. The
    intent to start waits for it; what comes after is kept until it is free, so that a run is
    followed meanwhile.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime],
        warn: Callable[[str], None],
        turn: Turn | None = None,
    ) -> None:
        self._path = path
        self._now = now
        self._warn = warn
        self._turn = turn or Turn()
        self._journal: WritableJournal | None = None
        self._is_off = False
        self._starts: dict[str, StartRecord] = {}
        self._seen: dict[str, Run] = {}
        self._unwritten: list[Event] = []
        self._open_for: dict[str, float | None] = {}

    def expect(self, profile: str, *, open_for: float | None) -> None:
        """Take note of how long a start of `profile` counts as open while it is unsettled."""
        self._open_for[profile] = open_for

    def hear(self, event: Event) -> None:
        """Write down an event."""
        if self._is_off or not _is_recorded(event):
            return
        is_intent = isinstance(event, (Starting, Following))
        try:
            self._catch_up(is_brief=not is_intent)
            self._write(event)
        except JournalLocked as trouble:
            if is_intent:
                self._give_up(trouble)
            elif event not in self._unwritten:
                self._unwritten.append(event)
        except UsageError as trouble:
            self._give_up(trouble)

    def finish(self) -> None:
        """Write down what could not be until now; where it still cannot be, warn."""
        if not self._unwritten:
            return
        self._turn.begin_anew()
        try:
            self._catch_up(is_brief=True)
        except UsageError as trouble:
            self._give_up(trouble)

    def note_refused(self, run: Run, message: str) -> None:
        """Write down an attempt to start that failed before anything could be sent.

        So the newest attempt is never taken for an older one that went well.
        """
        self.hear(Starting(run))
        self.hear(NotBegun(replace(run, message=message), StartOutcome.REFUSED))
        self.finish()

    def close(self) -> None:
        """Close the journal, if it was opened."""
        if self._journal:
            self._journal.close()

    def claim(self, run: Run) -> OpenEntry | None:
        """Write the intent to start, or return what of the profile is open already.

        Raises UsageError where the journal cannot tell: then nothing may be started.
        """
        self._turn.is_brief = False
        try:
            found = self._open().claim(run, open_for=self._open_for.get(run.profile))
        except UsageError as trouble:
            raise UsageError(
                f"{trouble.message}; without it nobody knows whether a run is open (--overlap)",
                hint=trouble.hint,
            ) from None
        if isinstance(found, OpenEntry):
            return found
        self._starts[run.profile] = found
        # The intent is written: what goes wrong now is told when the next thing is.
        with suppress(UsageError):
            self._warn_of_expired(found)
        return None

    def usual_seconds(self, profile: str) -> float | None:
        """Return the median length of a profile's successful runs, where the journal knows it."""
        self._turn.is_brief = True
        try:
            return None if self._is_off else self._open().median_seconds(profile)
        except UsageError:
            return None  # what is wrong is told when something is to be written

    def local_reference(self, profile: str) -> Reference | None:
        """Return what names this command's start of `profile`, if it was recorded."""
        start = self._starts.get(profile)
        return start.local_reference if start else None

    def _warn_of_expired(self, start: StartRecord) -> None:
        before = self._open().start_before(start)
        if before and before.outcome.is_unsettled:
            self._warn(
                f"an earlier start was never settled, and is too old to count as open: "
                f"{before.local_reference}"
            )

    def _open(self) -> WritableJournal:
        if self._journal is None:
            self._journal = journal_to_write(self._path, self._now, self._turn)
        return self._journal

    def _catch_up(self, *, is_brief: bool) -> None:
        self._turn.is_brief = is_brief
        while self._unwritten:
            self._write(self._unwritten[0])
            del self._unwritten[0]

    def _give_up(self, trouble: UsageError) -> None:
        self._is_off = True
        self._unwritten.clear()
        remedy = _sentence(trouble.hint or "")
        self._warn(f"{trouble.message}; this is not recorded there. {remedy}")

    def _write(self, event: Event) -> None:
        match event:
            case Starting() | Following():
                self._intend(event.run)
            case Accepted():
                self._accept(event.run)
            case NotBegun():
                if start := self._starts.get(event.run.profile):
                    message = clean(event.run.message or "") or None
                    self._open().settle(start, event.outcome, message)
            case Seen() if event.run != self._seen.get(event.run.name):
                self._open().see(event.run)
                self._seen[event.run.name] = event.run

    def _intend(self, run: Run) -> None:
        if run.profile not in self._starts:
            open_for = self._open_for.get(run.profile)
            self._starts[run.profile] = self._open().intend(run, open_for=open_for)

    def _accept(self, run: Run) -> None:
        if start := self._starts.get(run.profile):
            self._open().confirm(start, run)


def _is_recorded(event: Event) -> bool:
    # Whoever follows a run that was started before writes no start of it.
    if isinstance(event, (Starting, Following)):
        return event.run.reference is None
    return isinstance(event, (Accepted, NotBegun, Seen))


def journal_to_read(path: Path, now: Callable[[], datetime], turn: Turn | None = None) -> Journal:
    """Return the journal at `path`, only to be read. Raises UsageError where it cannot be."""
    with troubles_told(path):
        turn = turn or Turn()
        return Journal(turn.take(lambda: connect_to_read(path)), path, now, turn)


def journal_to_write(
    path: Path, now: Callable[[], datetime], turn: Turn | None = None
) -> WritableJournal:
    """Return the journal at `path`, made if need be. Raises UsageError where it cannot be."""
    with troubles_told(path):
        turn = turn or Turn()
        return WritableJournal(turn.take(lambda: connect(path)), path, now, turn)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
