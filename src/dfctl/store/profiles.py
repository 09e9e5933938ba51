"""Profiles: layers of settings, checked and put together."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dfctl.backends.backend import Backend
from dfctl.core.addresses import origin_of
from dfctl.core.durations import format_duration
from dfctl.core.errors import UsageError
from dfctl.core.profiles import COMMON_SETTINGS, Line, Overlap, Profile
from dfctl.core.settings import Override, Overrides, Setting, SettingKind, SettingProblem, Settings
from dfctl.core.text import clean
from dfctl.core.watch import Limits
from dfctl.store.keys import KeyForm, KeyringKey, KeySource, MissingKey, StoredKey
from dfctl.store.layers import Layer
from dfctl.store.paths import why_not_a_file
from dfctl.store.places import DEFAULT, Place, in_option
from dfctl.store.values import Value, check_seconds, text_of


@dataclass(frozen=True)
class ShownSetting:
    """A setting as a list shows it: its value as text, and where that comes from.

    Of a key, the value is only the kind of its source.
    """

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Description:
    """What is said of a profile: its settings, and in `home` the place of those it lacks."""

    name: str
    adapter: Backend
    values: Layer
    home: Callable[[str], Place]
    key_hint: str

    def profile(self) -> Profile:
        """Return the profile. Raises UsageError where a setting is missing or cannot be used."""
        self._check_required()
        self._check_files()
        settings = self._settings()
        try:
            self.adapter.check(settings)
        except SettingProblem as found:
            problem = self.error(found)
        else:
            return self._built(settings)
        raise problem

    def error(self, problem: SettingProblem) -> UsageError:
        """Return the error for what an adapter says of a setting, naming its place."""
        return self._place(problem.setting).error(problem.problem, hint=problem.hint)

    def address(self) -> str:
        """Return the address. Raises UsageError where it is missing; the rest may be, too."""
        if not self._address():
            raise self._missing("address")
        return self._address()

    def key_source(self) -> KeySource:
        """Return where the key comes from; reading it fails where none is named."""
        value = self.values.get("key")
        if not (value and isinstance(value.value, KeyForm)):
            return KeySource(self.name, MissingKey(self.key_hint), "")
        form = value.value
        if isinstance(form, (StoredKey, KeyringKey)):
            form = replace(form, profile=self.name, origin=origin_of(self._address()))
        return KeySource(self.name, form, value.place.origin)

    def shown(self) -> tuple[ShownSetting, ...]:
        """Return each setting that has a value, in the order of their declaration."""
        values = {**defaults_of(self.adapter), **self.values}
        return tuple(
            ShownSetting(name, values[name].shown, values[name].place.origin)
            for name in known_settings(self.adapter)
            if name in values
        )

    def _place(self, name: str) -> Place:
        return self.values[name].place if name in self.values else self.home(name)

    def _check_required(self) -> None:
        for name, setting in known_settings(self.adapter).items():
            is_default = name == "address" and self.adapter.default_address is not None
            is_required = setting.is_required or name == "address"
            if is_required and not is_default and name not in self.values:
                raise self._missing(name)

    def _missing(self, name: str) -> UsageError:
        help_text = known_settings(self.adapter)[name].help
        return self.home(name).error("is missing", hint=f"it is {help_text}")

    def _check_files(self) -> None:
        for name, setting in known_settings(self.adapter).items():
            if setting.kind is SettingKind.PATH and name in self.values:
                value = self.values[name]
                if why := why_not_a_file(Path(str(value.value))):
                    raise value.place.error(f"{value.shown}: {why}")
        if "client_key" in self.values and "client_cert" not in self.values:
            raise self._place("client_key").error(
                "stands without client_cert", hint="set client_cert to the certificate of this key"
            )

    def _settings(self) -> Settings:
        own = {setting.name for setting in self.adapter.settings}
        values = {name: value.value for name, value in self.values.items() if name in own}
        return Settings(self._text("flow"), values)

    def _built(self, settings: Settings) -> Profile:
        return Profile(
            name=self.name,
            backend=self.adapter.name,
            line=Line(
                self._address(),
                ca_file=self._text("ca_file"),
                client_cert=self._text("client_cert"),
                client_key=self._text("client_key"),
            ),
            settings=settings,
            limits=Limits(
                timeout=self._seconds("timeout", Limits.timeout),
                queue_timeout=self._seconds("queue_timeout", Limits.queue_timeout),
                interval=self._seconds("interval", Limits.interval),
                max_outage=self._seconds("max_outage", Limits.max_outage),
            ),
            start_timeout=self._seconds("start_timeout", Profile.start_timeout),
            heartbeat=self._seconds("heartbeat", Profile.heartbeat),
            fail_on_warning=self._flag("fail_on_warning"),
            allow_http=self._flag("allow_http"),
            overlap=Overlap(self._text("overlap") or Overlap.ALLOW),
        )

    def _address(self) -> str:
        return self._text("address") or self.adapter.default_address or ""

    def _text(self, name: str) -> str | None:
        value = self.values[name].value if name in self.values else None
        return value if isinstance(value, str) else None

    def _flag(self, name: str) -> bool:
        return name in self.values and self.values[name].value is True

    def _seconds(self, name: str, default: float | None) -> float | None:
        value = self.values[name].value if name in self.values else default
        return value if isinstance(value, float) else None


def known_settings(adapter: Backend) -> dict[str, Setting]:
    """Return the settings that a profile of `adapter` may have, by name."""
    return {setting.name: setting for setting in (*COMMON_SETTINGS, *adapter.settings)}


def overrides_layer(overrides: Overrides) -> Layer:
    """Return what the command line says: seconds for limits (None lifts one), text, flags.

    Raises UsageError naming the option.
    """
    return {name: _override(name, value) for name, value in overrides.items()}


def _override(name: str, value: Override) -> Value:
    place = in_option(name)
    if isinstance(value, bool):
        return Value(value, place, "true" if value else "false")
    if isinstance(value, str):
        return Value(text_of(value, place), place, clean(value))
    seconds = None if value is None else float(value)
    check_seconds(name, seconds, place)
    return Value(seconds, place, format_duration(seconds))


def defaults_of(adapter: Backend) -> Layer:
    """Return the values of settings that are not set, where they have one."""
    limits, profile = Limits(), Profile
    seconds = {
        "start_timeout": profile.start_timeout,
        "timeout": limits.timeout,
        "queue_timeout": limits.queue_timeout,
        "max_outage": limits.max_outage,
        "heartbeat": profile.heartbeat,
    }
    flags = {"allow_http": profile.allow_http, "fail_on_warning": profile.fail_on_warning}
    texts = {
        **{name: format_duration(value) for name, value in seconds.items()},
        **{name: "true" if value else "false" for name, value in flags.items()},
    }
    if adapter.default_address is not None:
        texts["address"] = adapter.default_address
    return {name: Value(text, DEFAULT, text) for name, text in texts.items()}
