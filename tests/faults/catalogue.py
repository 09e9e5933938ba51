"""A service on a real socket that misbehaves as a story says, and knows what really began.

Each fault is what happens on the connection once a request came, or before. A look is told the
truth, or something that contradicts it in an answer that must not be believed.
"""

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from hypothesis import strategies as st

from tests.faults.stories import DATAFORM, INVISION, REFUSALS, Contract, Says
from tests.faults.wire import Gone, Peer, Received, http, json_answer
from tests.shell import CANARY

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_BOMB = gzip.compress(bytes(16 << 20))
_MIB = 1 << 20
_ECHO = "key that comes back"


@dataclass(frozen=True)
class Turn:
    """What comes of one request. `began`: a start had its effect, where the fault allows it."""

    fault: str
    began: bool = True
    status: int = 200


@dataclass(frozen=True)
class Play:
    """All that happens to a command: how often it is refused first, then the turns, then good.

    `words` are the states that looks meet before the outcome; a `lie` is another outcome.
    """

    contract: Contract
    refusals: int
    turns: tuple[Turn, ...]
    words: tuple[str, ...]
    outcome: str
    lie: str


@dataclass
class Scene:
    """One request as it is served: `true` and `false` are bodies, of which one is a lie."""

    peer: Peer
    request: Received
    turn: Turn
    true: dict[str, object]
    false: dict[str, object]
    stalls: threading.Event
    stop: Callable[[], None]
    problem: Callable[[str], None]

    def send(self, data: bytes) -> None:
        self.peer.send(data)

    def leave(self) -> None:
        """End the connection in order."""
        self.peer.end()
        raise Gone

    def reset(self) -> None:
        self.peer.reset()
        raise Gone

    def stall(self) -> None:
        self.stalls.set()
        self.peer.wait_for_the_end()
        raise Gone


Act = Callable[[Scene], None]


def _json(scene: Scene, body: object | None = None, *headers: str, status: str = "200 OK") -> bytes:
    return json_answer(scene.true if body is None else body, status, *headers)


def _cut(after: int, *, is_reset: bool) -> Act:
    def act(scene: Scene) -> None:
        scene.send(_json(scene, scene.false)[:after])
        scene.reset() if is_reset else scene.leave()

    return act


def _sends(make: Callable[[Scene], bytes], *, then_leaves: bool = True) -> Act:
    def act(scene: Scene) -> None:
        scene.send(make(scene))
        if then_leaves:
            scene.leave()

    return act


def _raw(data: bytes) -> Act:
    return _sends(lambda scene: data)


def _body(make: Callable[[Scene], bytes], *headers: str) -> Act:
    return _sends(lambda scene: http("200 OK", "Connection: close", *headers, body=make(scene)))


def _lying(scene: Scene) -> bytes:
    return json.dumps(scene.false).encode()


def _with_length(change: int) -> Act:
    return _sends(
        lambda scene: http(body=_lying(scene), length=len(_lying(scene)) + change),
    )


def _repeated(scene: Scene) -> bytes:
    """Return an object whose members are there twice, with two values."""
    pairs = [*scene.false.items(), *((name, "other") for name in scene.false)]
    return (
        "{" + ",".join(f'"{name}": {json.dumps(value)}' for name, value in pairs) + "}"
    ).encode()


def _dribble(scene: Scene) -> None:
    scene.send(http(length=_MIB))
    scene.stalls.set()
    scene.peer.repeat(b" ", pause=0.005)


def _flood(scene: Scene) -> None:
    scene.send(http(length=9 * _MIB))
    for _ in range(9):
        scene.send(b" " * _MIB)
    scene.leave()


def _status(scene: Scene) -> None:
    status = scene.turn.status
    if 100 <= status < 200:
        # No answer follows what is only a hint.
        scene.send(f"HTTP/1.1 {status} Hint\r\n\r\n".encode())
        scene.leave()
    body = b"" if status in (204, 205, 304) else b'{"title": "no"}'
    scene.send(http(f"{status} Said", body=body))


def _status_of(turn: Turn) -> int:
    """Return the status of an answer; a key comes back where its words are shown."""
    is_shown = turn.fault != _ECHO or turn.status >= 400
    return turn.status if is_shown else 400


def _echo(scene: Scene) -> None:
    said = f"{CANARY} {quote(CANARY, safe='')} is not welcome"
    scene.send(_json(scene, {"detail": said}, status=f"{_status_of(scene.turn)} {CANARY}"))


def _wait_for_more(scene: Scene) -> None:
    """Answer, and break off just as the next request comes on the same connection."""
    scene.send(_json(scene))
    _break_off_next(scene)


