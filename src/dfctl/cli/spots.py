"""Places on a command line, and what the commands there have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Spot:
    """Where a command line went wrong: the last command that it names, and all its words.

    `unknown` is the word where another command should be and is none.
    """

    path: str
    command: TyperCommand | TyperGroup
    words: tuple[str, ...]
    unknown: str | None = None


def spot_of(argv: Sequence[str], root: TyperGroup) -> Spot:
    """Return how far `argv` names commands of `root`."""
    path, words = root.name or "", tuple(argv)
    command: TyperCommand | TyperGroup = root
    for word in words:
        if not isinstance(command, TyperGroup):
            break
        if not word.startswith("-"):
            following = command.commands.get(word)
            if not isinstance(following, (TyperCommand, TyperGroup)):
                return Spot(path, command, words, unknown=word)
            path, command = f"{path} {word}", following
    return Spot(path, command, words)


def has_command(group: TyperGroup, path: str) -> bool:
    """Return whether there is a command below `group`, such as `keys set`."""
    found: Any = group
    for name in path.split():
        found = found.commands.get(name) if isinstance(found, TyperGroup) else None
    return found is not None


def paths_with(option: str, group: TyperGroup) -> Iterator[str]:
    """Return the commands below `group` that have an option."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from (f"{name} {path}" for path in paths_with(option, command))
        elif option in all_options(command):
            yield name


def all_options(command: Any) -> list[str]:
    """Return the options of a command as they are typed, short ones too."""
    return [option for parameter in command.params for option in parameter.opts]


def long_options(command: Any) -> list[str]:
    """Return the long options of a command."""
    return [option for option in all_options(command) if option.startswith("--")] + ["--help"]
