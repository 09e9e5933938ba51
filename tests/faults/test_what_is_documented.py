"""docs/reliability.md: what it names exists, and its numbers are those of the simulation.

Of every page: no section stands there twice.
"""

import ast
import re
from functools import cache
from pathlib import Path

from bench.polling import Means, simulate_all, table
from dfctl.core.exits import ExitCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
GROUPS = [
    "Start",
    "Following",
    "Process",
    "Account and machine",
    "TLS and proxies",
    "Secrets",
    "Journal",
    "Output and CI",
    "Programs beside dfctl",
]
# How many cells a row has: what happens, what dfctl does, exit codes, tests.
WIDTH = 4


def rows() -> dict[str, list[list[str]]]:
    """Return the rows of each group's table."""
    found: dict[str, list[list[str]]] = {}
    group = None
    for line in PAGE.splitlines():
        if line.startswith("#"):
            group = line.removeprefix("### ") if line.startswith("### ") else None
        elif group and line.startswith("| "):
            found.setdefault(group, []).append([cell.strip() for cell in line[1:-1].split("|")])
    return {group: cells[1:] for group, cells in found.items()}


@cache
def names_in(path: Path) -> set[str]:
    """Return the names of a file's tests; one of a class has its class before it."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{one.name}" for one in node.body if _is_test(one)}  # type: ignore[attr-defined]
        elif _is_test(node):
            names.add(node.name)  # type: ignore[attr-defined]
    return names


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def test_no_page_has_a_section_twice() -> None:
    # As two changes to the same page leave it when they are merged.
    for page in [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        text = page.read_text(encoding="utf-8")
        sections = re.findall("^##+ .*$", text, re.MULTILINE)
        assert sections, page
        assert len(sections) == len(set(sections)), page


def test_each_group_has_its_table() -> None:
    assert list(rows()) == GROUPS
    assert {len(row) for group in rows().values() for row in group} == {WIDTH}


def test_each_exit_code_that_is_named_exists() -> None:
    known = {str(code.value) for code in ExitCode}
    for group in rows().values():
        for what, _, codes, _ in group:
            assert codes == "none" or set(codes.split()) <= known, what


def test_each_test_that_is_named_exists() -> None:
    for group in rows().values():
        for what, _, _, named in group:
            tests = re.findall(r"`([^`:]+)::([^`]+)`", named)
            assert len(tests) == named.count("::test_") > 0, what
            for file, test in tests:
                assert test in names_in(ROOT / "tests" / file), f"{what}: {file}::{test}"


def test_the_table_of_polling_is_what_the_simulation_prints() -> None:
    means = simulate_all()
    assert table(means) in PAGE
    assert_goals(means["dfctl"], means["gh, every 3 s"])


def assert_goals(ours: list[Means], theirs: list[Means]) -> None:
    """Fail unless an end is noticed soon enough, with few enough requests."""
    for means in ours:
        assert means.lag <= 7.5
        # A run that is shorter than a few looks is noticed within half the shortest pause.
        assert means.share <= 0.08 or means.lag <= 0.3
    [(few, many)] = [
        (one.requests, other.requests)
        for one, other in zip(ours, theirs, strict=True)
        if one.length == 7200.0
    ]
    assert few <= many / 4
