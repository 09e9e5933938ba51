"""The pages of `dfctl help` on what all commands share."""

import textwrap
from collections.abc import Callable, Sequence

from dfctl.cli.description import described
from dfctl.cli.variables import environment_sections
from dfctl.core.exits import BY_WEIGHT, ExitCode, name_of

_WIDTH = 80


def exit_codes_page() -> str:
    """Return the table of exit codes as text."""
    rows = [(f"{int(code):>4}", name_of(code), code.began, code.meaning) for code in ExitCode]
    by_weight = " ".join(str(int(code)) for code in BY_WEIGHT)
    return "\n".join(
        [
            *_table([("code", "name", "run began?", "meaning"), *rows]),
            "",
            "For `wait` and `status`, 4 and 6 keep their meaning, and no contact is 7.",
            *_wrapped(f"Of several runs the first of {by_weight} that any has is the code."),
            "",
            *_wrapped(
                "For a scheduler that reads numbers in its own way, run, start, wait and status "
                "have --exit-map NAME=CODE,... (DFCTL_EXIT_MAP): the names are those above, the "
                "codes 0 to 255. It is applied last of all, also to errors and signals. What is "
                "mapped to 0 counts as a good end for --quiet, too. bug is never mapped to 0, and "
                "an --exit-map that is wrong itself ends with 2."
            ),
            "",
            "Example: dfctl run sales --overlap refuse --exit-map overlap=0",
        ]
    )


def json_page() -> str:
    """Return what -o json and -o jsonl print, in words."""
    return """\
-o json prints one document when the command ends, whether it went well or not:

  schema     1; it changes only if programs that read the document would break
  exit_code  the exit code of the process (dfctl help exit-codes)
  error      null, or the message and hint of what ended the command before it
             had a result
  runs       the runs, each with the members below

A run, or a start that gave none:

  run            the reference, for wait and status; of an unconfirmed start,
                 its name on this machine
  profile        the profile's name
  backend        the service: invision or dataform-web
  flow           the flow that was started, where it is known
  locator        the reference without the profile; null if no run is known
  state          pending running succeeded warning failed cancelled timed_out
                 unknown; null if no run is known to have begun
  service_state  the service's own word for the state
  started_at     when it began, and
  ended_at       when it ended, as far as dfctl knows: 2026-03-01T12:00:00.000Z
  elapsed_s      how long it has taken, in seconds
  url            where the service shows the run
  exit_code      the exit code of this run alone, never mapped by --exit-map
  message        what went wrong
  hint           what to do about it

Other commands have another list instead of runs: profiles (profiles list and
add), settings (profiles show), files (profiles path), checks (profiles check),
keys (keys list and check), requests (--dry-run). The runs of runs list and runs
show also have start: confirmed, refused, not started or unconfirmed;
those of runs show have changes, a list of states.

-o jsonl prints one object on a line for each event, as it happens. Each has
schema, event, at (a time as above) and, but for warning and heartbeat, run:

  starting       a start is about to be sent; its run will not be followed
  following      a run will be followed for timeout_s; where run.run is null,
                 its start is about to be sent; usual_s is how long successful
                 runs of the profile take, where the journal knows
  start_delayed  nothing began, because of why; another try in retry_in_s
  accepted       the service confirmed the start: run.run is the reference
  not_begun      the start gave no run: start says how it ended
  state          the run was seen in another state, or again after missed
  missed         a look brought nothing, because of why; another in retry_in_s,
                 null for none
  warning        message is something to know that stops nothing
  heartbeat      time has passed, and dfctl is still there

The last line is the document of -o json. It is missing only where dfctl was
killed. All is ASCII; what is for people goes to stderr, as with text.

dfctl help json-schema prints the JSON Schema of all this; the package has it as
dfctl/output/dfctl.schema.json. A later dfctl may add members: let your program
ignore those it does not know."""


def json_schema_page() -> str:
    """Return the JSON Schema of what -o json and -o jsonl print."""
    from dfctl.output.documents import schema_text

    return schema_text().rstrip()


def environment_page(command: object) -> str:
    """Return every variable that dfctl reads; `command` is the program, with its options."""
    sections = environment_sections(described(command))
    lines = _wrapped(
        "A variable that is empty counts as not set. The command line wins over a variable, and "
        "the variable of a limit over the profile's setting. The profile env exists, and is the "
        "default, where DFCTL_BACKEND is set; its variables touch no other profile."
    )
    width = max(len(name) for _, rows in sections for name, _ in rows)
    for title, rows in sections:
        lines += ["", f"{title}:", ""]
        lines += _table([("", name.ljust(width), text) for name, text in rows])
    lines += ["", "NO_COLOR, TERM=dumb and the variables of proxies are honoured, too."]
    return "\n".join(lines)


# The pages by topic, each made of the program with its commands.
TOPICS: dict[str, Callable[[object], str]] = {
    "exit-codes": lambda program: exit_codes_page(),
    "json": lambda program: json_page(),
    "json-schema": lambda program: json_schema_page(),
    "environment": environment_page,
}


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows whose last cell is wrapped below itself."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    indent = " " * (sum(widths) + 2 * len(widths))
    lines = []
    for *cells, text in rows:
        start = "".join(f"{cell:<{width}}  " for cell, width in zip(cells, widths, strict=True))
        lines += textwrap.wrap(
            text, _WIDTH, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False
        )
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
