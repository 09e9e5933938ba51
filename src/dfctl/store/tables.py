"""What the files say of a profile, and of those that it is `like`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dfctl.backends import load_backend
from dfctl.backends.backend import Backend
from dfctl.core.errors import UsageError
from dfctl.core.profiles import COMMON_SETTINGS
from dfctl.core.runs import ENV
from dfctl.core.suggestions import did_you_mean
from dfctl.core.text import clean
from dfctl.store.files import ConfigFile, kind_of
from dfctl.store.layers import Layer
from dfctl.store.places import Place, in_file
from dfctl.store.profiles import known_settings
from dfctl.store.values import value_of

# What other tools call a setting.
_OTHER_WORDS = {
    "url": "address",
    "host": "address",
    "endpoint": "address",
    "api_key": "key",
    "apikey": "key",
    "token": "key",
    "secret": "key",
    "service": "backend",
    "type": "backend",
    "schedule": "flow",
    "dataflow": "flow",
    "inherits": "like",
    "extends": "like",
}


@dataclass(frozen=True)
class Table:
    """What one file says of a profile."""

    file: ConfigFile
    profile: str
    is_inherited: bool
    settings: Mapping[str, object] = field(repr=False)

    def place(self, setting: str) -> Place:
        return in_file(self.file, self.profile, setting, is_inherited=self.is_inherited)

    def text(self, setting: str) -> str | None:
        """Return a text that is needed before the rest can be understood. Raises UsageError."""
        value = self.settings.get(setting)
        if value is None or isinstance(value, str):
            return value
        raise self.place(setting).error(f"must be text, not {kind_of(value)}")

    def layer(self, adapter: Backend, variables: Mapping[str, str]) -> Layer:
        """Return the values of the settings. Raises UsageError for an unknown or a wrong one."""
        known = known_settings(adapter)
        for name, raw in self.settings.items():
            if name not in known:
                raise _unknown_setting(self, name, raw, adapter)
        return {
            name: value_of(known[name], raw, self.place(name), variables)
            for name, raw in self.settings.items()
        }


def names_in(files: Sequence[ConfigFile]) -> list[str]:
    """Return the names of all profiles, in the order of the files."""
    return list(dict.fromkeys(name for file in files for name in file.profiles))


def key_variables_in(files: Sequence[ConfigFile]) -> set[str]:
    """Return the variables that the key of any profile is in: `key = { env = "NAME" }`."""
    tables = [table for file in files for table in file.profiles.values()]
    keys = [table.get("key") for table in tables if isinstance(table, dict)]
    return {str(key["env"]) for key in keys if isinstance(key, dict) and "env" in key}


def tables_of(files: Sequence[ConfigFile], name: str) -> list[Table]:
    """Return what the files say of a profile and of those that it is like, the nearest first.

    Raises UsageError for a `like` that leads nowhere or back.
    """
    tables = _own_tables(files, name, is_inherited=False)
    visited = [name]
    while like := _first_text(tables, "like", of=visited[-1]):
        parent, place = like
        _check_like(files, parent, place, visited)
        tables += _own_tables(files, parent, is_inherited=True)
        visited.append(parent)
    return tables


def _own_tables(files: Sequence[ConfigFile], name: str, *, is_inherited: bool) -> list[Table]:
    return [
        Table(file, name, is_inherited, _table(file, name))
        for file in reversed(files)
        if name in file.profiles
    ]


def _check_like(
    files: Sequence[ConfigFile], parent: str, place: Place, visited: Sequence[str]
) -> None:
    if parent in visited:
        raise place.error(f"leads back: {' -> '.join([*visited, parent])}")
    if parent == ENV:
        raise place.error("the profile env is described by variables, for itself alone")
    names = names_in(files)
    if parent not in names:
        raise place.error(
            f"there is no profile {clean(parent)!r}", hint=did_you_mean(parent, names)
        )


def _table(file: ConfigFile, profile: str) -> Mapping[str, object]:
    table = file.profiles[profile]
    if not isinstance(table, dict):
        raise UsageError(
            f"{file.path}: profile {profile}: must be a table, not {kind_of(table)}",
            hint=f"write its settings below [profiles.{profile}]",
        )
    return table


def _first_text(tables: Sequence[Table], setting: str, *, of: str) -> tuple[str, Place] | None:
    for table in tables:
        if table.profile == of and (text := table.text(setting)) is not None:
            return text, table.place(setting)
    return None


def adapter_of(tables: Sequence[Table]) -> Backend:
    """Return the adapter that the nearest table names. Raises UsageError where two differ."""
    named = [(table, name) for table in tables if (name := table.text("backend")) is not None]
    if not named:
        backend = next(setting for setting in COMMON_SETTINGS if setting.name == "backend")
        raise tables[0].place("backend").error("is missing", hint=f"it is {backend.help}")
    nearest, name = named[0]
    for table, other in named[1:]:
        if other != name:
            whose = table.place("backend").label
            raise nearest.place("backend").error(
                f"{clean(name)!r} differs from {clean(other)!r} ({whose}), "
                "and settings of one backend mean nothing to another"
            )
    return adapter_called(name, nearest.place("backend"))


def adapter_called(name: str, place: Place) -> Backend:
    """Return the adapter that `place` names. Raises UsageError where there is none."""
    try:
        return load_backend(name)
    except UsageError as problem:
        raise place.error(problem.message, hint=problem.hint) from problem


def unknown_setting_hint(name: str, known: Iterable[str]) -> str | None:
    """Return what may be meant by a setting that does not exist."""
    if other := _OTHER_WORDS.get(name.lower().replace("-", "_")):
        return f"did you mean {other}?"
    return did_you_mean(name, known)


def _unknown_setting(table: Table, name: str, raw: object, adapter: Backend) -> UsageError:
    hint = unknown_setting_hint(name, known_settings(adapter))
    if isinstance(raw, dict) and not hint:
        hint = f'a profile whose name has a dot is [profiles."{table.profile}.{clean(name)}"]'
    label = f"{table.file.path}: profile {table.profile}"
    return UsageError(
        f"{label}: {clean(name)!r} is no setting of the backend {adapter.name}", hint=hint
    )
