"""Stories: what a flow's name means over time. Pure; the services put it into their own words."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where a run is, whatever the service calls it."""

    PENDING = "pending"
    RUNNING = "running"
    STRANGE = "strange"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


class Fault(StrEnum):
    """What goes wrong with one request."""

    BUSY = "busy"
    BAD_GATEWAY = "bad_gateway"
    DROPPED = "dropped"


# A stage and the share (0 to 1) of the run's length at which it begins.
Course = tuple[tuple[float, Stage], ...]

_ORDINARY: Course = ((0.0, Stage.PENDING), (0.2, Stage.RUNNING))
_QUEUED: Course = ((0.0, Stage.PENDING), (0.9, Stage.RUNNING))
_STRANGE: Course = (
    (0.0, Stage.PENDING),
    (0.2, Stage.RUNNING),
    (0.4, Stage.STRANGE),
    (0.7, Stage.RUNNING),
)
_LONG = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One flow of the sandbox.

    `length` is in multiples of the sandbox's `seconds`. `starts` are the fates of successive start
    requests, over and over; `looks` those of a run's first status requests, all good thereafter.
    """

    name: str
    about: str
    end: Stage = Stage.SUCCEEDED
    course: Course = _ORDINARY
    length: float = 1.0
    starts: tuple[Fault | None, ...] = (None,)
    looks: tuple[Fault | None, ...] = ()
    is_behind_login: bool = False

    def stage(self, age: float, seconds: float) -> Stage:
        """The stage of a run that began `age` seconds ago."""
        length = self.length * seconds
        if age >= length:
            return self.end
        return [stage for share, stage in self.course if share * length <= max(age, 0.0)][-1]

    def start_fault(self, attempt: int) -> Fault | None:
        """The fate of the start request number `attempt`, counted from 0."""
        return self.starts[attempt % len(self.starts)]

    def look_fault(self, look: int) -> Fault | None:
        """The fate of a run's status request number `look`, counted from 0."""
        return self.looks[look] if look < len(self.looks) else None


_ALL = (
    Story(name="ok", about="succeeds"),
    Story(name="fail", about="fails", end=Stage.FAILED),
    Story(name="slow", about="succeeds, after a long run", length=_LONG),
    Story(name="pending", about="succeeds, after a long queue", course=_QUEUED, length=_LONG),
    Story(name="cancelled", about="is cancelled by somebody", end=Stage.CANCELLED),
    Story(name="timed-out", about="times out on the service", end=Stage.TIMED_OUT),
    Story(
        name="flaky",
        about="succeeds, past bad gateways and dropped connections",
        looks=(None, Fault.BAD_GATEWAY, Fault.DROPPED, None, Fault.DROPPED, Fault.BAD_GATEWAY),
    ),
    Story(
        name="lost-start",
        about="starts and succeeds, but the answer to the start is lost",
        starts=(Fault.DROPPED,),
    ),
    Story(
        name="busy",
        about="succeeds, once two starts were refused as too many",
        starts=(Fault.BUSY, Fault.BUSY, None),
    ),
    Story(name="strange", about="succeeds, past an unknown state", course=_STRANGE),
    Story(
        name="html",
        about="never starts: a proxy's login page answers instead",
        is_behind_login=True,
    ),
)

STORIES: dict[str, Story] = {story.name: story for story in _ALL}


def stories_without(*names: str) -> dict[str, Story]:
    """The stories by name, but for those that a service has no words for."""
    return {name: story for name, story in STORIES.items() if name not in names}
