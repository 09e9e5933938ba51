"""Starting a run, at most once."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from dfctl.client.clock import Clock
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
from dfctl.core.answers import Judgement, Kind, Refusal, asked_delay, judge_start
from dfctl.core.durations import format_duration
from dfctl.core.errors import (
    DfctlError,
    KeyProblem,
    NotFound,
    NotStarted,
    Unconfirmed,
    UsageError,
)
from dfctl.core.events import Listener, StartDelayed
from dfctl.core.exchange import Fault, Request, Response, Result, Unreadable
from dfctl.core.runs import Run, Started
from dfctl.core.settings import Parameters
from dfctl.core.text import clean, clean_link, is_safe
from dfctl.core.watch import RETRY_AFTER_LONGEST, backoff

CHECK_PROXIES = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
GIVE_PROXY_LOGIN = (
    "give the proxy's user and password in its address: "
    "http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY or HTTP_PROXY"
)
_CHECK_KEY = "check the key, and that it may start this flow"
# Titles of the pages with which nginx, alone with the connection, refuses a request.
_OF_TITLE = {
    "400 No required SSL certificate was sent": (
        "set client_cert and client_key: the service demands a certificate of its clients"
    ),
    "400 The SSL certificate error": "the service does not take the certificate of client_cert",
    "400 The plain HTTP request was sent to HTTPS port": "write https:// in the address",
}
CHECK_FIRST = "it may be running: look at the service before you start it again"


class Start:
    """One attempt to start a run, repeated only while it certainly did not begin.

    `key` is the one that was sent last: the source may have had a newer one meanwhile.
    """

    def __init__(
        self, target: Target, run: Run, *, clock: Clock, random: Callable[[], float], tell: Listener
    ) -> None:
        self._target = target
        self._run = run
        self._clock = clock
        self._random = random
        self._tell = tell
        self.key = target.key
        self._failures = 0
        self._began = clock.monotonic()
        self._hide: Callable[[str], str] = str

    def task(self, parameters: Parameters, *, server_wait: bool) -> Task[Started]:
        """Return where the new run is found. Raises the `DfctlError` that says why not."""
        backend, settings = self._target.backend, self._target.profile.settings
        exchange = backend.start(settings, parameters, server_wait=server_wait)
        try:
            return self._checked((yield from converse(exchange, self._send)))
        except Unreadable as problem:
            raise Unconfirmed(
                f"the start was answered with {clean(self._hide(str(problem)))}", hint=CHECK_FIRST
            ) from None

    def _checked(self, started: Started) -> Started:
        """Return what an adapter found, if it can be shown. Raises `Unreadable` otherwise."""
        if not is_safe(started.locator):
            raise Unreadable("an id that cannot be used")
        sighting = started.sighting
        return replace(started, sighting=sighting and masked(sighting, self._hide))

    def _send(self, request: Request) -> Task[Response]:
        """Return the answer that the adapter reads; repeat what certainly did not begin."""
        while True:
            seconds = self._seconds(request)
            result = yield Send(self._target, request, self.key, seconds)
            assert result is not None
            refusal = self._refusal(result)
            judgement = judge_start(result, refusal.kind)
            if isinstance(result, Response) and (
                judgement is Judgement.READ or result.status in request.answers
            ):
                self._hide = result.hide
                return result
            if (yield from self._has_newer_key(refusal.kind)):
                continue
            if judgement is not Judgement.RETRY:
                raise self._error(judgement, request, result, refusal)
            yield Pause(self._next_attempt(result, refusal))

    def _seconds(self, request: Request) -> float | None:
        profile = self._target.profile
        return profile.limits.timeout if request.is_held else profile.start_timeout

    def _refusal(self, result: Result) -> Refusal:
        if isinstance(result, Fault):
            return Refusal(Kind.BROKEN)
        return self._target.backend.refusal(result)

    def _has_newer_key(self, kind: Kind) -> Task[bool]:
        """Read the key's source again after a refusal; True where it has another key now."""
        if kind is not Kind.UNAUTHENTICATED or self.key is not self._target.key:
            return False
        newer = yield from newer_key(self._target, self.key, KEY_SECONDS)
        if newer is None or isinstance(newer, Fault):
            return False
        self.key = newer
        return True

    def _next_attempt(self, result: Result, refusal: Refusal) -> float:
        """Return when to try again, in monotonic seconds. Raises NotStarted when time is over."""
        self._failures += 1
        now = self._clock.monotonic()
        asked = min(asked_delay(result) or 0.0, RETRY_AFTER_LONGEST)
        longest = self._target.profile.limits.max_outage
        end = None if longest is None else self._began + longest
        why = describe(result, refusal)
        if end is not None and (now >= end or now + asked > end):
            limit = f"{format_duration(longest)} (--max-outage)"
            reason = (
                f"gave up after {limit}"
                if now >= end
                else (
                    f"the service asks to wait {format_duration(asked)}, which would pass {limit}"
                )
            )
            raise NotStarted(
                f"nothing was started: {why}",
                hint=f"{reason}; it is safe to run the same command again",
            )
        due = now + max(asked, backoff(self._failures, self._random))
        due = due if end is None else min(due, end)
        self._tell(StartDelayed(self._run, why, due - now))
        return due

    def _error(
        self, judgement: Judgement, request: Request, result: Result, refusal: Refusal
    ) -> DfctlError:
        why = describe(result, refusal)
        if judgement is Judgement.KEY:
            return KeyProblem(
                f"the service refused the key: {why}",
                hint=f"nothing was started; {_cure(request, result) or _CHECK_KEY}",
            )
        if judgement is Judgement.NOT_FOUND:
            flow = self._run.flow
            return NotFound(
                f"the service does not know {f'the flow {flow!r}' if flow else 'what to start'}:"
                f" {why}",
                hint="nothing was started; check flow and address of the profile",
            )
        if judgement is Judgement.WRONG:
            return UsageError(f"the start was refused: {why}", hint=_wrong_hint(request, result))
        hint = f"{refusal.hint}; {CHECK_FIRST}" if refusal.hint else CHECK_FIRST
        came = why if isinstance(result, Fault) else f"it was answered with {why}"
        return Unconfirmed(f"the start was sent, but {came}", hint=hint)


