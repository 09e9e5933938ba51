"""What the live view knows of each run, and its words: pure, without a terminal."""

from dataclasses import dataclass

from dfctl.core.durations import format_duration
from dfctl.core.events import Accepted, Following, Missed, Seen, StartDelayed, Starting
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.output.sentences import state_words

Shown = Starting | StartDelayed | Accepted | Following | Missed | Seen


@dataclass(frozen=True)
class Line:
    """What is drawn of one run. Times are monotonic seconds, `usual` is a length in seconds.

    `left_queue` is when the run was first seen out of the queue, if it was seen in it.
    """

    run: Run
    words: str
    began: float
    changed: float
    usual: float | None = None
    left_queue: float | None = None

    @property
    def is_over(self) -> bool:
        return self.run.state is not None and self.run.state.is_final

    def elapsed(self, now: float) -> float:
        """Return how long the run took so far."""
        return max(0.0, (self.changed if self.is_over else now) - self.began)


def next_line(before: Line | None, event: Shown, now: float) -> Line:
    """Return the line of a run after an event about it."""
    usual = event.usual if isinstance(event, Following) else before.usual if before else None
    if before is None or isinstance(event, Accepted):
        age = event.age if isinstance(event, Following) else 0.0
        return Line(event.run, _words(event), now - age, now, usual)
    words = _words(event)
    changed = before.changed if words == before.words else now
    return Line(event.run, words, before.began, changed, usual, _left_queue(before, event, now))


def length_words(line: Line, now: float, *, with_queue: bool) -> str:
    """Return how long a run took so far, and how much of it in the queue."""
    elapsed = _whole(line.elapsed(now))
    queued = 0.0 if line.left_queue is None else line.left_queue - line.began
    return f"{elapsed}, {_whole(queued)} of it queued" if with_queue and queued >= 1 else elapsed


def share_words(line: Line, now: float) -> str:
    """Return how far a run is, by the usual length of its kind: `62 %`, or `+1m over`."""
    assert line.usual is not None
    over = line.elapsed(now) - line.usual
    if over > 0:
        return f"+{_whole(over)} over"
    share = int(100 * line.elapsed(now) / line.usual) if line.usual else 0
    return f"{min(share, 99)} %"


def _whole(seconds: float) -> str:
    return format_duration(max(0, int(seconds)))


def _left_queue(before: Line, event: Shown, now: float) -> float | None:
    # Pending without a word of the service is only what is assumed of a run that was accepted.
    is_queued = before.run.state is State.PENDING and before.run.service_state is not None
    if is_queued and before.left_queue is None and event.run.state is not State.PENDING:
        return now
    return before.left_queue


def _words(event: Shown) -> str:
    match event:
        case Starting():
            return "starting"
        case Following() if event.run.reference is None:
            return "starting"
        case StartDelayed():
            return "not started yet"
        case Accepted():
            return "started"
        case Missed():
            return "no news"
    return state_words(event.run.state) if event.run.state else "waiting"
