"""What `dfctl __complete` answers: names for the scripts, and whole lines for PowerShell's.

There need be no PowerShell: its script hands the line over, and offers what it is told.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dfctl.cli.app import program
from dfctl.cli.description import described
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.manual.answers import answers
from dfctl.manual.shells import Shell as ShellKind
from dfctl.store.recorder import journal_to_write
from dfctl.store.turns import BUSY_SECONDS
from tests.completions.conftest import CONFIG
from tests.completions.keyboard import SCRIPTS
from tests.shell import Shell

PROGRAM = described(program())


@pytest.fixture
def state(shell: Shell) -> Path:
    """The state folder, which is not there yet; there are profiles."""
    shell.configure(CONFIG)
    folder = shell.folder / "state"
    shell.variables["DFCTL_STATE_DIR"] = str(folder)
    return folder


@pytest.fixture
def journal(state: Path) -> Path:
    """A journal with a run that has ended, an open one, and an unconfirmed start."""
    path = state / "journal.db"
    journal = journal_to_write(path, lambda: datetime(2026, 3, 1, tzinfo=UTC))
    sales = Run(profile="sales", backend="invision", flow="updatesales")
    for locator, its_state in (("f/1", State.SUCCEEDED), ("f/2", State.RUNNING)):
        run = Run(profile="sales", backend="invision", locator=locator, state=its_state)
        journal.confirm(journal.intend(sales, open_for=None), run)
    journal.intend(sales, open_for=None)
    journal.close()
    return path


def offered(shell: Shell, line: str) -> dict[str, str]:
    """The words that are offered, each with what it means."""
    ended = shell(f"__complete {line}")
    assert (ended.exit_code, ended.stderr) == (0, "")
    return dict(row.split("\t") for row in ended.stdout.splitlines())


def test_the_profiles_are_those_that_can_be_typed(shell: Shell, state: Path) -> None:
    assert offered(shell, "profiles dfctl run") == {
        "sales": "invision",
        "my-sales.eu": "like sales",
    }
    assert not state.exists()


def test_a_profile_is_offered_once_on_a_line(shell: Shell, state: Path) -> None:
    assert list(offered(shell, "profiles dfctl run sales -q")) == ["my-sales.eu"]


def test_the_profile_of_variables_is_offered_where_it_exists(shell: Shell, state: Path) -> None:
    shell.variables["DFCTL_BACKEND"] = "invision"

    assert "env" in offered(shell, "profiles dfctl run")


@pytest.mark.parametrize("option", ["--config {}", "--config={}"])
def test_the_profiles_are_those_of_the_configuration_on_the_line(
    shell: Shell, state: Path, option: str
) -> None:
    other = shell.folder / "other.toml"
    other.write_text("[profiles.other]\n", encoding="utf-8")

    assert list(offered(shell, f"profiles dfctl run {option.format(other)}")) == ["other"]


@pytest.mark.parametrize(
    "text", ["[[[", "profiles = 3", "default = 3", "[profiles]\nsales = 3", "[profiles.'a b']", ""]
)
def test_a_configuration_that_is_wrong_is_none_to_complain_of(
    shell: Shell, state: Path, text: str
) -> None:
    shell.config.write_text(text, encoding="utf-8")

    assert set(offered(shell, "profiles dfctl run")) <= {"sales"}


def test_a_configuration_that_is_missing_or_a_folder_offers_nothing(
    shell: Shell, state: Path
) -> None:
    for named in ("nosuch.toml", str(shell.folder), "~nosuch/config.toml"):
        assert offered(shell, f"profiles dfctl run --config {named}") == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_configuration_that_is_a_pipe_is_not_waited_for(shell: Shell, state: Path) -> None:
    pipe = shell.folder / "pipe"
    subprocess.run(["mkfifo", str(pipe)], check=True)

    done = subprocess.run(
        [sys.executable, "-m", "dfctl", "__complete", "profiles", f"--config={pipe}"],
        env={**os.environ, **shell.variables, "PYTHONPATH": str(SCRIPTS.parent / "src")},
        capture_output=True,
        timeout=30,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_open_runs_are_offered_with_their_states(shell: Shell, journal: Path) -> None:
    assert offered(shell, "runs dfctl wait") == {
        "@last": "the newest start of all",
        "sales/f/2": "running",
        "sales": "its newest start",
        "my-sales.eu": "its newest start",
    }


def test_unconfirmed_starts_are_offered_to_the_commands_on_the_journal(
    shell: Shell, journal: Path
) -> None:
    found = offered(shell, "runs dfctl runs resolve")

    assert found["sales/start-0003"] == "unconfirmed"
    assert "sales/start-0003" not in offered(shell, "runs dfctl status")


def test_no_journal_is_made(shell: Shell, state: Path) -> None:
    assert "@last" in offered(shell, "runs dfctl wait")
    assert not state.exists()


def test_a_journal_that_is_locked_is_not_waited_for(shell: Shell, journal: Path) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")

        began = time.monotonic()
        found = offered(shell, "runs dfctl wait")

    assert time.monotonic() - began < BUSY_SECONDS / 2
    assert list(found) == ["@last", "sales", "my-sales.eu"]


def test_a_journal_that_is_damaged_is_none_to_complain_of(shell: Shell, journal: Path) -> None:
    journal.write_bytes(b"no journal at all" * 500)

    assert list(offered(shell, "runs dfctl wait")) == ["@last", "sales", "my-sales.eu"]


def test_a_journal_is_left_as_it_was(shell: Shell, journal: Path) -> None:
    before = journal.read_bytes()

    offered(shell, "runs dfctl wait")

    assert journal.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("current=sta dfctl", ["start", "status"]),
        ("current=--o dfctl run", ["--overlap", "--on-done", "--output"]),
        ("current=js dfctl run -o", ["json", "jsonl"]),
        ("current=--output=t dfctl run", ["--output=text"]),
        ("current= dfctl keys", ["set", "list", "check", "remove"]),
        ("current=s dfctl run", ["sales"]),
        ("current=my dfctl keys check", ["my-sales.eu"]),
        ("current=my dfctl keys check sales", []),
        ("current=sa dfctl run --", ["sales"]),
        ("current=-- dfctl run --", []),
        ("current=@ dfctl wait", ["@last"]),
        ("current=5 dfctl run --timeout", []),
        ("current=e dfctl help", ["exit-codes", "environment"]),
        ("current=ch dfctl help keys", ["check"]),
        ("current=c dfctl man", ["completion", "config"]),
        ("current=--timeout=5 dfctl run", []),
        ("current=--nosuch=5 dfctl run", []),
        ("current=x", []),
    ],
)
def test_a_line_is_continued(shell: Shell, state: Path, line: str, words: list[str]) -> None:
    assert list(offered(shell, f"line {line}")) == words


def test_words_have_their_meaning_beside_them(shell: Shell, state: Path) -> None:
    assert offered(shell, "line current=stat dfctl") == {
        "status": "Look at runs once and exit with their outcome."
    }
    assert offered(shell, "line current=--out dfctl run") == {"--output": "The form of the result"}


@pytest.mark.parametrize("words", ["", "nosuch", "line", "line current=", "profiles"])
def test_whatever_is_asked_nothing_is_said_but_words(shell: Shell, state: Path, words: str) -> None:
    offered(shell, words)


WORDS = st.sampled_from(
    [
        *(
            "run",
            "wait",
            "keys",
            "set",
            "help",
            "man",
            "runs",
            "show",
            "resolve",
            "nosuch",
            "sales",
        ),
        *("--", "-", "-o", "--output", "--output=json", "--config", "-q", "--as", "json", "-x"),
    ]
)
CURRENT = st.sampled_from(["", "-", "--", "--o", "--output=", "--output=j", "s", "c", "my", "j"])


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash (Debian: apt install bash)")
@settings(max_examples=8, phases=[Phase.generate])
@given(st.lists(st.tuples(st.lists(WORDS, max_size=4), CURRENT), min_size=20, max_size=20))
def test_the_script_of_bash_finds_the_same_words(
    lines: Sequence[tuple[Sequence[str], str]],
) -> None:
    asked = "".join(f"{' '.join(['dfctl', *words, current])}\n" for words, current in lines)

    done = subprocess.run(
        ["bash", "-c", ASKING, "bash", str(SCRIPTS / "dfctl.bash")],
        input=asked,
        capture_output=True,
        encoding="utf-8",
    )

    assert done.stderr == ""
    found = [sorted(json.loads(line)) for line in done.stdout.splitlines()]
    assert found == [by_python(words, current) for words, current in lines]


# Asks the script about each line of stdin as bash does, with words broken at blanks and at =.
ASKING = r"""
set -eu
source "$1"
dfctl() { exit 1; }
while IFS= read -r COMP_LINE; do
    COMP_POINT=${#COMP_LINE}
    COMP_WORDS=()
    for word in $COMP_LINE; do
        if [[ $word == *=* ]]; then
            COMP_WORDS+=("${word%%=*}" "=")
            [[ ${word#*=} ]] && COMP_WORDS+=("${word#*=}")
        else
            COMP_WORDS+=("$word")
        fi
    done
    [[ $COMP_LINE == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    source=
    PATH= _dfctl
    printf '['
    separator=
    for word in ${COMPREPLY[@]+"${COMPREPLY[@]}"}; do
        printf '%s"%s"' "$separator" "$word"
        separator=,
    done
    echo ']'
done
"""


def by_python(words: Sequence[str], current: str) -> list[str]:
    """The words that answer a line, as bash has them: what stands behind a = of the same word."""
    found = answers(PROGRAM, words, current, lambda source: [])
    return sorted(word.partition("=")[2] if "=" in current else word for word, _ in found)


@pytest.mark.parametrize("shell_name", list(ShellKind))
def test_the_script_is_printed_as_it_is_installed(shell: Shell, shell_name: ShellKind) -> None:
    files = {"bash": "dfctl.bash", "zsh": "_dfctl", "fish": "dfctl.fish", "powershell": "dfctl.ps1"}

    ended = shell(f"completion {shell_name}")

    script = (SCRIPTS / files[shell_name]).read_text(encoding="utf-8")
    assert ended.result == (0, script, "")
    assert script.isascii()


def test_the_script_of_powershell_hands_over_the_line() -> None:
    script = (SCRIPTS / "dfctl.ps1").read_text(encoding="utf-8")

    assert "Register-ArgumentCompleter -Native -CommandName dfctl" in script
    assert '__complete line "current=$current" @words' in script
    assert script.count("{") == script.count("}")
    assert script.count("(") == script.count(")")


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (
            "tcsh",
            "SHELL: 'tcsh' is not one of bash, zsh, fish and powershell",
            "dfctl completion --help",
        ),
        ("", "SHELL is missing", "dfctl completion --help"),
    ],
)
def test_another_shell_is_not_known(shell: Shell, words: str, message: str, hint: str) -> None:
    assert shell(f"completion {words}").result == (2, "", f"error: {message}\nhint: {hint}\n")


def test_the_options_of_typer_for_completion_are_not_there(shell: Shell) -> None:
    assert shell("--show-completion").exit_code == 2
    assert shell("--install-completion").exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="a Windows pipe fails otherwise")
def test_an_answer_that_nobody_reads_is_no_error(state: Path, shell: Shell) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "dfctl", "__complete", "profiles"],
        env={**os.environ, **shell.variables, "PYTHONPATH": str(SCRIPTS.parent / "src")},
        stdout=writing,
        stderr=subprocess.PIPE,
    )

    os.close(writing)
    assert done.stderr == b""
