"""A run behind servers of others that goes well, and what dfctl tells of it."""

import itertools
from collections.abc import Callable

from tests.cli.services import InVision, begun, final, lines_of, told
from tests.servers.programs import Program, wait_until
from tests.shell import Ended


def play(invision: InVision, *words: str) -> None:
    """Have a run that the service says these words of, the last of them its end."""
    invision.on_start(invision.accepted())
    invision.on_look(*[invision.seen(word) for word in (*words, "Succeeded")])


def assert_ran(ended: Ended, invision: InVision) -> None:
    """Fail unless a run whose first look was its end was told without another word."""
    lines = (*begun(invision), "0 sales: pending", "0.5 sales: succeeded")
    assert ended.result == (0, final(invision, "succeeded after 500ms"), told(*lines))
    assert invision.requests == [invision.start_line, invision.look_line]


def assert_took(invision: InVision, *lines: str) -> None:
    """Fail unless the service takes these requests, some of them after dfctl has ended."""
    wait_until(lambda: len(lines_of(invision.server)) >= len(lines), "the service takes requests")
    assert invision.requests == [*lines]


def second_pause_starts(program: Program) -> Callable[[], float]:
    """Return a jitter that starts `program` again in the second pause that finds it stopped."""
    pauses = itertools.count(1)

    def jitter() -> float:
        if not program.is_running and next(pauses) == 2:
            program.start()
        return 0.5

    return jitter
