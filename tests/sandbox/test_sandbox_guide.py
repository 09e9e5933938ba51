import tomllib
from pathlib import Path

import pytest

from dfctl.sandbox import dataform_web, invision
from dfctl.sandbox.guide import Facts, config_toml, introduction
from dfctl.sandbox.server import Sandbox

FACTS = Facts(
    invision_address="http://127.0.0.1:8123/invision",
    invision_key='k"\\y',
    dataform_address="http://127.0.0.1:8123/v1",
    dataform_token="1|ab+/c=|2",
    project="5685548636176384",
)


def test_the_configuration_has_a_base_profile_for_each_service() -> None:
    config = tomllib.loads(config_toml(FACTS))
    assert config["default"] == "ok"
    assert config["profiles"]["invision"] == {
        "backend": "invision",
        "address": "http://127.0.0.1:8123/invision",
        "key": 'k"\\y',
    }
    assert config["profiles"]["dataform"] == {
        "backend": "dataform-web",
        "address": "http://127.0.0.1:8123/v1",
        "key": "1|ab+/c=|2",
        "project": "5685548636176384",
        "environment": "production",
    }


def test_the_configuration_has_a_profile_for_each_story() -> None:
    profiles = tomllib.loads(config_toml(FACTS))["profiles"]
    stories = {name: {"like": "invision", "flow": name} for name in invision.STORIES} | {
        f"web-{name}": {"like": "dataform", "flow": name} for name in dataform_web.STORIES
    }
    assert profiles.keys() == stories.keys() | {"invision", "dataform"}
    assert {name: profiles[name] for name in stories} == stories


def test_the_introduction_says_where_and_how_but_no_key() -> None:
    text = introduction(FACTS, Path("config.toml"))
    assert "http://127.0.0.1:8123/invision" in text
    assert "http://127.0.0.1:8123/v1 (project 5685548636176384)" in text
    assert "  dfctl run ok --config config.toml\n" in text
    assert "  web-timed-out" in text
    assert FACTS.invision_key not in text
    assert FACTS.dataform_token not in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_path_with_a_blank_is_one_word_of_the_shell() -> None:
    line = introduction(FACTS, "my files/config.toml").split("dfctl run ok ")[1].splitlines()[0]
    assert line in ("--config 'my files/config.toml'", '--config "my files/config.toml"')


def test_the_facts_do_not_show_the_keys() -> None:
    assert FACTS.invision_key not in repr(FACTS)
    assert FACTS.dataform_token not in repr(FACTS)


@pytest.mark.parametrize("name", ["invision", "dataform"])
def test_a_sandbox_writes_its_own_address(sandbox: Sandbox, name: str) -> None:
    address = tomllib.loads(sandbox.config_toml())["profiles"][name]["address"]
    assert address in (sandbox.invision_address, sandbox.dataform_address)
    assert address in sandbox.introduction("config.toml")
