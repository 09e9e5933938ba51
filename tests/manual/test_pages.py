"""The pages that people wrote: README.md, CONTRIBUTING.md, CHANGELOG.md and docs/."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfctl.cli.app import program
from dfctl.cli.description import described
from dfctl.cli.help_pages import environment_page
from tools.write_docs import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCED = re.compile(r"^(```+).*?^\1$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?\)")
CODE = re.compile(r"`([^`\n]+)`")
VARIABLE = re.compile(r"DFCTL_[A-Z_]+")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def headings(page: Path) -> list[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    words = (re.sub(r"[^\w\- ]", "", heading).lower() for heading in HEADING.findall(text))
    return [heading.replace(" ", "-") for heading in words]


def broken_links(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead to no file, or to no heading of one."""
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = Path(os.path.normpath(page.parent / path)) if path else page
        if not target.exists() or (anchor and anchor not in headings(target)):
            yield link


@each_page
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert list(broken_links(page)) == []


@each_page
def test_a_heading_stands_once_in_a_page(page: Path) -> None:
    found = headings(page)

    # The changelog has the same headings for each version.
    assert page.name == "CHANGELOG.md" or len(found) == len(set(found)), found


@each_page
def test_an_option_that_is_named_exists(page: Path) -> None:
    commands = described(program()).all()
    known = {name for one in commands for option in one.options for name in option.names}
    text = page.read_text(encoding="utf-8")
    code = [span for span in CODE.findall(text) if span.startswith(("--", "dfctl "))]
    lines = [line for line in text.splitlines() if line.lstrip("$ ").startswith("dfctl ")]

    named = {option for span in [*code, *lines] for option in OPTION.findall(span)}

    assert named - known == set()


@each_page
def test_a_variable_that_is_named_is_in_the_help(page: Path) -> None:
    known = set(VARIABLE.findall(environment_page(program())))
    # Keys have the names of profiles; the tests have variables of their own.
    others = ("DFCTL_KEY_", "DFCTL_UPDATE_GOLDEN", "DFCTL_LONG_TESTS", "DFCTL_TEST_SEED")

    named = set(VARIABLE.findall(page.read_text(encoding="utf-8")))

    assert {name for name in named - known if not name.startswith(others)} == set()
