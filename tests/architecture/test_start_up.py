"""What starting up may load. Imports are what a user waits for, so the heavy ones come late."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

HEAVY = {
    "asyncio",
    "click",
    "httpx",
    "importlib.metadata",
    "platformdirs",
    "pydantic",
    "rich",
    "sqlite3",
    "ssl",
}

# Imports the modules that are named as arguments, one after the other, and prints which of them
# loaded what. What the bare interpreter has loaded is not counted.
REPORT = """
import sys

loaded = {}
known = set(sys.modules)
for name in sys.argv[1:]:
    __import__(name)
    loaded[name] = sorted(set(sys.modules) - known)
    known = set(sys.modules)

import json

print(json.dumps(loaded))
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter on the code beside these tests; fail if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        encoding="utf-8",
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert done.returncode == 0, "\n".join(said)
    return done


def loaded_by(*modules: str) -> dict[str, list[str]]:
    report: dict[str, list[str]] = json.loads(python("-c", REPORT, *modules).stdout)
    return report


def heavy_ones(modules: list[str]) -> list[str]:
    return [name for name in modules if name in HEAVY]


def modules_of(room: str) -> list[str]:
    """Each module of a room by its dotted name."""
    paths = sorted((SOURCE / "dfctl" / room).rglob("*.py"))
    names = [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


def timed_imports(*arguments: str) -> set[str]:
    """The modules that an interpreter loads, as `-X importtime` lists them on stderr."""
    lines = python("-X", "importtime", *arguments).stderr.splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def test_the_guard_sees_what_a_module_loads() -> None:
    loaded = loaded_by("json", "sqlite3")

    assert heavy_ones(loaded["json"]) == []
    assert heavy_ones(loaded["sqlite3"]) == ["sqlite3"]
    assert "sqlite3" in timed_imports("-c", "import sqlite3")


def test_core_cli_and_main_load_nothing_heavy() -> None:
    core, cli = modules_of("core"), modules_of("cli")
    assert core
    assert cli

    loaded = loaded_by(*core, "dfctl.entrance", "dfctl.main", *cli)

    assert {name: heavy for name in loaded if (heavy := heavy_ones(loaded[name]))} == {}


def test_core_loads_no_typer() -> None:
    loaded = loaded_by(*modules_of("core"))

    assert [name for name in loaded if "typer" in loaded[name]] == []


def test_the_version_is_answered_before_typer_is_loaded() -> None:
    loaded = timed_imports("-m", "dfctl", "--version")

    assert "dfctl" in loaded
    assert loaded & {*HEAVY, "typer", "dfctl.cli"} == set()


def test_a_press_of_tab_loads_neither_typer_nor_what_it_does_not_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFCTL_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("DFCTL_STATE_DIR", str(tmp_path / "state"))

    for kind in ("profiles", "runs"):
        loaded = timed_imports("-m", "dfctl", "__complete", kind, "dfctl", "run")

        assert "dfctl.store.offers" in loaded
        assert loaded & {*HEAVY, "typer", "dfctl.cli.app", "dfctl.manual.commands"} == set()
