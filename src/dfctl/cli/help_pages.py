"""`dfctl help`: help on commands, and pages on what all of them share."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any

import typer

from dfctl.cli.description import described
from dfctl.composition import Parts
from dfctl.core.errors import UsageError
from dfctl.core.exits import BY_WEIGHT, ExitCode, name_of
from dfctl.core.profiles import COMMON_SETTINGS
from dfctl.core.settings import Setting, SettingKind
from dfctl.manual.commands import Command

_WIDTH = 80

Topic = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[COMMAND|TOPIC]...",
        help="A command, or one of exit-codes, json, json-schema and environment.",
    ),
]


def help_page(context: typer.Context, topic: Topic = None) -> ExitCode:
    """Explain a command, the exit codes, JSON or the environment.

    Example: dfctl help exit-codes
    """
    parts: Parts = context.obj
    root: Any = context.find_root()
    parts.output.text(_page(root, topic or []))
    return ExitCode.SUCCEEDED


def _page(root: typer.Context, words: list[str]) -> str:
    if len(words) == 1 and words[0] in TOPICS:
        return TOPICS[words[0]](root)
    at = root
    for word in words:
        commands: dict[str, Any] = getattr(at.command, "commands", {})
        if word not in commands:
            raise _no_such_page(root, words)
        at = typer.Context(commands[word], info_name=word, parent=at)
    return at.get_help()


def _no_such_page(root: typer.Context, words: list[str]) -> UsageError:
    from dfctl.cli.words import no_such_command, shown, spot_of
    from dfctl.core.suggestions import did_you_mean, listed

    command: Any = root.command
    spot = spot_of(words, command)
    if spot.unknown is None:
        return UsageError(f"{spot.path} has no commands of its own", hint=f"{spot.path} --help")
    if words[0] in TOPICS:
        return UsageError(f"{words[0]} is a page of its own", hint=f"dfctl help {words[0]}")
    error = no_such_command(spot)
    if spot.unknown != words[0]:
        return error
    word = words[0].lower()
    near = next((f"did you mean {topic}?" for topic in TOPICS if topic.startswith(word)), None)
    if near is None:
        near = did_you_mean(word, TOPICS)
    if near:
        near = near.replace("mean ", "mean dfctl help ", 1)
    if near is None and error.hint != f"{spot.path} --help":
        return error
    topics = f"dfctl --help lists the commands; the topics are {listed(TOPICS)}"
    return UsageError(f"there is no help on {shown(words[0], 'that')}", hint=near or topics)


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


def environment_sections(program: Command) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every variable that dfctl reads with what it means, in groups that have titles."""
    from dfctl.store.environment import LIMITS, variable_of

    limits = [setting for setting in COMMON_SETTINGS if setting.name in LIMITS]
    own = [one for one in COMMON_SETTINGS if one.name not in (*LIMITS, "like", "key")]
    known = {variable_of(setting.name) for setting in COMMON_SETTINGS}
    options = {name: text for name, text in _options_with(program) if name not in known}
    return [
        ("Options", list(options.items())),
        ("Limits for all profiles; a duration is such as 90s, 2h30m or none", _of_settings(limits)),
        (
            "Which profile, and its key",
            [
                ("DFCTL_PROFILE", "the profile that is meant where none is named"),
                ("DFCTL_KEY", "the key of the profile env"),
                ("DFCTL_KEY_<NAME>", "that of another, its name in upper case, _ for . and -"),
            ],
        ),
        ("The profile env, which needs no file", _of_settings(own)),
        *(
            (f"The settings that {title} adds to it", _of_settings(settings))
            for title, settings in backend_settings()
        ),
        ("What the program of --on-done is told; what is not known is empty", _announced()),
        (
            "dfctl itself",
            [
                ("DFCTL_STATE_DIR", "the folder of the journal"),
                ("DFCTL_DEBUG", "1: show where a bug of dfctl happened"),
            ],
        ),
        ("What --ci gitlab sets for later jobs, in dfctl.env", _set_for_later_jobs()),
    ]


TOPICS: dict[str, Callable[[typer.Context], str]] = {
    "exit-codes": lambda root: exit_codes_page(),
    "json": lambda root: json_page(),
    "json-schema": lambda root: json_schema_page(),
    "environment": lambda root: environment_page(root.command),
}


def _set_for_later_jobs() -> list[tuple[str, str]]:
    from dfctl.output.ci.gitlab import VARIABLES

    meanings = {
        "run": "the reference, for dfctl wait",
        "state": "the state",
        "url": "where the service shows the run",
        "elapsed": "how long it took, in seconds",
        "exit_code": "the exit code of dfctl",
    }
    return [(variable, meanings[name]) for name, variable in VARIABLES.items()]


def _options_with(program: Command) -> Iterator[tuple[str, str]]:
    """Return the variables that the help of options names, each with the option and its help."""
    for command in program.all():
        for option in command.options:
            if option.variable:
                words = option.values.words if option.values else ()
                allowed = f" ({', '.join(words)})" if words else ""
                yield option.variable, f"{option.names[-1]}: {option.help.rstrip('.')}{allowed}"


def _of_settings(settings: Iterable[Setting]) -> list[tuple[str, str]]:
    from dfctl.store.environment import variable_of

    return [(variable_of(setting.name), setting.help + _form(setting)) for setting in settings]


def _form(setting: Setting) -> str:
    match setting.kind:
        case SettingKind.FLAG:
            return " (true or false)"
        case SettingKind.TEXTS:
            return ", separated by commas"
    return ""


def backend_settings() -> list[tuple[str, Sequence[Setting]]]:
    """Return the settings that each backend adds to the common ones, by its title."""
    from dfctl.backends import built_in_names, load_backend

    backends = [load_backend(name) for name in built_in_names()]
    return [(backend.title, backend.settings) for backend in backends if backend.settings]


def _announced() -> list[tuple[str, str]]:
    from dfctl.programs.announcing import VARIABLES

    return list(VARIABLES.items())


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
