"""Following a run to its end, and looking at one once."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dfctl.client.clock import Clock
from dfctl.client.starting import describe, remedy
from dfctl.client.steps import (
    KEY_SECONDS,
    Pause,
    Send,
    Target,
    Task,
    converse,
    masked,
    newer_key,
)
from dfctl.core.answers import Kind, Refusal, asked_delay, is_outage
from dfctl.core.errors import DfctlError, KeyProblem, Lost, NotFound, UsageError
from dfctl.core.events import Listener, Missed, Seen, Warned
from dfctl.core.exchange import Fault, FaultKind, Request, Response, Result, Unreadable
from dfctl.core.runs import Run, Sighting
from dfctl.core.states import State
from dfctl.core.text import clean, clean_link
from dfctl.core.watch import Watch, backoff

LOOK_SECONDS = 30.0
# The last look, at the deadline of the waiting, may take this long.
LAST_LOOK_SECONDS = 5.0
# A service may take a moment to know the run that it has just begun.
NOT_FOUND_GRACE = 30.0
STATUS_TRIES = 3


@dataclass(frozen=True)
class _Miss(Exception):
    """A look without a sighting: what came instead, what it means, and what may cure it."""

    result: Result
    refusal: Refusal
    why: str
    hint: str | None = None


class Look:
    """Looks at one run. The key's source is read again when the service refuses the key."""

    def __init__(self, target: Target, run: Run) -> None:
        self._target = target
        self._run = run
        self._key = target.key

    def task(
        self, seconds: Callable[[], float], key_seconds: Callable[[], float]
    ) -> Task[Sighting]:
        """Return what the service says of the run. Raises `_Miss` where it says nothing.

        `seconds` gives how long a request may take from now on, `key_seconds` a reading of the key.
        """
        assert self._run.locator is not None
        settings = self._target.profile.settings
        answer: list[Response] = []

        def send(request: Request) -> Task[Response]:
            answer[:] = [(yield from self._send(request, seconds, key_seconds))]
            return answer[0]

        try:
            exchange = self._target.backend.look(settings, self._run.locator)
            sighting = yield from converse(exchange, send)
            return masked(sighting, answer[0].hide) if answer else sighting
        except Unreadable as problem:
            why = f"it answered with {clean(answer[0].hide(str(problem)))}"
            raise _Miss(answer[0], Refusal(Kind.BROKEN), why) from None

    def _send(
        self, request: Request, seconds: Callable[[], float], key_seconds: Callable[[], float]
    ) -> Task[Response]:
        result, refusal = yield from self._exchange(request, seconds())
        if refusal.kind is Kind.UNAUTHENTICATED:
            newer = yield from newer_key(self._target, self._key, key_seconds())
            if isinstance(newer, Fault):
                raise _Miss(newer, Refusal(Kind.BROKEN), newer.text)
            if newer:
                self._key = newer
                result, refusal = yield from self._exchange(request, seconds())
        if refusal.kind is not Kind.ANSWERED and result.status not in request.answers:
            raise _Miss(result, refusal, describe(result, refusal), remedy(request, result))
        return result

    def _exchange(self, request: Request, seconds: float) -> Task[tuple[Response, Refusal]]:
        result = yield Send(self._target, request, self._key, seconds)
        assert result is not None
        if isinstance(result, Fault):
            raise _Miss(result, Refusal(Kind.BROKEN), result.text)
        return result, self._target.backend.refusal(result)


