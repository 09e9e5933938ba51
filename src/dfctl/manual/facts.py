"""What pages have to know beside the commands."""

from collections.abc import Sequence
from dataclasses import dataclass

from dfctl.core.settings import SettingKind
from dfctl.manual.commands import Command


@dataclass(frozen=True)
class SettingFact:
    """A setting: its form in the configuration, its default, and a variable of every profile."""

    name: str
    help: str
    form: SettingKind
    choices: tuple[str, ...]
    default: str | None
    variable: str | None


@dataclass(frozen=True)
class Facts:
    """The program, and what its parts declare.

    `variables` and `settings` are groups, each with a title.
    """

    version: str
    program: Command
    variables: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    settings: Sequence[tuple[str, Sequence[SettingFact]]]
