"""How late a run's end is noticed, and with how many requests: `python bench/polling.py`.

Simulates dfctl's own Watch beside the rules of three peers, on a clock that leaps, without a
network; prints the Markdown table of docs/reliability.md. Each number is the mean over runs whose
length is drawn evenly within 10 % of the one named, so that the end meets the looks in any phase.
The service answers at once, and the first look comes with the start. The draws are seeded, so that
each time prints the same.
"""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean

from dfctl.core.durations import format_duration
from dfctl.core.states import State
from dfctl.core.watch import Limits, Watch

LENGTHS = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 21600.0)
SPREAD = 0.1
SEED = 20260301
# Looks do not depend on when the run ends: each way of looking is tried with many ends.
WAYS, ENDS = 60, 40

Random = Callable[[], float]


def dfctl(chance: Random) -> Iterator[float]:
    """Yield the times of the looks of dfctl, in seconds after the start."""
    watch = Watch(Limits(timeout=None), began=0.0, random=chance)
    while True:
        at = watch.due
        yield at
        watch.saw(State.RUNNING, at=at)


def every(seconds: float) -> Callable[[Random], Iterator[float]]:
    """Return looks at a fixed interval."""

    def looks(chance: Random) -> Iterator[float]:
        at = 0.0
        while True:
            yield at
            at += seconds

    return looks


def google_api_core(chance: Random) -> Iterator[float]:
    """Yield looks at the defaults of google-api-core's PollingFuture.

    Its DEFAULT_POLLING (google/api_core/future/polling.py) begins with 1 s and grows by 1.5 up to
    20 s; its exponential_sleep_generator (google/api_core/retry/retry_base.py) sleeps evenly
    between 0 and that. Its default timeout of 900 s is left out.
    """
    at, delay = 0.0, 1.0
    while True:
        yield at
        at += chance() * delay
        delay = min(delay * 1.5, 20.0)


# `gh run watch --interval` has 3 s as its default; each refresh counts as one request, though it
# asks for jobs too. Airflow's DataformCreateWorkflowInvocationOperator has wait_time=10.
TOOLS = {
    "dfctl": dfctl,
    "gh, every 3 s": every(3.0),
    "Airflow, every 10 s": every(10.0),
    "google-api-core": google_api_core,
}


@dataclass(frozen=True)
class Means:
    """`lag` is how long after its end a run was seen to have ended, in seconds."""

    length: float
    lag: float
    requests: float

    @property
    def share(self) -> float:
        return self.lag / self.length

    def cells(self) -> tuple[str, str]:
        lag = f"{self.lag:.2f}" if self.lag < 1 else f"{self.lag:.1f}"
        return f"{lag} s, {percent(self.share)}", f"{self.requests:.0f}"


def percent(share: float) -> str:
    """Return a share in percent, with as many digits as mean something."""
    if share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def simulate(looks: Callable[[Random], Iterator[float]]) -> list[Means]:
    """Return the means of one way of looking, for each length."""
    chance = random.Random(SEED)
    lags: dict[float, list[float]] = {length: [] for length in LENGTHS}
    counts: dict[float, list[int]] = {length: [] for length in LENGTHS}
    for _ in range(WAYS):
        times = times_until(LENGTHS[-1] * (1 + SPREAD), looks(chance.random))
        for length in LENGTHS:
            for _ in range(ENDS):
                end = length * chance.uniform(1 - SPREAD, 1 + SPREAD)
                number = bisect_left(times, end)
                lags[length].append(times[number] - end)
                counts[length].append(number + 1)
    return [Means(length, fmean(lags[length]), fmean(counts[length])) for length in LENGTHS]


def times_until(end: float, looks: Iterator[float]) -> list[float]:
    """Return the times of looks, up to the first that is not before `end`."""
    times = [next(looks)]
    while times[-1] < end:
        times.append(next(looks))
    return times


def table(means: dict[str, list[Means]]) -> str:
    """Return the Markdown table: for each tool the mean lag, and the mean number of requests."""
    head = ["run"] + [cell for name in means for cell in (f"{name}: lag", "requests")]
    rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for index, length in enumerate(LENGTHS):
        cells = [cell for each in means.values() for cell in each[index].cells()]
        rows.append([format_duration(length), *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def simulate_all() -> dict[str, list[Means]]:
    """Return the means of each tool."""
    return {name: simulate(looks) for name, looks in TOOLS.items()}


if __name__ == "__main__":
    print(table(simulate_all()), end="")
