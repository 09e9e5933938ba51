"""A profile that is about to be written: what it would hold, and whether that could be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dfctl.backends.backend import Backend
from dfctl.core.errors import UsageError
from dfctl.core.profiles import Profile
from dfctl.core.runs import ENV, PROFILE_NAME
from dfctl.core.settings import Setting, SettingKind
from dfctl.core.suggestions import did_you_mean
from dfctl.core.text import clean
from dfctl.store.appending import append_profile, table_text
from dfctl.store.config import Config
from dfctl.store.key_settings import parse_key
from dfctl.store.places import Place
from dfctl.store.profiles import known_settings
from dfctl.store.tables import adapter_called, adapter_of, names_in, tables_of, unknown_setting_hint
from dfctl.store.values import raw_of, text_of, value_of

# Values as TOML has them, by setting.
Raw = Mapping[str, object]


@dataclass(frozen=True)
class Given:
    """A setting's text as somebody gave it. `label` begins an error about it."""

    setting: str
    text: str
    label: str

    @property
    def place(self) -> Place:
        return Place(self.label, self.label)


def check_new_name(config: Config, name: str) -> str:
    """Return `name`, if a new profile may have it. Raises UsageError."""
    if name == ENV:
        raise UsageError(
            "the profile env is described by variables alone", hint="take another name"
        )
    if not PROFILE_NAME.fullmatch(name):
        raise UsageError(
            f"{clean(name)!r} is no name of a profile",
            hint="a name has letters, digits, and after the first also . _ and -",
        )
    for file in config.files:
        if name in file.profiles:
            raise UsageError(
                f"{file.path}: there is a profile {name!r} already",
                hint="take another name, or change its settings in the file",
            )
    return name


@dataclass(frozen=True)
class Draft:
    """A profile that could be used, and is not written yet."""

    name: str
    settings: Raw
    profile: Profile
    file: Path
    is_first: bool

    @property
    def text(self) -> str:
        """The profile as TOML."""
        return table_text(self.name, self.settings)

    def write(self) -> Path:
        """Append the profile to its file, and return the file. Raises UsageError."""
        return append_profile(self.file, self.name, self.settings, is_default=self.is_first)


def draft(config: Config, name: str, settings: Raw) -> Draft:
    """Return a new profile.

    It is the default where there is neither another profile nor a file. Raises UsageError for what
    is wrong with it.
    """
    check_new_name(config, name)
    *others, file = config.files
    extended = replace(file, profiles={**file.profiles, name: settings})
    try:
        profile = replace(config, files=(*others, extended)).profile(name)
    except UsageError as problem:
        # The file does not hold it yet.
        message, hint = problem.message.removeprefix(f"{file.path}: "), problem.hint
    else:
        is_first = not file.exists and not names_in(config.files)
        return Draft(name, settings, profile, file.path, is_first)
    raise UsageError(message, hint=hint)


def key_setting(*, variable: str | None, file: str | None) -> Raw:
    """Return the setting that names where a key is, if it is anywhere. Raises UsageError."""
    if variable is not None and file is not None:
        raise UsageError("--key-env and --key-file name two places: a key is in one")
    if variable is not None:
        place = Place("--key-env", "--key-env")
        parse_key({"env": variable}, place, {})
        return {"key": {"env": variable}}
    if file is not None:
        place = Place("--key-file", "--key-file")
        return {"key": {"file": str(place.path(text_of(file, place)))}}
    return {}


def raw_setting(setting: Setting, given: Given) -> object:
    """Return one setting as it is written: an address tidied, a path absolute.

    Raises UsageError where it is wrong by itself.
    """
    raw = raw_of(setting, given.text, given.place)
    value = value_of(setting, raw, given.place, {})
    is_resolved = setting.name == "address" or setting.kind is SettingKind.PATH
    return value.value if is_resolved else raw


def raw_settings(config: Config, given: Sequence[Given]) -> Raw:
    """Return settings as they are written. Raises UsageError naming the one that is wrong."""
    adapter = _adapter(config, given)
    known = known_settings(adapter)
    raw: dict[str, object] = {}
    for item in given:
        if item.setting not in known:
            raise item.place.error(
                f"{clean(item.setting)!r} is no setting of the backend {adapter.name}",
                hint=unknown_setting_hint(item.setting, known),
            )
        if item.setting in raw:
            raise item.place.error("is given twice")
        raw[item.setting] = raw_setting(known[item.setting], item)
    return raw


def _adapter(config: Config, given: Sequence[Given]) -> Backend:
    named = {item.setting: item for item in reversed(given)}
    if "backend" in named:
        return adapter_called(named["backend"].text, named["backend"].place)
    if "like" in named:
        like, names = named["like"], names_in(config.files)
        if like.text not in names:
            raise like.place.error(
                f"there is no profile {clean(like.text)!r}", hint=did_you_mean(like.text, names)
            )
        return adapter_of(tables_of(config.files, like.text))
    raise UsageError(
        "--backend is missing",
        hint="--backend invision or --backend dataform-web; or --set like=PROFILE",
    )