class Follow:
    """The waiting for one run: looks at it until `Watch` says that it is over.

    `run` is the run as it was seen last, and `why` what went wrong with the last look that failed.
    """

    def __init__(
        self,
        target: Target,
        run: Run,
        *,
        is_ours: bool,
        is_known: bool,
        clock: Clock,
        random: Callable[[], float],
        tell: Listener,
    ) -> None:
        self._target = target
        self.run = run
        self._is_ours = is_ours
        self._is_known = is_known
        self._has_warned = False
        self._has_seen_end = False
        self.why = ""
        self._clock = clock
        self._tell = tell
        self._look = Look(target, run)
        began = clock.monotonic()
        self._age = age_of(run, clock)
        self.watch = Watch(target.profile.limits, began=began, random=random, age=self._age or 0.0)

    def task(self) -> Task[Run]:
        """Return the run as it was seen last, when `watch.ending` is set.

        Raises the `DfctlError` that ends the waiting otherwise.
        """
        while self.watch.ending is None:
            yield Pause(self.watch.due)
            try:
                sighting = yield from self._look.task(
                    lambda: self._within(LOOK_SECONDS), lambda: self._within(KEY_SECONDS)
                )
            except _Miss as miss:
                self._missed(miss)
            else:
                self.saw(sighting)
        return self.run

    def saw(self, sighting: Sighting) -> None:
        """Take note of a sighting, whether a look or the start's own answer brought it."""
        if sighting.state is State.UNKNOWN and not self._has_warned:
            self._has_warned = True
            self._tell(Warned(_strange(self._target.backend.title, sighting)))
        was_seen = self.watch.state is not None
        self._is_known = True
        self.watch.saw(sighting.state, at=self._clock.monotonic())
        self.run = seen(self.run, sighting)
        if sighting.state.is_final and (was_seen or self._is_ours):
            self._has_seen_end = True
            self.run = replace(self.run, ended_at=self._clock.now())
        self._tell(Seen(self.run))

    def _within(self, longest: float) -> float:
        """Return how long something may take: not far past the end of the waiting."""
        if self.watch.deadline is None:
            return longest
        left = self.watch.deadline - self._clock.monotonic()
        return min(longest, max(left, 0.0) + LAST_LOOK_SECONDS)

    def _missed(self, miss: _Miss) -> None:
        error = self._error(miss)
        if error:
            raise error
        self.why = miss.why
        now = self._clock.monotonic()
        asked = asked_delay(miss.result)
        self.watch.missed(
            at=now,
            is_outage=miss.refusal.kind is not Kind.THROTTLED and is_outage(miss.result),
            not_before=asked,
        )
        seconds = self.watch.due - now if self.watch.ending is None else None
        self._tell(Missed(self.run, miss.why, seconds))

    def _error(self, miss: _Miss) -> DfctlError | None:
        """Return the error that ends the waiting at once, or None where to go on."""
        kind = miss.refusal.kind
        if kind is Kind.NOT_FOUND and self._is_ours and self._waited() < NOT_FOUND_GRACE:
            return None
        if not self._is_known:
            return refused(miss)
        if kind in (Kind.UNAUTHENTICATED, Kind.FORBIDDEN, Kind.NOT_FOUND):
            return Lost(f"the service no longer answers about the run: {miss.why}")
        return None

    def timed(self, run: Run) -> Run:
        """Return `run` with its length so far, where its begin is known.

        One that had ended before has the length that it came with, if it is known.
        """
        is_over = run.state is not None and run.state.is_final
        if self._age is None or (is_over and not self._has_seen_end):
            return run
        return replace(run, elapsed_s=round(self._age + self._waited(), 3))

    def _waited(self) -> float:
        return self._clock.monotonic() - self.watch.began


def age_of(run: Run, clock: Clock) -> float | None:
    """Return how old a run is, in seconds, where its begin is known."""
    if run.started_at is None:
        return None
    return max(0.0, (clock.now() - run.started_at).total_seconds())


def look_once(
    target: Target, run: Run, *, clock: Clock, random: Callable[[], float], tell: Listener
) -> Task[Run]:
    """Look at a run, trying again where contact fails, for about 30 s in all.

    Raises the `DfctlError` that says why nothing is known: `Lost` where there is no contact.
    """
    look = Look(target, run)
    end = clock.monotonic() + LOOK_SECONDS
    failures = 0
    while True:
        try:
            sighting = yield from look.task(
                lambda: max(end - clock.monotonic(), LAST_LOOK_SECONDS), lambda: KEY_SECONDS
            )
        except _Miss as miss:
            error = refused(miss)
            failures += 1
            now = clock.monotonic()
            asked = asked_delay(miss.result) or 0.0
            due = now + max(backoff(failures, random), asked)
            if error or failures == STATUS_TRIES or due >= end:
                raise error or Lost(
                    f"no answer about the run: {miss.why}", hint="the run itself goes on"
                ) from None
            tell(Missed(run, miss.why, due - now))
            yield Pause(due)
        else:
            run = seen(run, sighting)
            tell(Seen(run))
            return run


def seen(run: Run, sighting: Sighting) -> Run:
    """Return `run` with what the sighting says of it."""
    word = sighting.service_state
    return replace(
        run,
        state=sighting.state,
        service_state=clean(word) if word else None,
        url=clean_link(sighting.url) or run.url,
    )


def refused(miss: _Miss) -> DfctlError | None:
    """Return the error of a look that the service refused, or None where contact failed."""
    kind, why = miss.refusal.kind, miss.why
    if isinstance(miss.result, Fault) and miss.result.kind is FaultKind.REJECTED:
        return UsageError(f"no request can be sent: {why}", hint=miss.result.hint)
    if kind in (Kind.UNAUTHENTICATED, Kind.FORBIDDEN):
        return KeyProblem(
            f"the service refused the key: {why}",
            hint=miss.hint or "check the key and what it may see",
        )
    if kind is Kind.NOT_FOUND:
        return NotFound(
            f"the service does not know the run: {why}",
            hint="check the reference, and the address of the profile",
        )
    if kind is Kind.WRONG:
        return UsageError(
            f"the service refused the request: {why}",
            hint=miss.hint or "check the reference, and the address of the profile",
        )
    return None


def _strange(title: str, sighting: Sighting) -> str:
    word = sighting.service_state
    said = f"calls the state {clean(word)!r}" if word else "names no state"
    return f"{title} {said}: dfctl takes that for no end, and goes on looking"