def _break_off_next(scene: Scene) -> None:
    scene.peer.read_byte()
    if scene.peer.received.endswith(b"P"):
        scene.problem("a start came on a connection that had been used")
    scene.reset()


def _throttle(scene: Scene) -> None:
    scene.send(_json(scene, {}, "Retry-After: 1", status="429 Too Many Requests"))


def _throttle_and_wait(scene: Scene) -> None:
    """Throttle, and break off just as the next request comes: the start must not meet that."""
    _throttle(scene)
    _break_off_next(scene)


def _after_a_signal(scene: Scene) -> None:
    scene.stop()
    scene.send(_json(scene))


def _signal_alone(scene: Scene) -> None:
    scene.stop()
    scene.stall()


# What a client cannot know afterwards, whether the start had its effect or not.
UNKNOWABLE: dict[str, Act] = {
    "reset before the answer": Scene.reset,
    "end instead of an answer": Scene.leave,
    "half a status line": _cut(11, is_reset=False),
    "half a head": _cut(40, is_reset=False),
    "half a head, then a reset": _cut(40, is_reset=True),
    "half a body": _cut(-9, is_reset=False),
    "half a body, then a reset": _cut(-9, is_reset=True),
    "silence": Scene.stall,
    "dribble": _dribble,
    "garbage": _raw(b"\x00\xff\x1b[31m\r\n\r\n"),
    "web page with 200": _body(lambda scene: b"<html>sign in</html>", "Content-Type: text/html"),
    "gzip bomb": _body(lambda scene: _BOMB, "Content-Encoding: gzip"),
    "length too long": _with_length(7),
    "length too short": _with_length(-9),
    "two lengths": _sends(lambda scene: http("200 OK", "Content-Length: 3", body=_lying(scene))),
    "chunked junk": _raw(_CHUNKED + b"zz\r\nnothing"),
    "chunks that end early": _raw(_CHUNKED + b'40\r\n{"runId"'),
    "more than 8 MiB": _flood,
    "nested too deeply": _body(lambda scene: b'{"a":' * 100_000),
    "NaN": _body(lambda scene: _lying(scene)[:-1] + b', "x": NaN}'),
    "members that are there twice": _body(_repeated),
    "list": _body(lambda scene: b"[" + _lying(scene) + b"]"),
    "no id": _body(lambda scene: b'{"detail": "well"}'),
    "wrong types": _body(lambda scene: b'{"runId": ["a"], "id": {}, "status": {"a": 1}}'),
    "id that is no segment": _body(
        lambda scene: b'{"runId": "..", "id": "..", "status": "Succeeded"}'
    ),
    "bytes that are no text": _body(lambda scene: _lying(scene)[:-1] + b', "x": "\xe9\xff"}'),
    "signal, then silence": _signal_alone,
}
# A documented answer, in whatever way it comes.
ANSWERS: dict[str, Act] = {
    "well": _sends(_json, then_leaves=False),
    "closed once it has answered": _sends(_json),
    "closed as the next request comes": _wait_for_more,
    "hints before the answer": _sends(
        lambda scene: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + _json(scene),
        then_leaves=False,
    ),
    "byte order mark": _body(lambda scene: b"\xef\xbb\xbf" + json.dumps(scene.true).encode()),
    "wrong charset": _sends(
        lambda scene: _json(scene, None, "Content-Type: application/json; charset=klingon")
    ),
    "chunked": _sends(
        lambda scene: (
            (_CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in json.dumps(scene.true).encode()))
            + b"0\r\n\r\n"
        ),
        then_leaves=False,
    ),
    "bytes after the answer": _sends(
        lambda scene: _json(scene) + _json(scene, scene.false), then_leaves=False
    ),
    "id of odd characters": _sends(_json, then_leaves=False),
    "signal, then the answer": _after_a_signal,
}
# What says by its status, or does not, whether anything began.
STATUSES: dict[str, Act] = {"status": _status, _ECHO: _echo}
THROTTLES: dict[str, Act] = {
    "throttled": _throttle,
    "throttled, closed as the next request comes": _throttle_and_wait,
}
# The connection breaks before a request was read: whether it had left already is a race.
AT_ONCE = "reset at once"
CATALOGUE = {**UNKNOWABLE, **ANSWERS, **STATUSES, **THROTTLES}
NAMES = (*(name for name in CATALOGUE if name != "well"), AT_ONCE)
# What takes as long as a deadline, and so leaps over it; or asks for a process to stop.
SLOW = frozenset({"silence", "dribble", "signal, then silence", "signal, then the answer"})
_ODD_ID = "a/../b ?#%2e\n\u202e;\x1b[2J"

