"""The tally of the fault laboratory: for each class of fault, what came of it."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.long import SEED

ALL = "examples in all"
_TRIED, _BEGUN = "examples", "runs begun"


class Wrong(StrEnum):
    """What must never happen."""

    OUTCOME = "wrong outcomes"
    REFERENCE = "lost references"
    KEY = "leaked keys"


_COLUMNS = (_TRIED, _BEGUN, *Wrong)


@dataclass(frozen=True)
class Problem:
    """One promise that was not kept."""

    wrong: Wrong
    text: str

    def __str__(self) -> str:
        return f"{self.wrong}: {self.text}"


class Tally:
    """Counts examples by class of fault. An example counts once for each class that it met."""

    def __init__(self) -> None:
        self.rows: dict[str, Counter[str]] = {}

    @property
    def has_problems(self) -> bool:
        return any(row[wrong] for row in self.rows.values() for wrong in Wrong)

    def add(self, met: Iterable[str], begun: int, problems: Iterable[Problem]) -> None:
        """Count an example that met these faults and began so many runs."""
        counts = Counter({_TRIED: 1, _BEGUN: begun})
        counts.update(problem.wrong for problem in problems)
        for name in {ALL, *met}:
            self.rows.setdefault(name, Counter()).update(counts)

    def plain(self) -> dict[str, dict[str, int]]:
        """Return the rows in what can be sent to another process: no text but plain text."""
        return {
            name: {str(column): count for column, count in row.items()}
            for name, row in self.rows.items()
        }

    def merge(self, rows: Mapping[str, Mapping[str, int]]) -> None:
        """Add what another process has counted."""
        for name, counts in rows.items():
            self.rows.setdefault(name, Counter()).update(counts)

    def lines(self) -> list[str]:
        """Return the table. Classes stand in the order of the alphabet, their sum at the end."""
        names = [name for name in sorted(self.rows) if name != ALL] + [ALL]
        width = max(map(len, names))
        head = f"{'':<{width}}" + "".join(f"  {column}" for column in _COLUMNS)
        rows = [
            f"{name:<{width}}"
            + "".join(f"  {self.rows[name][column]:>{len(column)}}" for column in _COLUMNS)
            for name in names
        ]
        return [head, *rows]


TALLY = Tally()


def check(met: Iterable[str], begun: int, problems: list[Problem]) -> None:
    """Count an example, and fail where a promise was not kept."""
    TALLY.add(met, begun, problems)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").removesuffix(" (call)")
    again = f"once more: DFCTL_TEST_SEED={SEED} make faults ARGS='\"{test}\"'"
    assert not problems, "\n".join([*map(str, problems), again])
