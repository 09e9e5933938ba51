"""The configuration: files and variables, and the profiles that they describe.

The user's file lies over the machine's: a profile that both have is merged setting by setting, the
user's winning. So a user may send the machine's key to an address of their own; they could read
that key anyway. One broken profile does not stop a command about another: a profile is checked when
it is asked for, together with those that it is `like`.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from dfctl.backends.backend import Backend
from dfctl.core.errors import UsageError
from dfctl.core.profiles import Profile
from dfctl.core.runs import ENV, PROFILE_NAME
from dfctl.core.settings import Overrides
from dfctl.core.suggestions import did_you_mean, listed
from dfctl.core.text import clean
from dfctl.core.variables import set_in
from dfctl.store.environment import (
    env_layer,
    key_layer,
    limits_layer,
    variable_of,
)
from dfctl.store.files import ConfigFile, default_files, read_default, read_file
from dfctl.store.key_variables import key_variable_of, without_keys
from dfctl.store.keyfile import KeyFile
from dfctl.store.keys import KeySource, stored_key
from dfctl.store.layers import Layer, merged
from dfctl.store.paths import is_homeless
from dfctl.store.places import Place, in_key_file, in_variable
from dfctl.store.profiles import (
    Description,
    known_settings,
    overrides_layer,
)
from dfctl.store.tables import (
    Table,
    adapter_called,
    adapter_of,
    key_variables_in,
    names_in,
    tables_of,
)
from dfctl.store.values import Value

_NO_OVERRIDES: Overrides = {}


def load_config(
    variables: Mapping[str, str],
    *,
    explicit: str | None = None,
    files: Sequence[Path] | None = None,
    may_be_new: bool = False,
) -> "Config":
    """Return the configuration. Raises UsageError where a file cannot be used as a whole.

    Only the file that `explicit` (the value of --config) or DFCTL_CONFIG names is read, else the
    machine's file and the user's; `files` are those two, the machine's first. A file that is named
    must exist, unless it `may_be_new` because a profile is about to be written there.
    """
    named, named_by = explicit, "--config"
    if named is None:
        named, named_by = set_in(variables, "DFCTL_CONFIG"), "DFCTL_CONFIG"
    paths = default_files() if files is None else files
    if named is None:
        found = tuple(read_default(path) for path in paths)
    else:
        found = (_named_file(named, named_by, may_be_new=may_be_new),)
    # The keys that dfctl keeps are the user's own, whatever file describes the profiles.
    return Config(found, variables, KeyFile.beside(paths[-1]))


def _named_file(text: str, named_by: str, *, may_be_new: bool) -> ConfigFile:
    place = Place(named_by, named_by)
    if not text.strip():
        raise place.error("names no file")
    path = place.path(text)
    return read_default(path) if may_be_new else read_file(path, named_by=named_by)


@dataclass(frozen=True)
class Config:
    """What `files` and the variables say. The last file, the user's, wins.

    `key_file` has the keys that dfctl keeps itself.
    """

    files: tuple[ConfigFile, ...]
    variables: Mapping[str, str] = field(repr=False)
    key_file: KeyFile = field(default_factory=lambda: KeyFile.beside(default_files()[-1]))

    def names(self) -> tuple[str, ...]:
        """Return the names of all profiles: `env` where it exists, then those of the files."""
        env = (ENV,) if self._has_env else ()
        return tuple(dict.fromkeys((*env, *names_in(self.files))))

    def default_name(self) -> str:
        """Return the profile that is meant where none is named. Raises UsageError."""
        if name := set_in(self.variables, "DFCTL_PROFILE"):
            return self._existing(name, in_variable("DFCTL_PROFILE"))
        if self._has_env:
            return ENV
        for file in reversed(self.files):
            if file.default is not None:
                label = f"{file.path}: default"
                return self._existing(file.default, Place(label, label))
        names = self.names()
        if len(names) != 1:
            raise self._no_default(names)
        return names[0]

    def describe(self, name: str, *, overrides: Overrides = _NO_OVERRIDES) -> Description:
        """Return all that is said of a profile; files and variables are looked at once.

        `overrides` are what the command line says, by the names of settings: the flow, flags, and
        limits in seconds (None lifts one). They win over the variables of limits, such as
        DFCTL_TIMEOUT, and those over the profile's settings.

        DFCTL_KEY_<NAME> comes before the profile's own `key`, that before the key in dfctl's own
        file, and all before the same three of the profile that it is `like`. A variable that is
        one of the backend's settings for the profile `env`, such as DFCTL_KEY_IN, never holds the
        key of a named profile. Raises UsageError.
        """
        self._check_name(name)
        if name == ENV:
            return self._described_by_variables(overrides)
        tables = tables_of(self.files, name)
        adapter = adapter_of(tables)
        inherited = list(self._layers(tables, adapter))
        layers = [overrides_layer(overrides), limits_layer(self.variables), *inherited]
        return Description(
            name,
            adapter,
            merged(layers, adapter.alternatives),
            tables[0].place,
            self._key_hint(tables[0], adapter),
        )

    def profile(self, name: str, *, overrides: Overrides = _NO_OVERRIDES) -> Profile:
        """Return a profile, checked. Raises UsageError."""
        return self.describe(name, overrides=overrides).profile()

    def key_source(self, name: str) -> KeySource:
        """Return where the key of a profile comes from. Raises UsageError."""
        return self.describe(name).key_source()

    def variables_without_keys(self) -> dict[str, str]:
        """Return the variables but for those that hold the key of any profile."""
        return without_keys(self.variables, key_variables_in(self.files))

    @property
    def _has_env(self) -> bool:
        return set_in(self.variables, "DFCTL_BACKEND") is not None

    def _existing(self, name: str, place: Place) -> str:
        if name not in self.names():
            raise place.error(self._no_such_profile(name), hint=self._nearest(name))
        return name

    def _no_such_profile(self, name: str) -> str:
        looked = f"account {account_name()}, looked at {listed(map(str, self.files))}"
        return f"there is no profile {clean(name)!r} ({looked})"

    def _nearest(self, name: str) -> str:
        if name == ENV:
            return "the profile env exists while DFCTL_BACKEND is set"
        names = [clean(known) for known in self.names()]
        if not names:
            return self._how_to_describe()
        all_of_them = "the only profile is" if len(names) == 1 else "the profiles are"
        return did_you_mean(name, names) or f"{all_of_them} {listed(names)}"

    def _how_to_describe(self) -> str:
        path = self.files[-1].path
        first = f"dfctl init writes one to {path}, step by step"
        if is_homeless(path):
            first = "name a file with --config"
        return f"{first}; or set DFCTL_BACKEND, DFCTL_ADDRESS, DFCTL_FLOW and DFCTL_KEY"

    def _no_default(self, names: Sequence[str]) -> UsageError:
        if not names:
            looked = f"account {account_name()}, looked at {listed(map(str, self.files))}"
            return UsageError(f"there is no profile ({looked})", hint=self._how_to_describe())
        return UsageError(
            f"no profile is named, and none of {listed(map(clean, names))} is the default",
            hint=f'name one, set DFCTL_PROFILE, or write default = "{clean(names[0])}" '
            f"at the top of {self.files[-1].path}",
        )

    def _check_name(self, name: str) -> None:
        if name not in self.names():
            raise UsageError(self._no_such_profile(name), hint=self._nearest(name))
        for file in self.files:
            if name not in file.profiles:
                continue
            if name == ENV:
                raise UsageError(
                    f"{file.path}: profile env: is described by variables alone",
                    hint="give the profile another name",
                )
            if not PROFILE_NAME.fullmatch(name):
                raise UsageError(
                    f"{file.path}: profile {clean(name)!r}: is no name of a profile",
                    hint="a name has letters, digits, and after the first also . _ and -",
                )

    def _described_by_variables(self, overrides: Overrides) -> Description:
        place = in_variable("DFCTL_BACKEND")
        adapter = adapter_called(set_in(self.variables, place.label) or "", place)
        settings = known_settings(adapter).values()
        layers = (
            overrides_layer(overrides),
            limits_layer(self.variables),
            env_layer(self.variables, settings),
        )
        return Description(
            ENV,
            adapter,
            merged(layers, adapter.alternatives),
            lambda setting: in_variable(variable_of(setting)),
            f"set {variable_of('key')}",
        )

    def _layers(self, tables: Sequence[Table], adapter: Backend) -> Iterator[Layer]:
        has_key = False
        for profile, group in groupby(tables, key=lambda table: table.profile):
            own = list(group)
            layers = [
                self._key_layer(profile, adapter),
                *(table.layer(adapter, self.variables) for table in own),
            ]
            # dfctl's own file is not even read where a key is named before it.
            if not (has_key or any("key" in layer for layer in layers)):
                layers.append(self._stored_layer(profile, is_inherited=own[0].is_inherited))
            has_key = has_key or any("key" in layer for layer in layers)
            yield from layers

    def _key_layer(self, profile: str, adapter: Backend) -> Layer:
        variable = key_variable_of(profile)
        if _is_setting(variable, adapter):
            return {}
        layer = key_layer(self.variables, variable)
        rivals = [name for name in names_in(self.files) if key_variable_of(name) == variable]
        if layer and len(rivals) > 1:
            raise UsageError(
                f"{variable}: could be the key of each of the profiles {listed(rivals)}",
                hint='rename one, or write key = { env = "NAME" } in their settings '
                "and unset this variable",
            )
        return layer

    def _stored_layer(self, profile: str, *, is_inherited: bool) -> Layer:
        form = stored_key(self.key_file, profile)
        if form is None:
            return {}
        place = in_key_file(self.key_file.path, profile, is_inherited=is_inherited)
        return {"key": Value(form, place, form.describe())}

    def _key_hint(self, table: Table, adapter: Backend) -> str:
        variable = key_variable_of(table.profile)
        command = f"dfctl keys set {table.profile}"
        if _is_setting(variable, adapter):
            return f"{command}; the variable {variable} is a setting of the profile env"
        return f"{command}, or set {variable}"


def account_name() -> str:
    """Return the name of the account that dfctl runs as."""
    if sys.platform == "win32":
        import getpass

        try:
            return getpass.getuser()
        except (ImportError, KeyError, OSError):
            return "unknown"
    else:
        import pwd

        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            return str(os.geteuid())


def _is_setting(variable: str, adapter: Backend) -> bool:
    return any(variable_of(setting.name) == variable for setting in adapter.settings)
