"""Adapters are found by name."""

import pytest

from dfctl.backends import load_backend
from dfctl.core.errors import UsageError
from dfctl.core.profiles import COMMON_SETTINGS


@pytest.mark.parametrize(
    ("name", "title"), [("invision", "Profitbase InVision"), ("dataform-web", "Dataform Web")]
)
def test_a_built_in_adapter_is_found_by_its_name(name: str, title: str) -> None:
    backend = load_backend(name)
    assert (backend.name, backend.title) == (name, title)


@pytest.mark.parametrize("name", ["invision", "dataform-web"])
def test_an_adapter_s_settings_do_not_hide_the_common_ones(name: str) -> None:
    common = {setting.name for setting in COMMON_SETTINGS}
    own = [setting.name for setting in load_backend(name).settings]
    assert not common & set(own)
    assert len(own) == len(set(own))


@pytest.mark.parametrize("name", ["", "Invision", "nothing-like-it"])
def test_an_unknown_adapter_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_backend(name)
    assert caught.value.message == f"there is no backend {name!r}"
    assert caught.value.hint == "the backends are invision and dataform-web"
