"""The pages of the manual: dfctl(1), one for each command, and dfctl-config(5)."""

import re
from collections.abc import Iterator, Sequence

from dfctl.core.exits import BY_WEIGHT, ExitCode
from dfctl.manual.commands import Command, Option
from dfctl.manual.configuration import configuration_sections
from dfctl.manual.facts import Facts
from dfctl.manual.page import Block, Heading, Item, Lines, Page, Section, Text

CONFIGURATION = "dfctl-config"
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_]*")


def pages_of(facts: Facts) -> dict[str, Page]:
    """Return all pages by their names, such as dfctl-run."""
    pages = [_program_page(facts)]
    pages += [_command_page(command, facts) for command in facts.program.commands]
    sections = (*configuration_sections(facts), _see_also(["dfctl(1)", "dfctl-profiles(1)"]))
    purpose = "the configuration of dfctl: profiles and their settings"
    pages.append(Page(CONFIGURATION, 5, facts.version, purpose, tuple(sections)))
    return {page.name: page for page in pages}


def _program_page(facts: Facts) -> Page:
    program = facts.program
    command_items = [
        Item(f"`dfctl-{one.path[0]}`(1)", _sentence(one.summary)) for one in program.commands
    ]
    sections = (
        Section(
            "SYNOPSIS",
            (Text("`dfctl` «COMMAND» [«OPTIONS»] [«ARGUMENTS»]"), Text("`dfctl` `--version`")),
        ),
        Section("DESCRIPTION", tuple(map(Text, _DESCRIPTION))),
        Section("COMMANDS", tuple(command_items)),
        Section("OPTIONS", tuple(_option_items(program.options))),
        Section("EXIT STATUS", tuple(exit_blocks())),
        Section("ENVIRONMENT", tuple(_variable_blocks(facts))),
        Section("FILES", tuple(Item(term, text) for term, text in _FILES)),
        Section("EXAMPLES", tuple(_examples())),
        _see_also([*(f"dfctl-{one.path[0]}(1)" for one in program.commands), "dfctl-config(5)"]),
    )
    return Page("dfctl", 1, facts.version, _phrase(program.summary), sections)


def _command_page(command: Command, facts: Facts) -> Page:
    leaves = [one for one in command.all() if not one.commands]
    sections = [Section("SYNOPSIS", tuple(Text(_usage(one)) for one in leaves))]
    if command.commands:
        own = [Section("DESCRIPTION", tuple(_description(command)))]
        own += [
            Section(f"dfctl {' '.join(one.path)}".upper(), tuple(_all_of(one))) for one in leaves
        ]
    else:
        own = list(_sections_of(command))
    sections += own
    examples = tuple(one.example for one in leaves if one.example)
    if examples:
        sections.append(Section("EXAMPLES", (Lines(examples),)))
    if variables := list(_variables_of(leaves)):
        sections.append(Section("ENVIRONMENT", tuple(variables)))
    sections += [
        Section("EXIT STATUS", (Text(_EXIT_STATUS),)),
        _see_also(["dfctl(1)", "dfctl-config(5)"]),
    ]
    name = f"dfctl-{command.path[0]}"
    return Page(name, 1, facts.version, _phrase(command.summary), tuple(sections))


def _sections_of(command: Command) -> Iterator[Section]:
    yield Section("DESCRIPTION", tuple(_description(command)))
    if command.arguments:
        yield Section("ARGUMENTS", tuple(_argument_items(command)))
    yield Section("OPTIONS", tuple(_option_items(command.options)))


def _all_of(command: Command) -> Iterator[Block]:
    yield from _description(command)
    yield from _argument_items(command)
    yield from _option_items(command.options)


def _description(command: Command) -> Iterator[Block]:
    yield Text(_sentence(command.summary))
    for paragraph in command.paragraphs:
        if paragraph.is_literal:
            yield Lines(paragraph.lines)
        else:
            yield Text(paragraph.text)


def _argument_items(command: Command) -> Iterator[Item]:
    for argument in command.arguments:
        yield Item(_marked(argument.values.placeholder), argument.help)


def _option_items(options: Sequence[Option]) -> Iterator[Item]:
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.names)
        value = f" {_marked(option.values.placeholder)}" if option.values else ""
        yield Item(names + value, " ".join([option.help, *option_notes(option)]))


def option_notes(option: Option) -> Iterator[str]:
    """Return sentences on an option that its help leaves out."""
    if option.is_required:
        yield "Required."
    if option.default:
        yield f"The default is {option.default}."
    if option.variable:
        yield f"The variable is `{option.variable}`."


def exit_blocks() -> Iterator[Block]:
    """Return the exit codes, and which of several is the command's."""
    for code in ExitCode:
        yield Item(f"`{int(code)}`", f"{_upper(code.meaning)}. {_BEGAN[code.began]}")
    weights = " ".join(str(int(code)) for code in BY_WEIGHT)
    yield Text(
        "For `wait` and `status`, 4 and 6 keep their meaning, and no contact is 7. "
        f"Of several runs the first of {weights} that any has is the code."
    )