def _wrong_hint(request: Request, result: Result) -> str:
    if isinstance(result, Fault):
        hint = result.hint
    elif cure := remedy(request, result):
        hint = f"nothing was started; {cure}"
    else:
        hint = None
    return hint or "nothing was started; check address and settings of the profile"


def _cure(request: Request, result: Result) -> str | None:
    return None if isinstance(result, Fault) else remedy(request, result)


def remedy(request: Request, response: Response) -> str | None:
    """Return what may cure a refusal of `request`, where the answer itself lets one tell."""
    if response.status == 407:
        return GIVE_PROXY_LOGIN
    if response.login:
        return (
            f"check the key; dfctl cannot log in by {' or '.join(response.login)}, "
            "which a server in front of the service may ask for"
        )
    link = clean_link(response.location)
    if link and link.endswith(request.path):
        return f"if that is right, set address to {link.removesuffix(request.path)}"
    return _OF_TITLE.get(response.title or "")


def describe(result: Result, refusal: Refusal) -> str:
    """Return in words what came of a request that failed."""
    if isinstance(result, Fault):
        return result.text
    phrase = _phrase(result.status)
    said = clean(result.hide(refusal.message or _titled(result)))
    words = f"HTTP {result.status} {phrase}".rstrip()
    if result.location:
        words += f", to {clean(result.location)}"
    return f"{words} ({said})" if said and said != phrase else words


def _titled(response: Response) -> str:
    """Return what the title of an error's page says beyond status and phrase."""
    title = (response.title or "").removeprefix(str(response.status)).strip(" -:")
    return "" if _letters(title) in _letters(_phrase(response.status)) else title


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalpha())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
