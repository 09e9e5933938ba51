"""How settings are declared, and the values that an adapter is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SettingKind(StrEnum):
    """The form of a setting's value in TOML."""

    TEXT = "text"
    TEXTS = "list of texts"
    FLAG = "true or false"
    DURATION = "duration"
    PATH = "path"
    KEY = "key"


@dataclass(frozen=True)
class Setting:
    """One setting of a profile: its name, form and help. `choices` limits a text."""

    name: str
    help: str
    kind: SettingKind = SettingKind.TEXT
    choices: tuple[str, ...] = ()
    is_required: bool = False


# What a command line says of a setting: text, a flag, or seconds, where None lifts a limit.
Override = str | float | bool | None
# By setting.
Overrides = Mapping[str, Override]


@dataclass(frozen=True)
class Question:
    """What a person is asked for a first profile: which setting, and where its value is found.

    `example` is shown on a line of its own. Whether an answer is needed, `is_optional` says.
    """

    setting: str
    where: str
    example: str = ""
    is_optional: bool = False


class SettingProblem(Exception):
    """A setting's value that its service cannot use; whoever knows the file names it."""

    def __init__(self, setting: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(problem)
        self.setting = setting
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True)
class Settings:
    """What an adapter may know of a profile: the flow, and the adapter's own settings."""

    flow: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Return a text setting."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a setting that lists texts, empty where it is not set."""
        value = self.values.get(name, ())
        return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()

    def flag(self, name: str) -> bool:
        """Return a true-or-false setting, False where it is not set."""
        return self.values.get(name) is True


@dataclass(frozen=True)
class Parameters:
    """What a user hands to one start: values by name, and a JSON document."""

    values: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, object] | None = None

    def __bool__(self) -> bool:
        return bool(self.values) or self.document is not None
