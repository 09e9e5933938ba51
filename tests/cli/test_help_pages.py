"""`dfctl help` and --help: what its pages say. test_help.py has the pages as a whole."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dfctl.cli.app import program
from tests.documents import schema
from tests.shell import Shell

SOURCE = Path(__file__).parents[2] / "src" / "dfctl"
LISTS = (
    "dfctl --help lists the commands; the topics are exit-codes, json, json-schema and environment"
)


def commands(command: Any = None, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each command and group, with the words that name it."""
    command = command or program()
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{path} {name}".strip())


COMMANDS = dict(commands())


@pytest.mark.parametrize(
    "path", [path for path in COMMANDS if not hasattr(COMMANDS[path], "commands")]
)
def test_the_example_of_a_command_stands_on_one_line(shell: Shell, path: str) -> None:
    examples = [
        line.strip()
        for line in (COMMANDS[path].help or "").splitlines()
        if line.strip().startswith("Example: ")
    ]
    shown = [line.strip() for line in shell(f"help {path}").stdout.splitlines()]

    assert examples
    assert set(examples) <= set(shown)


def test_the_page_on_json_names_every_member_and_event(shell: Shell) -> None:
    page = shell("help json").stdout
    defined = schema()["$defs"]
    events = [one["$ref"].rpartition("/")[2] for one in defined["event"]["oneOf"]]

    for name in (*defined["run_members"]["properties"], *events):
        assert re.search(rf"^  {name} ", page, re.MULTILINE), name
    for name in events:
        for own in defined[name]["properties"]:
            assert re.search(rf"\b{own}\b", page), own


def test_the_schema_is_printed_as_it_is_shipped(shell: Shell) -> None:
    ended = shell("help json-schema")

    assert ended.stdout == (SOURCE / "output" / "dfctl.schema.json").read_text(encoding="utf-8")
    assert json.loads(ended.stdout) == schema()


def test_the_page_on_the_environment_names_every_variable_of_the_code(shell: Shell) -> None:
    page = shell("help environment").stdout
    known = set(re.findall(r"^  (DFCTL_[A-Z_]+)", page, re.MULTILINE))
    used = set()
    for path in SOURCE.rglob("*.py"):
        used |= set(re.findall(r"\bDFCTL_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")))

    # Keys of profiles, in examples.
    assert used - known <= {"DFCTL_KEY_MY_SALES", "DFCTL_KEY_SALES"}
    assert "DFCTL_KEY_" in known


def test_the_page_on_the_environment_has_each_setting_with_its_help(shell: Shell) -> None:
    page = shell("help environment").stdout

    assert (
        """
Limits for all profiles; a duration is such as 90s, 2h30m or none:

  DFCTL_START_TIMEOUT            how long the service may take to answer a start
  DFCTL_TIMEOUT                  how long to follow a run
"""
        in page
    )
    assert (
        """
The settings that Dataform Web adds to it:

  DFCTL_PROJECT                  the id of the project, as in the app's address
"""
        in page
    )


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("exitcodes", "there is no help on 'exitcodes'", "did you mean dfctl help exit-codes?"),
        ("env", "there is no help on 'env'", "did you mean dfctl help environment?"),
        ("jsonl", "there is no help on 'jsonl'", "did you mean dfctl help json?"),
        ("strat", "dfctl has no command 'strat'", "did you mean dfctl help start?"),
        (
            "trigger",
            "dfctl has no command 'trigger'",
            "did you mean dfctl help run or dfctl help start?",
        ),
        ("runs lst", "dfctl runs has no command 'lst'", "did you mean dfctl help runs list?"),
        ("config", "config is a page of the manual", "dfctl man config"),
        ("run sales", "dfctl run has no commands of its own", "dfctl run --help"),
        ("nosuch", "there is no help on 'nosuch'", LISTS),
        ("profiles nosuch", "dfctl profiles has no command 'nosuch'", "dfctl profiles --help"),
    ],
)
def test_a_page_that_does_not_exist(shell: Shell, words: str, message: str, hint: str) -> None:
    assert shell(f"help {words}").result == (2, "", f"error: {message}\nhint: {hint}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a Windows pipe fails otherwise")
@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["help", "json"]])
def test_help_that_nobody_reads_exits_141_in_silence(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "dfctl", *words],
        env={**os.environ, "PYTHONPATH": str(SOURCE.parent)},
        stdout=writing,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
