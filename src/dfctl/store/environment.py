"""Environment variables that describe a profile or hold a key. An empty one counts as not set."""

from collections.abc import Iterable, Mapping

from dfctl.core.profiles import COMMON_SETTINGS
from dfctl.core.settings import Setting
from dfctl.core.variables import set_in
from dfctl.store.keys import EnvironmentKey
from dfctl.store.layers import Layer
from dfctl.store.places import in_variable
from dfctl.store.values import Value, value_of_variable

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


def limits_layer(variables: Mapping[str, str]) -> Layer:
    """Return the limits that variables set for every profile. Raises UsageError."""
    return _layer((setting for setting in COMMON_SETTINGS if setting.name in LIMITS), variables)


def env_layer(variables: Mapping[str, str], settings: Iterable[Setting]) -> Layer:
    """Return what variables say of the profile `env`, whose key is all that DFCTL_KEY holds."""
    own = [setting for setting in settings if setting.name not in {*LIMITS, "like", "key"}]
    return {**_layer(own, variables), **key_layer(variables, variable_of("key"))}


def key_layer(variables: Mapping[str, str], variable: str) -> Layer:
    """Return the key that a variable holds, if it is set."""
    if set_in(variables, variable) is None:
        return {}
    form = EnvironmentKey(variable, variables)
    return {"key": Value(form, in_variable(variable), form.describe())}


def _layer(settings: Iterable[Setting], variables: Mapping[str, str]) -> Layer:
    layer = {}
    for setting in settings:
        variable = variable_of(setting.name)
        if (text := set_in(variables, variable)) is not None:
            layer[setting.name] = value_of_variable(setting, text, in_variable(variable), variables)
    return layer
