"""Commands as values: what a page or a completion has to know of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dfctl.manual.sources import Source


@dataclass(frozen=True)
class Values:
    """What may stand in a place of the command line: known words, words of a source, or neither.

    `placeholder` is how help calls it, such as PROFILE, or text|json.
    """

    placeholder: str
    words: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True)
class Option:
    """An option. `values` is None for a flag; `variable` does the same as the option."""

    names: tuple[str, ...]
    help: str
    values: Values | None = None
    variable: str | None = None
    default: str | None = None
    is_repeatable: bool = False
    is_required: bool = False


@dataclass(frozen=True)
class Argument:
    """What stands behind a command without an option's name."""

    values: Values
    help: str
    is_repeatable: bool = False
    is_required: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Some sentences of help, or lines that stay as they are."""

    lines: tuple[str, ...]
    is_literal: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@dataclass(frozen=True)
class Command:
    """A command, or a group with the commands below it. `path` are the words behind `dfctl`."""

    path: tuple[str, ...]
    summary: str
    paragraphs: tuple[Paragraph, ...] = ()
    example: str | None = None
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    commands: tuple["Command", ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Return how the command is typed, such as `dfctl keys set`."""
        return " ".join(("dfctl", *self.path))

    @property
    def usage(self) -> str:
        """Return what may be typed, such as `dfctl keys set [OPTIONS] [PROFILE]`."""
        if self.commands:
            return f"{self.name} [OPTIONS] COMMAND [ARGS]..."
        return " ".join([self.name, "[OPTIONS]", *map(_usage_of, self.arguments)])

    def all(self) -> Iterator["Command"]:
        """Return this command and all below it, each group before its commands."""
        yield self
        for command in self.commands:
            yield from command.all()


def _usage_of(argument: Argument) -> str:
    placeholder = argument.values.placeholder
    shown = placeholder if argument.is_required else f"[{placeholder}]"
    return f"{shown}..." if argument.is_repeatable else shown
