"""The pages of help, whole, as a terminal of 80 columns shows them: of each command and topic.

`DFCTL_UPDATE_GOLDEN=1 pytest tests/cli/test_help.py` writes the pages anew; look at the difference
before it is committed.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dfctl import __version__
from dfctl.cli.app import program
from tests.shell import Shell

GOLDEN = Path(__file__).parent / "golden"
# Read before the tests take the variables of the machine away.
IS_UPDATING = bool(os.environ.get("DFCTL_UPDATE_GOLDEN"))

# The page on json-schema is no text: it is the schema that is shipped.
TOPICS = ("exit-codes", "json", "environment")


def commands_below(group: Any, path: str = "") -> Iterator[str]:
    """Return the words that name each command and group of dfctl."""
    for name, command in getattr(group, "commands", {}).items():
        yield f"{path}{name}"
        yield from commands_below(command, f"{path}{name} ")


COMMANDS = tuple(commands_below(program()))
PAGES = {
    "dfctl": "",
    "dfctl-help": "--help",
    **{topic: f"help {topic}" for topic in TOPICS},
    **{command.replace(" ", "-"): f"{command} --help" for command in COMMANDS},
}


def page_of(shell: Shell, line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the page that a command line prints; Typer writes its own to the process's stdout."""
    ended = shell(line)
    captured = capsys.readouterr()
    assert (ended.exit_code, ended.stderr, captured.err) == (0, "", "")
    return ended.stdout + captured.out


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_help_reads_as_it_was_last_agreed(
    shell: Shell, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    page = page_of(shell, PAGES[name], capsys)

    file = GOLDEN / f"{name}.txt"
    if IS_UPDATING:
        file.write_text(page, encoding="utf-8")
    assert page == file.read_text(encoding="utf-8")


def test_no_page_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_help_is_plain_and_fits_into_80_columns(name: str) -> None:
    page = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")

    assert page.isascii()
    assert "\x1b" not in page
    assert [line for line in page.splitlines() if len(line) > 80] == []
    assert [line for line in page.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_sentence_of_help_is_cut_off(name: str) -> None:
    page = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")

    cut = [line for line in page.splitlines() if line.endswith("...")]
    assert [line for line in cut if not line.startswith("Usage: ")] == []


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_command_help_shows_the_page_of_a_command(
    shell: Shell, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    asked = page_of(shell, f"help {command}", capsys)

    assert asked == page_of(shell, f"{command} --help", capsys)
    assert page_of(shell, f"{command} -h", capsys) == asked


def test_help_needs_no_configuration(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.config.write_text("[[[", encoding="utf-8")

    assert page_of(shell, "help exit-codes", capsys).lstrip().startswith("code  name")
    assert page_of(shell, "", capsys).startswith("Start a data flow")
    assert page_of(shell, "run --help", capsys).startswith("Usage: dfctl run")


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_told(shell: Shell, capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert page_of(shell, option, capsys) == f"dfctl {__version__}\n"
