"""Environment variables that describe a profile or hold a key. An empty one counts as not set."""

from collections.abc import Iterable, Mapping

from dfctl.core.profiles import COMMON_SETTINGS
from dfctl.core.settings import Setting
from dfctl.store.keys import EnvironmentKey
from dfctl.store.layers import Layer
from dfctl.store.places import in_variable
from dfctl.store.values import Value, value_of_variable

ENV = "env"
# Settings whose variables hold for every profile.
LIMITS = (
    "start_timeout",
    "timeout",
    "queue_timeout",
    "interval",
    "max_outage",
    "heartbeat",
    "overlap",
    "fail_on_warning",
)


def variable_of(setting: str) -> str:
    """Return the variable that describes a setting of the profile `env`, such as DFCTL_PROJECT."""
    return f"DFCTL_{setting.upper()}"


def set_in(environ: Mapping[str, str], variable: str) -> str | None:
    """Return the text of a variable without blanks around it, or None where nothing is left."""
    return environ.get(variable, "").strip() or None


def limits_layer(environ: Mapping[str, str]) -> Layer:
    """Return the limits that variables set for every profile. Raises UsageError."""
    return _layer((setting for setting in COMMON_SETTINGS if setting.name in LIMITS), environ)


def env_layer(environ: Mapping[str, str], settings: Iterable[Setting]) -> Layer:
    """Return what variables say of the profile `env`, whose key is all that DFCTL_KEY holds."""
    own = [setting for setting in settings if setting.name not in {*LIMITS, "like", "key"}]
    return {**_layer(own, environ), **key_layer(environ, variable_of("key"))}


def key_layer(environ: Mapping[str, str], variable: str) -> Layer:
    """Return the key that a variable holds, if it is set."""
    if set_in(environ, variable) is None:
        return {}
    form = EnvironmentKey(variable, environ)
    return {"key": Value(form, in_variable(variable), form.describe())}


def _layer(settings: Iterable[Setting], environ: Mapping[str, str]) -> Layer:
    layer = {}
    for setting in settings:
        variable = variable_of(setting.name)
        if (text := set_in(environ, variable)) is not None:
            layer[setting.name] = value_of_variable(setting, text, in_variable(variable), environ)
    return layer
