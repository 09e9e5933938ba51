"""What tests of completion are given: a home with profiles, and shells to type in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.completions.keyboard import Keyboard
from tests.shell import CANARY

# The last one is no name of a profile: a shell that expanded it would run a command.
CONFIG = f"""\
[profiles.sales]
backend = "invision"
address = "http://127.0.0.1:9"
flow = "updatesales"
key = "{CANARY}"

[profiles."my-sales.eu"]
like = "sales"

[profiles."$(touch expanded)"]
like = "sales"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a configuration, without a journal."""
    config = tmp_path / "config.toml"
    config.touch(mode=0o600)
    config.write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def keyboard(home: Path) -> Iterator[Callable[..., Keyboard]]:
    """Begin a shell at a keyboard, and end it with the test."""
    begun: list[Keyboard] = []

    def keyboard(*command: str, **variables: str) -> Keyboard:
        begun.append(Keyboard(*command, folder=home, variables=variables))
        return begun[-1].shows("READY")

    yield keyboard
    for one in begun:
        one.close()
        assert CANARY not in one.shown
    assert not (home / "expanded").exists(), "a name was expanded"
    assert not (home / "state").exists(), "a journal was made"
