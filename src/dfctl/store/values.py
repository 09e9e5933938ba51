"""The values of settings: from TOML, or from a variable's text, to what the rest of dfctl reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dfctl.core.durations import parse_duration
from dfctl.core.settings import Setting, SettingKind
from dfctl.core.suggestions import did_you_mean, listed
from dfctl.core.text import clean
from dfctl.core.variables import flag_of
from dfctl.store.addresses import clean_address
from dfctl.store.files import kind_of
from dfctl.store.key_settings import parse_key
from dfctl.store.places import Place

_SURROGATE = re.compile("[\ud800-\udfff]")
_NEVER_ZERO = {"start_timeout", "interval", "heartbeat"}


@dataclass(frozen=True)
class Value:
    """A setting's value and where it is written; `shown` is its text, without any secret.

    The value is a text, a tuple of texts, a flag, seconds (None for no limit) or a form of key.
    """

    value: object
    place: Place
    shown: str


def value_of(setting: Setting, raw: object, place: Place, variables: Mapping[str, str]) -> Value:
    """Return the value that TOML wrote as `raw`. Raises UsageError naming the place."""
    match setting.kind:
        case SettingKind.KEY:
            form = parse_key(raw, place, variables)
            return Value(form, place, form.describe())
        case SettingKind.FLAG:
            return _flag(raw, place)
        case SettingKind.DURATION:
            return _duration(setting, raw, place)
        case SettingKind.TEXTS:
            return _texts(raw, place)
        case SettingKind.PATH:
            path = str(place.path(text_of(raw, place)))
            return Value(path, place, clean(path))
        case SettingKind.TEXT:
            text = _chosen(setting, text_of(raw, place), place)
            return Value(text, place, clean(text))


def value_of_variable(
    setting: Setting, text: str, place: Place, variables: Mapping[str, str]
) -> Value:
    """Return the value that a variable holds as text. Raises UsageError naming the variable."""
    return value_of(setting, raw_of(setting, text, place), place, variables)


def raw_of(setting: Setting, text: str, place: Place) -> object:
    """Return what TOML would write for a text outside of it: flags by word, lists by commas."""
    if setting.kind is SettingKind.FLAG:
        flag = flag_of(text)
        if flag is None:
            raise place.error(f"{_quoted(text)} is not one of true, false, 1, 0, yes and no")
        return flag
    if setting.kind is SettingKind.TEXTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def check_seconds(setting: str, seconds: float | None, place: Place) -> None:
    """Raise UsageError where a limit would leave no time at all."""
    if seconds is not None and seconds < 0.1 and setting in _NEVER_ZERO:
        raise place.error("must be at least 100ms")


def text_of(raw: object, place: Place) -> str:
    """Return `raw`, a text that is not blank. Raises UsageError naming the place."""
    if not isinstance(raw, str):
        raise place.error(f"must be text, not {kind_of(raw)}")
    if not raw.strip():
        raise place.error("is empty; leave it out instead")
    # Variables and the command line carry bytes that are no text as surrogates.
    if _SURROGATE.search(raw):
        raise place.error("holds bytes that are not UTF-8")
    return raw


def _chosen(setting: Setting, text: str, place: Place) -> str:
    if setting.name == "address":
        return _address(text, place)
    if setting.choices and text not in setting.choices:
        raise place.error(
            f"{_quoted(text)} is not one of {listed(setting.choices)}",
            hint=did_you_mean(text, setting.choices),
        )
    return text


def _address(text: str, place: Place) -> str:
    try:
        return clean_address(text)
    except ValueError as problem:
        message = str(problem)
    raise place.error(message)


def _flag(raw: object, place: Place) -> Value:
    if not isinstance(raw, bool):
        hint = "write it without quotes" if raw in ("true", "false") else None
        raise place.error(f"must be true or false, not {kind_of(raw)}", hint=hint)
    return Value(raw, place, "true" if raw else "false")


def _duration(setting: Setting, raw: object, place: Place) -> Value:
    if not isinstance(raw, str):
        raise place.error(
            f"must be a duration in quotes, not {kind_of(raw)}", hint=_duration_hint(setting, raw)
        )
    try:
        seconds = parse_duration(raw)
    except ValueError as problem:
        raise place.error(clean(str(problem))) from None
    check_seconds(setting.name, seconds, place)
    return Value(seconds, place, raw.strip())


def _duration_hint(setting: Setting, raw: object) -> str:
    is_number = isinstance(raw, (int, float)) and not isinstance(raw, bool) and 0 < raw < 1e9
    seconds = f"{raw}s" if is_number else "90s"
    return f'write {setting.name} = "{seconds}"'


def _texts(raw: object, place: Place) -> Value:
    if isinstance(raw, str):
        raise place.error("must be a list of texts, not text", hint=f'write ["{clean(raw)}"]')
    if not isinstance(raw, list):
        raise place.error(f"must be a list of texts, not {kind_of(raw)}")
    texts = tuple(text_of(item, place) for item in raw)
    return Value(texts, place, ", ".join(clean(text) for text in texts))


def _quoted(text: str) -> str:
    return repr(clean(text, longest=80))
