"""Checks of a profile as lines and as JSON."""

from collections.abc import Sequence

from dfctl.core.checks import Check, Mark
from dfctl.output.sentences import columns


def check_lines(checks: Sequence[Check]) -> list[str]:
    """Return a line for each check, and below one that failed its hint."""
    rows = columns([(check.mark, check.name, check.text) for check in checks])
    lines = []
    for check, row in zip(checks, rows, strict=True):
        lines.append(row)
        if check.hint:
            lines.append(f"      hint: {check.hint}")
    return lines


def check_document(check: Check) -> dict[str, object]:
    """Return the JSON form of a check."""
    return {
        "name": check.name,
        "result": check.mark,
        "message": check.text,
        "hint": check.hint,
        "exit_code": int(check.exit_code) if check.mark is Mark.FAIL else None,
    }
