"""`dfctl help`: help on commands, and pages on what all of them share."""

import textwrap
from typing import Annotated

import typer

from dfctl.composition import Parts
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode

_WIDTH, _INDENT = 80, 31

Topic = Annotated[
    list[str] | None, typer.Argument(metavar="[COMMAND|exit-codes]", help="What to explain.")
]


def help_page(context: typer.Context, topic: Topic = None) -> ExitCode:
    """Explain a command, or the exit codes.

    Example: dfctl help exit-codes
    """
    parts: Parts = context.obj
    parts.output.text(_page(context, topic or []))
    return ExitCode.SUCCEEDED


def _page(context: typer.Context, words: list[str]) -> str:
    if words == ["exit-codes"]:
        return exit_codes_page()
    at = context.find_root()
    for word in words:
        command = at.command.get_command(at, word) if hasattr(at.command, "get_command") else None
        if command is None:
            raise UsageError(
                f"there is no help on {' '.join(words)!r}",
                hint="dfctl --help lists the commands; there is also: dfctl help exit-codes",
            )
        at = typer.Context(command, info_name=word, parent=at)
    return at.get_help()


def exit_codes_page() -> str:
    """Return the table of exit codes as text of 80 columns."""
    rows = [line for code in ExitCode for line in _row(code)]
    return "\n".join(
        [
            "code  name         began?      meaning",
            *rows,
            "",
            '"began?" says whether a run began. For `wait` and `status`, 4 and 6 keep their',
            "meaning, and no contact is 7. Of several runs the first of",
            "1 9 7 3 10 5 124 4 6 2 11 8 0 that any has is the code.",
        ]
    )


def _row(code: ExitCode) -> list[str]:
    first, *others = textwrap.wrap(code.meaning, _WIDTH - _INDENT)
    start = f"{int(code):>4}  {code.name.lower():<12} {code.began:<11}"
    return [f"{start} {first}", *(" " * _INDENT + line for line in others)]
