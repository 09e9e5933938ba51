"""What was found when a profile was checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dfctl.core.errors import DfctlError
from dfctl.core.exits import ExitCode


class Mark(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. Where it failed, `exit_code` is that of the command."""

    name: str
    mark: Mark
    text: str
    hint: str | None = None
    exit_code: ExitCode = ExitCode.SUCCEEDED

    @classmethod
    def failed(cls, name: str, error: DfctlError) -> "Check":
        """Return the check that `error` ended."""
        return cls(name, Mark.FAIL, error.message, error.hint, error.exit_code)


def first_code(checks: Iterable[Check]) -> ExitCode:
    """Return the exit code of the first check that failed."""
    codes = (check.exit_code for check in checks if check.mark is Mark.FAIL)
    return next(codes, ExitCode.SUCCEEDED)
