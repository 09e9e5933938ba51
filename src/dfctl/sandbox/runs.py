"""The runs of one service, and the record of what was started."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from dfctl.sandbox.stories import Fault, Stage, Story


@dataclass(frozen=True, slots=True)
class StartRecord:
    """One run that was started: the service's name, the flow's and the run's id."""

    service: str
    flow: str
    run: str


@dataclass(slots=True)
class Run:
    """One run. Times are seconds of the server's clock."""

    id: str
    story: Story
    began: float
    seconds: float
    looks: int = 0

    @property
    def length(self) -> float:
        """The whole run in seconds."""
        return self.story.length * self.seconds

    def stage(self, now: float) -> Stage:
        return self.story.stage(now - self.began, self.seconds)

    def next_look(self) -> Fault | None:
        """Count a status request, and say what becomes of it."""
        self.looks += 1
        return self.story.look_fault(self.looks - 1)


class Runs:
    """The runs of one service. Callers take turns: nothing here locks."""

    def __init__(
        self,
        *,
        service: str,
        seconds: float,
        new_id: Callable[[], str],
        starts: list[StartRecord],
    ) -> None:
        self._service = service
        self._seconds = seconds
        self._new_id = new_id
        self._starts = starts
        self._attempts: Counter[str] = Counter()
        self._runs: dict[str, Run] = {}

    @property
    def retry_after(self) -> int:
        """What a busy service asks for, in whole seconds: a third of an ordinary run."""
        return max(round(self._seconds / 3), 0)

    def next_start(self, story: Story) -> Fault | None:
        """Count a start request, and say what becomes of it."""
        self._attempts[story.name] += 1
        return story.start_fault(self._attempts[story.name] - 1)

    def begin(self, story: Story, now: float) -> Run:
        """Start and record a run."""
        run = Run(self._new_id(), story, now, self._seconds)
        self._runs[run.id] = run
        self._starts.append(StartRecord(self._service, story.name, run.id))
        return run

    def find(self, run: str) -> Run | None:
        return self._runs.get(run)