def _variable_blocks(facts: Facts) -> Iterator[Block]:
    yield Text(
        "A variable that is empty counts as not set. The command line wins over a variable, and "
        "the variable of a limit over the profile's setting."
    )
    for title, rows in facts.variables:
        yield Heading(title)
        yield from (Item(_name_of_variable(name), _sentence(text)) for name, text in rows)
    yield Heading("Others")
    yield Text("`NO_COLOR`, `TERM=dumb` and the variables of proxies are honoured, too.")


def _variables_of(commands: Sequence[Command]) -> Iterator[Block]:
    options = [option for command in commands for option in command.options]
    named = {option.variable for option in options if option.variable}
    if named:
        names = ", ".join(f"`{name}`" for name in sorted(named))
        yield Text(f"{names}, as the options beside which they stand. `dfctl`(1) lists all.")


def _name_of_variable(name: str) -> str:
    stem, bracket, rest = name.partition("<")
    return f"`{stem}`<«{rest.rstrip('>')}»>" if bracket else f"`{name}`"


def _usage(command: Command) -> str:
    words = [f"`{command.name}`", "[«OPTIONS»]"]
    behind = command.usage.removeprefix(command.name).removeprefix(" [OPTIONS]").strip()
    return " ".join([*words, *([_marked(behind)] if behind else [])])


def _marked(placeholder: str) -> str:
    """Return a placeholder with its capital words marked as such, and its small ones as typed."""
    marked = re.sub(r"(?<![A-Za-z])[a-z][a-z_-]*", lambda match: f"`{match[0]}`", placeholder)
    return _PLACEHOLDER.sub(lambda match: f"«{match[0]}»", marked)


def _see_also(names: Sequence[str]) -> Section:
    marked = [re.sub(r"^(.+)(\(\d\))$", r"`\1`\2", name) for name in names]
    return Section("SEE ALSO", (Text(", ".join(marked)),))


def _examples() -> Iterator[Block]:
    for text, line in _EXAMPLES:
        yield Text(text)
        yield Lines((line,))


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{_upper(text)}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _phrase(text: str) -> str:
    """Return a sentence as it stands behind a page's name."""
    first = text.partition(". ")[0].rstrip(".")
    return first[:1].lower() + first[1:]


_BEGAN = {
    "yes": "A run began.",
    "no": "No run began.",
    "unknown": "Whether a run began is unknown.",
    "as printed": "Whether a run began is printed.",
}
_EXIT_STATUS = "`dfctl`(1) lists the exit codes; they are the same for all commands."

_DESCRIPTION = (
    "`dfctl` starts a data flow on a remote service, follows its run, and exits with its outcome. "
    "The services are Profitbase InVision and Dataform Web.",
    "What belongs together for a start stands in a profile: which service, its address, the flow, "
    "the key and limits. `dfctl init` asks for a first one step by step; `dfctl-config`(5) "
    "describes the file. Without a file, variables describe the profile `env`.",
    "A run is named by its reference, «PROFILE»/«RUN», as `dfctl start` prints it. Where a command "
    "takes «RUN», a profile's name means its newest start, `@last` the newest start of all, and "
    "`-` references on stdin.",
    "A start is never sent twice: it is tried again only while it certainly did not begin. When "
    "that cannot be known, the exit code is 9, and the start stays in the journal of this machine "
    "until `dfctl runs resolve` settles it. Ctrl-C ends the waiting only; the run goes on.",
    "Results go to stdout, everything else to stderr.",
)

_FILES = (
    (
        "`/etc/xdg/dfctl/config.toml`",
        "The machine's configuration on Linux; on macOS "
        "`/Library/Application Support/dfctl/config.toml`, on Windows "
        r"`C:\ProgramData\dfctl\config.toml`.",
    ),
    (
        "`~/.config/dfctl/config.toml`",
        "The user's configuration on Linux, which wins over the machine's; on macOS "
        "`~/Library/Application Support/dfctl/config.toml`, on Windows "
        r"`%LOCALAPPDATA%\dfctl\config.toml`. `dfctl profiles path` shows what is read.",
    ),
    (
        "`keys.toml`",
        "The keys that `dfctl keys set` keeps, beside the user's configuration. Only its owner "
        "may read it.",
    ),
    (
        "`~/.local/state/dfctl/journal.db`",
        "The journal of starts and runs on Linux; on macOS "
        "`~/Library/Application Support/dfctl/journal.db`, on Windows "
        r"`%LOCALAPPDATA%\dfctl\journal.db`.",
    ),
)

_EXAMPLES = (
    ("Start, follow, and exit with the outcome:", "dfctl run sales"),
    (
        "The same each morning at six, from a crontab, with mail only when it ends badly:",
        "0 6 * * * dfctl run sales --quiet",
    ),
    ("Start now, and follow later:", "dfctl start sales; dfctl wait sales"),
    ("Look at everything that has not ended:", "dfctl status --open"),
    ("Try it without an account:", "dfctl demo"),
)
