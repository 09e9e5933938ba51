"""Stories for the tasks alone: what comes of each request, and a service that knows the truth.

The service says what really began, whether or not its answer arrived. What an answer lets a client
know is written here from the contract, not taken from the code that is tried.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote

from hypothesis import strategies as st

from dfctl.client.steps import Send
from dfctl.core.exchange import Effect, Fault, FaultKind, Response, Result
from dfctl.core.watch import Limits
from tests.core.properties import plain_text


class Says(StrEnum):
    """What comes of a request lets a client know of the start that it asked for."""

    BEGUN = "a run began, and this is its id"
    NOT_BEGUN = "nothing began"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Contract:
    """The words of one service: its names of members, its states, its ids."""

    backend: str
    profile: str
    member: str
    outcomes: dict[str, int]
    words: tuple[str, ...]
    run: str
    has_codes: bool = False


INVISION = Contract(
    backend="invision",
    profile="sales",
    member="runId",
    outcomes={"Succeeded": 0, "Failed": 3},
    words=("Pending", "Running", "running", "PENDING"),
    run="ad73a1ad-60eb-1066-4d61-1821009431b2",
)
DATAFORM = Contract(
    backend="dataform-web",
    profile="nightly",
    member="id",
    outcomes={"SUCCESSFUL": 0, "FAILED": 3, "CANCELLED": 5, "TIMED_OUT": 10},
    words=("RUNNING",),
    run="1029591293203",
    has_codes=True,
)

# By these a service says that it began nothing; 407 and redirects come from before the service.
REFUSALS = frozenset({301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 409, 412, 415, 422, 429})
# The same in gRPC's codes, which say more than HTTP's status where a service writes them.
CODES_OF_REFUSAL = frozenset({3, 5, 6, 7, 8, 9, 11, 12, 16})


@dataclass(frozen=True)
class Turn:
    """What comes of one request. `began`: a start had its effect, as far as the fault allows it.

    `seconds` is how long it took; `body` is a whole answer's, where the fault has one of its own.
    """

    fault: str
    began: bool = True
    seconds: float = 0.0
    status: int = 200
    body: object = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Story:
    """All that happens to a command. The last turn stays where it `is_lasting`, else all is well.

    `words` are the states that looks meet, before the `outcome`. `stop_at` is the step at which a
    signal comes; `is_answered` says that a start under way is answered before its grace is over.
    `newer_key` says whether the key's source has another key when it is read again.
    """

    turns: tuple[Turn, ...]
    is_lasting: bool
    words: tuple[object, ...]
    outcome: str
    limits: Limits
    rolls: tuple[float, ...]
    newer_key: bool
    stop_at: int | None
    is_answered: bool


def of(name: str, **given: st.SearchStrategy[object]) -> st.SearchStrategy[Turn]:
    return st.builds(Turn, st.just(name), began=st.booleans(), **given)


_moments = st.sampled_from([0.0, 0.2, 5.0, 29.0])
_NEVER_SENT = ("refused connection", "connect timeout")
_BROKEN_OFF = ("reset before the head", "reset in the head", "cut body", "chunk that is none")
_PAGE = b"<html>please sign in</html>"
_UNREADABLE = (b"", _PAGE, b"[]", b"\x00\xff garbage", b'{"a": NaN}', b"[" * 5000, b'"text"')
_ODD_IDS: tuple[object, ...] = (
    *(None, True, 1.5, [], {}, 0, 7, "", " ", ".", "..", "a/b", "../..", "%2e%2e", "a\nb\x1b[2J"),
    *("\u202e", "x" * 512, "x" * 513, "a?b#c", "\ud800", "ø"),
)
_statuses = st.integers(100, 599) | st.sampled_from(
    [*sorted(REFUSALS), 303, 304, 408, 410, 425, 500, 502, 503, 504]
)
_messages = st.sampled_from([b"", _PAGE, {}, {"title": "no"}]) | st.fixed_dictionaries(
    {"code": st.integers(0, 18) | st.sampled_from([8, 14, "8", None, True]), "message": plain_text}
)
_delays = st.none() | st.floats(0, 500)

turns = st.one_of(
    *(of(name) for name in (*_NEVER_SENT, "deadline", "key that expired")),
    st.sampled_from(_BROKEN_OFF).flatmap(lambda name: of(name, seconds=_moments)),
    of("status", status=_statuses, body=_messages, seconds=_moments, retry_after=_delays),
    of("throttled", status=st.just(429), seconds=_moments, retry_after=_delays),
    of("unavailable", status=st.just(503), seconds=_moments, retry_after=_delays),
    of("not found", status=st.just(404), seconds=_moments),
    of("unreadable answer", body=st.sampled_from(_UNREADABLE)),
    of("odd id", body=st.sampled_from(_ODD_IDS) | plain_text),
    *(of(name) for name in ("another run", "outcome in an error", "slow answer", "well")),
)
# A certificate that is not trusted stays so; it ends what it meets.
_rare = st.just(Turn("certificate", began=False))


@st.composite
def stories(draw: st.DrawFn, contract: Contract) -> Story:
    """Draw a story of a service, most of them with few faults and some with many."""
    given = draw(st.lists(turns, max_size=draw(st.sampled_from([2, 5, 12]))))
    if draw(st.integers(0, 19)) == 19:
        given.append(draw(_rare))
    is_lasting = bool(given) and draw(st.integers(0, 5)) == 5
    words: st.SearchStrategy[object] = st.sampled_from(
        (*contract.words, "Odd", "", None, 5, [], "\x1b[31m")
    )
    seconds = st.floats(0, 600) | st.sampled_from([0.0, 30.0])
    never = st.nothing() if is_lasting else st.none()
    limits = Limits(
        timeout=draw(never | seconds | st.just(3600.0)),
        queue_timeout=draw(st.none() | seconds),
        interval=draw(st.none() | st.floats(1, 60)),
        max_outage=draw(never | seconds),
    )
    return Story(
        turns=tuple(given),
        is_lasting=is_lasting,
        words=tuple(draw(st.lists(words, max_size=6))),
        outcome=draw(st.sampled_from(sorted(contract.outcomes))),
        limits=limits,
        rolls=tuple(draw(st.lists(st.floats(0.05, 1), min_size=1, max_size=4))),
        newer_key=draw(st.booleans()),
        stop_at=draw(st.none() | st.integers(1, 12)),
        is_answered=draw(st.booleans()),
    )


@dataclass
class Begun:
    """A run of the service. `told` is the outcome, once an answer has told it."""

    id: object
    words: Iterator[object]
    outcome: str
    told: str | None = None

    def word(self) -> object:
        """Return the state that an answer tells now."""
        word = next(self.words, self.outcome)
        self.told = self.outcome if word == self.outcome else self.told
        return word


@dataclass
class Truth:
    """The service: answers as the story says, and knows what really began.

    `posts` is what came of each start, in order; `met` are the faults that were met.
    """

    contract: Contract
    story: Story
    key: str
    runs: list[Begun] = field(default_factory=list)
    posts: list[Says] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    looks_after_the_end: int = 0
    begun_beside_an_open_run: bool = False
    _taken: int = 0
    has_expired: bool = False

    @property
    def next_turn(self) -> Turn:
        """Return what comes of the next request."""
        turns, number = self.story.turns, self._taken
        if number < len(turns):
            return turns[number]
        return turns[-1] if self.story.is_lasting else Turn("well")

    def is_sent(self) -> bool:
        """Return whether the next request leaves at all."""
        return self.next_turn.fault not in (*_NEVER_SENT, "certificate")

    def answer(self, send: Send) -> tuple[Result, float]:
        """Return what comes of a request, and after how many seconds."""
        turn = self.next_turn
        self._taken += 1
        if turn.fault == "key that expired":
            self.has_expired = True
        if turn.fault != "well":
            self.met.append(turn.fault)
        if self._is_refused(send, turn):
            result: Result = Response(401, b"{}")
            says = Says.NOT_BEGUN
        elif send.request.effect is Effect.START:
            result, says = self._start(turn)
        else:
            return self._look(turn, send), self._seconds(turn, send)
        if send.request.effect is Effect.START:
            self.posts.append(says)
        return result, self._seconds(turn, send)

    def forget_answer(self) -> None:
        """Take the last answer to a start for one that came when nobody listened any more."""
        self.posts[-1] = Says.NOTHING
        for run in self.runs:
            run.told = None

    def _is_refused(self, send: Send, turn: Turn) -> bool:
        is_old = self.has_expired and send.key.reveal() == self.key
        return is_old and self._fault(turn) is None

    def _seconds(self, turn: Turn, send: Send) -> float:
        longest = 300.0 if send.seconds is None else send.seconds
        if turn.fault == "deadline":
            return longest
        if turn.fault == "connect timeout":
            return min(30.0, longest)
        return min(29.0 if turn.fault == "slow answer" else turn.seconds, longest)

    @staticmethod
    def _fault(turn: Turn) -> Fault | None:
        """Return the fault of a turn without a whole answer."""
        if turn.fault in _NEVER_SENT:
            is_late = turn.fault == "connect timeout"
            return Fault(FaultKind.DEADLINE if is_late else FaultKind.NETWORK, "no way", False)
        if turn.fault == "certificate":
            return Fault(FaultKind.REJECTED, "not trusted", False)
        if turn.fault == "deadline":
            return Fault(FaultKind.DEADLINE, "no whole answer came", True)
        return Fault(FaultKind.NETWORK, turn.fault, True) if turn.fault in _BROKEN_OFF else None

    def _start(self, turn: Turn) -> tuple[Result, Says]:
        if fault := self._fault(turn):
            says = Says.NOTHING if fault.was_sent else Says.NOT_BEGUN
            if turn.began and fault.was_sent:
                self._begin(self.contract.run)
            return fault, says
        if turn.fault in ("status", "throttled", "unavailable", "not found", "outcome in an error"):
            return self._refusal(turn)
        if turn.fault == "unreadable answer":
            if turn.began:
                self._begin(self.contract.run)
            return Response(200, _bytes(turn.body)), Says.NOTHING
        run = self._begin(turn.body if turn.fault == "odd id" else self.contract.run)
        is_usable = is_usable_id(run.id)
        said = {self.contract.member: run.id}
        if not self.contract.has_codes:
            # Only InVision tells a state with the id; without the id nobody can know whose it is.
            said["status"] = run.word() if is_usable else "Pending"
        return Response(200, _bytes(said)), Says.BEGUN if is_usable else Says.NOTHING

    def _refusal(self, turn: Turn) -> tuple[Response, Says]:
        status = 500 if turn.fault == "outcome in an error" else turn.status
        answer = Response(status, _bytes(turn.body or {}), retry_after=turn.retry_after)
        says = says_of_refusal(self.contract, status, turn.body)
        if turn.began and says is Says.NOTHING:
            self._begin(self.contract.run)
        return answer, says

    def _begin(self, identifier: object) -> Begun:
        # As it would be seen: what was told of its end may have been told to nobody.
        self.begun_beside_an_open_run |= any(run.told is None for run in self.runs)
        if self.runs:  # another start: no service gives an id twice
            identifier = f"{self.contract.run}{len(self.runs)}"
        self.runs.append(Begun(identifier, iter(self.story.words), self.story.outcome))
        return self.runs[-1]

    def _look(self, turn: Turn, send: Send) -> Result:
        if fault := self._fault(turn):
            return fault
        asked = self._asked(send)
        other = next(word for word in self.contract.outcomes if word != self.story.outcome)
        told: dict[str, object] = {self.contract.member: self.contract.run, "status": other}
        match turn.fault:
            case "status" | "throttled" | "unavailable" | "not found" if not _is_read(turn):
                return Response(turn.status, _bytes(turn.body or {}), retry_after=turn.retry_after)
            case "outcome in an error":
                return Response(500, _bytes(told))
            case "unreadable answer":
                return Response(200, _bytes(turn.body))
            case "another run":
                return Response(200, _bytes(told | {self.contract.member: "not-this-run"}))
            case "status":
                return Response(turn.status, b"")
        if asked is None:
            return Response(404, b"{}")
        self.looks_after_the_end += asked.told is not None
        return Response(200, _bytes({self.contract.member: asked.id, "status": asked.word()}))

    def _asked(self, send: Send) -> Begun | None:
        parts = send.request.path.split("/")
        name = unquote(parts[-2] if self.contract.backend == "invision" else parts[-1])
        return next((run for run in self.runs if str(run.id) == name), None)


def _is_read(turn: Turn) -> bool:
    return 200 <= turn.status < 300


def says_of_refusal(contract: Contract, status: int, body: object) -> Says:
    """Return what an answer without an id says of a start, by the words of the contract."""
    if 200 <= status < 300:
        return Says.NOTHING
    code = body.get("code") if contract.has_codes and isinstance(body, dict) else None
    if isinstance(code, int) and not isinstance(code, bool) and 1 <= code <= 16:
        return Says.NOT_BEGUN if code in CODES_OF_REFUSAL else Says.NOTHING
    return Says.NOT_BEGUN if status in REFUSALS else Says.NOTHING


def is_usable_id(value: object) -> bool:
    """Return whether an id can be one segment of a path: text, or a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    text = str(value)
    if not text.strip() or text in (".", "..") or len(text) > 512:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
