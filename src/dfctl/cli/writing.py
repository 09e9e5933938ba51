"""From the app to the pages that are written about it."""

from collections.abc import Iterator, Mapping, Sequence

from dfctl import __version__
from dfctl.backends import built_in_names, load_backend
from dfctl.cli.description import described
from dfctl.cli.variables import backend_settings, environment_sections
from dfctl.core.profiles import COMMON_SETTINGS
from dfctl.core.settings import Setting
from dfctl.manual.facts import Facts, SettingFact
from dfctl.manual.page import Page
from dfctl.manual.pages import pages_of
from dfctl.store.environment import LIMITS, variable_of
from dfctl.store.profiles import defaults_of


def pages(app: object) -> dict[str, Page]:
    """Return the pages of the manual by name."""
    return pages_of(facts_of(app))


def facts_of(app: object) -> Facts:
    """Return what pages have to know."""
    program = described(app)
    return Facts(
        version=__version__,
        program=program,
        variables=environment_sections(program),
        settings=list(_setting_groups()),
    )


def _setting_groups() -> Iterator[tuple[str, Sequence[SettingFact]]]:
    defaults = [defaults_of(load_backend(name)) for name in built_in_names()]
    # What all backends agree on is the default of all profiles.
    common = {
        name: value.shown
        for name, value in defaults[0].items()
        if all(name in layer and layer[name].shown == value.shown for layer in defaults)
    }
    yield "Every profile", [_fact(setting, common) for setting in COMMON_SETTINGS]
    for title, settings in backend_settings():
        yield title, [_fact(setting, {}) for setting in settings]


def _fact(setting: Setting, defaults: Mapping[str, str]) -> SettingFact:
    variable = variable_of(setting.name) if setting.name in LIMITS else None
    default = defaults.get(setting.name)
    return SettingFact(setting.name, setting.help, setting.kind, setting.choices, default, variable)
