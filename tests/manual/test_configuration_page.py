"""docs/configuration.md names each setting and each variable of one."""

import re

import pytest

from dfctl.backends import built_in_names, load_backend
from dfctl.core.profiles import COMMON_SETTINGS
from dfctl.store.environment import LIMITS, variable_of
from tools.write_docs import ROOT

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def settings_in(title: str) -> list[str]:
    """Return the names in the first column of the table below a heading."""
    _, _, below = PAGE.partition(f"\n## Settings of {title}\n")
    table = re.search(r"^\| setting .*\n\|---.*\n((?:\|.*\n)+)", below, re.MULTILINE)
    assert table, title
    cells = [row.split("|")[1] for row in table[1].splitlines()]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_each_common_setting_is_on_the_page() -> None:
    assert settings_in("every profile") == [setting.name for setting in COMMON_SETTINGS]


@pytest.mark.parametrize("name", built_in_names())
def test_each_setting_of_a_service_is_on_the_page(name: str) -> None:
    adapter = load_backend(name)
    title = adapter.title.removeprefix("Profitbase ")

    assert settings_in(title) == [setting.name for setting in adapter.settings]


def test_each_variable_of_a_limit_is_on_the_page() -> None:
    paragraph = PAGE[PAGE.index("have variables that hold for all profiles") :]

    named = re.findall(r"`(DFCTL_\w+)`", paragraph.partition("\n\n")[0])

    assert sorted(named) == sorted(variable_of(name) for name in LIMITS)