_statuses = st.integers(100, 599) | st.sampled_from([*sorted(REFUSALS), 303, 304, 500, 502, 503])


def turns_of(*names: str) -> st.SearchStrategy[Turn]:
    """Return turns with one of these faults."""
    return st.builds(Turn, st.sampled_from(names), st.booleans(), _statuses)


def plays(
    first: st.SearchStrategy[Turn] | None = None, without: frozenset[str] = frozenset()
) -> st.SearchStrategy[Play]:
    """Return stories of a few faults each; where `first` is given, it comes before them."""
    names = [name for name in (*NAMES, "well") if name not in without]
    contract = st.sampled_from([INVISION, DATAFORM])
    rest = st.lists(turns_of(*names), min_size=first is None, max_size=4)
    given = rest if first is None else st.builds(lambda one, more: [one, *more], first, rest)
    return contract.flatmap(lambda one: _plays_of(one, given))


def _plays_of(contract: Contract, given: st.SearchStrategy[list[Turn]]) -> st.SearchStrategy[Play]:
    words = st.lists(st.sampled_from((*contract.words, "Odd")), max_size=3)
    outcomes = st.permutations(sorted(contract.outcomes))
    return st.builds(
        lambda refusals, turns, words, outcomes: Play(
            contract, refusals, tuple(turns), tuple(words), outcomes[0], outcomes[1]
        ),
        st.sampled_from([0, 0, 0, 1, 3]),
        given,
        words,
        outcomes,
    )


@dataclass
class Service:
    """Plays a `Play`. `stop` sends a signal to whoever asks; `problems` went against the contract.

    `posts` is what came of each start, in order, and `runs` the ids of what really began.
    """

    play: Play
    stop: Callable[[], None]
    runs: list[str] = field(default_factory=list)
    posts: list[Says] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    stalls: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._turns = list(self.play.turns)
        self._words = list(self.play.words)
        self._lock = threading.Lock()

    def serve(self, peer: Peer) -> None:
        """Serve one connection, as a step of a `Wire`."""
        if self._turns and self._turns[0].fault == AT_ONCE:
            self.met.add(self._turns.pop(0).fault)
            peer.reset()
            return
        is_used = False
        while True:
            request = peer.read_request()
            with self._lock:
                scene = self._scene(peer, request)
                if request.method == "POST" and is_used:
                    self.problems.append("a start came on a connection that had been used")
            is_used = True
            CATALOGUE[scene.turn.fault](scene)

    def be_well(self) -> None:
        """Let all that comes from now on go well."""
        self._turns.clear()

    def _take_turn(self) -> Turn:
        turn = self._turns.pop(0) if self._turns else Turn("well")
        # Here it is too late for that: the request is there.
        if turn.fault == AT_ONCE:
            turn = Turn("reset before the answer", turn.began)
        if turn.fault != "well":
            self.met.add(turn.fault)
        return turn

    def _scene(self, peer: Peer, request: Received) -> Scene:
        turn = self._take_turn()
        contract = self.play.contract
        if request.method == "POST":
            identifier = self._start(turn)
        else:
            identifier = unquote(request.target.split("/")[-2 if contract is INVISION else -1])
            if identifier not in self.runs:
                self.problems.append(f"a look at a run that never began: {identifier!r}")
        true: dict[str, object] = {contract.member: identifier, "status": self._word()}
        false: dict[str, object] = {contract.member: identifier, "status": self.play.lie}
        return Scene(peer, request, turn, true, false, self.stalls, self.stop, self.problems.append)

    def _start(self, turn: Turn) -> str:
        """Begin a run, where the fault is no refusal; return its id."""
        says = says_of(turn)
        self.posts.append(says)
        identifier = _ODD_ID if turn.fault == "id of odd characters" else f"run-{len(self.posts)}"
        if says is Says.BEGUN or (says is Says.NOTHING and turn.began):
            self.runs.append(identifier)
        return identifier

    def _word(self) -> str:
        return self._words.pop(0) if self._words else self.play.outcome


def says_of(turn: Turn) -> Says:
    """Return what a client may know of a start of which this came, by the words of the contract."""
    if turn.fault in ANSWERS:
        return Says.BEGUN
    is_refusal = turn.fault in STATUSES and _status_of(turn) in REFUSALS
    if is_refusal or turn.fault in THROTTLES:
        return Says.NOT_BEGUN
    return Says.NOTHING
