"""The manual: how `man` sets its pages, and what `dfctl man` shows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfctl import __version__
from dfctl.cli.app import program
from dfctl.core.exits import ExitCode
from dfctl.manual.page import Block, Item, Lines, Page, Section, Text
from dfctl.manual.roff import roff
from tests.process.terminals import Terminal
from tests.shell import Shell
from tools.write_docs import ROOT, man_pages

PAGES = man_pages()
needs_mandoc = pytest.mark.skipif(
    shutil.which("mandoc") is None, reason="needs mandoc (Debian: apt install mandoc)"
)
needs_man = pytest.mark.skipif(
    shutil.which("man") is None or shutil.which("groff") is None,
    reason="needs man and groff (Debian: apt install man-db groff)",
)


def set_by_mandoc(source: str) -> str:
    done = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=500"],
        input=source,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return re.sub(".\b", "", done.stdout)


@needs_mandoc
def test_mandoc_finds_nothing_wrong_with_a_page_but_that_it_has_no_date() -> None:
    paths = [str(ROOT / name) for name in PAGES]

    found = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *paths], capture_output=True, encoding="utf-8"
    )

    lines = found.stdout.splitlines()
    assert [line for line in lines if "missing date" not in line] == []
    assert len(lines) == len(PAGES)


@needs_man
@pytest.mark.parametrize("width", ["40", "80"])
def test_man_shows_every_page_without_a_warning(width: str) -> None:
    shown = subprocess.run(
        ["man", "--warnings=all", "-l", *(str(ROOT / name) for name in PAGES)],
        env={**os.environ, "MANWIDTH": width, "MANPAGER": "cat", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
    )

    # A long name does not fit beside others into a narrow window.
    said = [line for line in shown.stderr.splitlines() if "can't break line" not in line]
    assert (shown.returncode, said if width == "40" else shown.stderr.splitlines()) == (0, [])
    long = [line for line in shown.stdout.splitlines() if len(line) > int(width)]
    # Command lines, files and names are not broken.
    is_whole = [line.startswith("           ") or len(line.split()) == 1 for line in long]
    assert [line for line, whole in zip(long, is_whole, strict=True) if not whole] == []


@needs_mandoc
@settings(max_examples=15)
@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=40)))
def test_every_text_comes_out_as_it_is(texts: list[str]) -> None:
    texts = [" ".join(text.replace("`", "'").split()) for text in texts]
    texts = [text for text in [*texts, *TRICKY] if text]
    blocks: list[Block] = [
        *(Text(text) for text in texts),
        *(Item(text, text) for text in texts),
        Lines(tuple(texts)),
    ]
    page = Page("page", 1, "1", "a page", (Section("TEXTS", tuple(blocks)),))

    shown = set_by_mandoc(roff(page)).split("TEXTS\n")[1]
    lines = [" ".join(line.split()) for line in shown.splitlines() if line.strip()][:-1]

    # A short term stands on the line of its text.
    assert (
        " ".join(lines).split()
        == " ".join([*texts, *(f"{text} {text}" for text in texts), *texts]).split()
    )


TRICKY = (".SH nothing", "'tis", r"C:\new", '"quoted"', "--option", "~/.config", "a^b", r"\fB\n")


def test_a_page_names_every_option_of_its_command(shell: Shell) -> None:
    for command in ("run", "wait", "profiles", "runs"):
        page = shell(f"man {command}").stdout
        source = PAGES[f"man/man1/dfctl-{command}.1"].replace("\\-", "-")
        for option in re.findall(r"--[a-z-]+", page):
            assert option in source


def test_the_page_of_the_program_has_every_exit_code_and_command(shell: Shell) -> None:
    page = shell("man").stdout

    for code in ExitCode:
        assert re.search(rf"^    {int(code)}$", page, re.MULTILINE), code
    for name in program().commands:
        assert f"    dfctl-{name}(1)\n" in page


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("", "dfctl"),
        ("dfctl", "dfctl"),
        ("run", "dfctl-run"),
        ("dfctl-run", "dfctl-run"),
        ("keys", "dfctl-keys"),
        ("keys set", "dfctl-keys"),
        ("config", "dfctl-config"),
    ],
)
def test_a_page_is_printed_as_text_where_no_terminal_is(
    shell: Shell, words: str, name: str
) -> None:
    ended = shell(f"man {words}")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"NAME\n    {name} - ")
    long = [line for line in ended.stdout.splitlines() if len(line) > 80]
    assert [line for line in long if not line.startswith("        ")] == []


@pytest.mark.parametrize(("words", "name"), [("", "dfctl.1"), ("config", "dfctl-config.5")])
def test_the_source_of_a_page_is_that_which_is_installed(
    shell: Shell, words: str, name: str
) -> None:
    ended = shell(f"man {words} --roff")

    assert ended.result == (0, PAGES[f"man/man{name[-1]}/{name}"], "")
    assert f'"dfctl {__version__}"' in ended.stdout


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("strat", "dfctl has no command 'strat'", "did you mean dfctl man start?"),
        ("exit-codes", "exit-codes is a page of help", "dfctl help exit-codes"),
        ("keys nosuch", "dfctl keys has no command 'nosuch'", "dfctl keys --help"),
        ("run sales", "dfctl run has no commands of its own", "dfctl man run"),
        ("config keys", "the page on config has no parts", "dfctl man config"),
    ],
)
def test_a_page_that_does_not_exist(shell: Shell, words: str, message: str, hint: str) -> None:
    assert shell(f"man {words}").result == (2, "", f"error: {message}\nhint: {hint}\n")


def at_terminal(folder: Path, man: str | None) -> str:
    """What `dfctl man run` shows on a terminal, where `man` is a program with this text."""
    if man is not None:
        program = folder / "man"
        program.write_text(f"#!/bin/sh\n{man}\n", encoding="utf-8")
        program.chmod(0o755)
    terminal = Terminal()
    subprocess.run(
        [sys.executable, "-m", "dfctl", "man", "run"],
        env={"PATH": str(folder), "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm"},
        stdin=terminal.end,
        stdout=terminal.end,
        stderr=terminal.end,
        check=True,
        timeout=60,
    )
    terminal.shows("END" if man else "dfctl(1), dfctl-config(5)\r\n")
    terminal.close()
    return terminal.shown


on_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")


@on_posix
def test_on_a_terminal_man_is_given_the_page_in_a_file(tmp_path: Path) -> None:
    told = at_terminal(tmp_path, 'echo "$#: $1"; /bin/cat "$1"; echo END')

    assert re.match(r"1: /\S+/dfctl-run\.1\r\n", told)
    assert r'.TH DFCTL\-RUN 1 ""' in told
    assert "NAME\r\n    dfctl-run" not in told


@on_posix
@pytest.mark.parametrize("man", [None, "echo END; exit 3"])
def test_without_a_man_that_works_a_terminal_gets_text(tmp_path: Path, man: str | None) -> None:
    shown = at_terminal(tmp_path, man)

    assert "NAME\r\n    dfctl-run - start a flow" in shown
