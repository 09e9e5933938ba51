"""What is told of runs, whatever the CI system: outputs, complaints and the summary."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from dfctl.core.durations import format_duration
from dfctl.core.errors import DfctlError
from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.core.text import clean
from dfctl.output.results import reference_text
from dfctl.output.sentences import final_line, state_words

# GitHub shows no summary of a step that is longer than 1 MiB; a step may have several commands.
LONGEST_SUMMARY = 256 * 1024
# What an address may have in it where people paste it into commands and tables.
_IN_ADDRESS = ":/?#&=+,%-._~@"


def outputs(runs: Sequence[Run], code: int | None = None) -> dict[str, str]:
    """Return what later steps may want to know, by name; what is not known is left out.

    Of several runs there are the values of each, in the same order, with blanks between; `-`
    stands for what is not known of one. A start that gave no run has no place in them.
    """
    known = [run for run in runs if run.reference]
    values = {
        "run": _row(known, reference_text),
        "state": _row(known, lambda run: run.state or ""),
        "url": _row(known, lambda run: address(run.url)),
        "elapsed": _row(known, lambda run: "" if run.elapsed_s is None else f"{run.elapsed_s:.0f}"),
        "exit_code": "" if code is None else str(int(code)),
    }
    return {name: value for name, value in values.items() if value}


def complaint(run: Run) -> str | None:
    """Return what went wrong with a run, in lines; None where nothing did."""
    if run.message:
        return "\n".join(filter(None, [f"{run.name}: {run.message}", run.hint]))
    if run.exit_code is ExitCode.SUCCEEDED and run.state is not State.WARNING:
        return None
    return "\n".join(filter(None, [final_line(run), run.url]))


def error_lines(error: DfctlError) -> str:
    """Return an error and its hint, in lines."""
    return "\n".join(filter(None, [error.message, error.hint]))


def summary(runs: Sequence[Run], *, longest: int = LONGEST_SUMMARY) -> str:
    """Return a table of runs in GitHub's Markdown, and what went wrong below it.

    What is longer than `longest` bytes is cut at the end of a line, and says so.
    """
    lines = [
        "### dfctl",
        "",
        "| profile | flow | state | length | run |",
        "|---|---|---|---|---|",
        *[_table_row(run) for run in runs],
        "",
        *_complaints(runs),
    ]
    return _cut([f"{line}\n" for line in lines], longest)


def as_code(text: str) -> str:
    """Return a text as code in a cell of Markdown: no markup, no link, no mention, no cell's end.

    A code span has neither escapes nor entities, so what could end it or its cell is replaced.
    """
    shown = clean(text).replace("`", "'").replace("|", "\N{BROKEN BAR}")
    return f"`{shown}`" if shown else ""


def address(url: str | None) -> str:
    """Return an address with everything escaped that could mean something to a shell or a table."""
    return quote(url, safe=_IN_ADDRESS) if url else ""


def _row(runs: Sequence[Run], value: Callable[[Run], str]) -> str:
    values = [value(run) for run in runs]
    if not any(values):
        return ""
    return values[0] if len(values) == 1 else " ".join(value or "-" for value in values)


def _table_row(run: Run) -> str:
    length = "" if run.elapsed_s is None else format_duration(run.elapsed_s)
    reference = as_code(str(run.reference or run.local_reference or ""))
    if run.url and reference:
        reference = f"[{reference}](<{address(run.url)}>)"
    cells = [as_code(run.profile), as_code(run.flow or ""), _state(run), length, reference]
    return f"| {' | '.join(cells)} |"


def _state(run: Run) -> str:
    if run.state:
        return state_words(run.state)
    if run.reference:
        return "not seen"
    return "unconfirmed" if run.exit_code is ExitCode.UNCONFIRMED else "not started"


def _complaints(runs: Sequence[Run]) -> list[str]:
    rows = [f"- {as_code(run.name)}: {as_code(run.message)}" for run in runs if run.message]
    return [*rows, ""] if rows else []


def _cut(lines: Sequence[str], longest: int) -> str:
    kept: list[str] = []
    room = longest
    for line in lines:
        room -= len(line.encode())
        if room < 0:
            return "".join([*kept, "\nThere is more: the log has all of it.\n"])
        kept.append(line)
    return "".join(kept)
