"""What the completion scripts of all shells have in common.

The words that are known beforehand stand in the scripts: most presses of Tab start no process. For
profiles and runs a script calls `dfctl __complete`, which answers lines of a word, a tab and what
it means.
"""

from collections.abc import Iterable, Iterator

from dfctl.manual.commands import Argument, Command, Option, Values
from dfctl.manual.sources import Source

CALL = "__complete"


def notice(program: str) -> str:
    """Return the line that says what a script is."""
    return f"# Completes the words of {program}; written by `{program} completion`."


def leaves(program: Command) -> Iterator[Command]:
    """Return the commands that are no groups."""
    return (command for command in program.all() if not command.commands)


def place(command: Command) -> str:
    """Return the words that name a command, without the program's."""
    return " ".join(command.path)


def function_name(command: Command) -> str:
    """Return a name for a shell's function about a command."""
    return "_".join(("_dfctl_at", *command.path)).replace("-", "_")


def argument_of(command: Command) -> Argument | None:
    """Return the argument of a command that has something to offer; none has two."""
    return next((one for one in command.arguments if offers(one.values)), None)


def meaning(option: Option) -> str:
    """Return in a few words what an option does."""
    return option.help.partition(". ")[0].rstrip(".")


def offers(values: Values) -> bool:
    return bool(values.words or values.source)


def command_words(program: Command) -> Iterator[tuple[str, Command]]:
    """Return each group by its place, with the group."""
    return ((place(command), command) for command in program.all() if command.commands)


def by_values(options: Iterable[tuple[str, Option]]) -> dict[tuple[str, Values], list[str]]:
    """Return the options that take a value, by what may stand there and where they differ.

    `options` are pairs of a command's place and an option. A key's first part is the place of the
    command where an option of that name takes something else than elsewhere, or empty.
    """
    taken: dict[str, dict[Values, list[str]]] = {}
    for at, option in options:
        if option.values:
            values = Values("", option.values.words, option.values.source)
            for name in option.names:
                taken.setdefault(name, {}).setdefault(values, []).append(at)
    found: dict[tuple[str, Values], list[str]] = {}
    for name, ways in taken.items():
        for values, places in ways.items():
            for at in places if len(ways) > 1 else [""]:
                found.setdefault((at, values), []).append(name)
    return found


def calls(source: Source | None) -> bool:
    """Return whether the words of a source are asked from dfctl."""
    return source in (Source.PROFILES, Source.RUNS)
