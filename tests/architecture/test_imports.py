"""Who may import whom. The rooms and their directions are described in CONTRIBUTING.md."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "dfctl"

# Each room, and the other rooms it may import. `__init__` holds the version and nothing else.
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "core": set(),
    "process": {"core"},
    "sandbox": set(),
    "backends": {"core"},
    "output": {"process", "core", "__init__"},
    "client": {"backends", "process", "core", "__init__"},
    "store": {"backends", "programs", "process", "core", "__init__"},
    "programs": {"process", "core"},
    "manual": {"core"},
    "composition": {
        "output", "store", "programs", "client", "backends", "process", "core", "sandbox",
        "__init__",
    },
    "cli": {
        "output", "store", "programs", "client", "backends", "process", "core", "sandbox",
        "manual", "composition", "__init__",
    },
    "main": {"cli", "composition", "process", "core"},
    "entrance": {"main", "process", "__init__"},
    "dfcmdutil": {
        "entrance", "main", "composition", "output", "store", "client", "core", "__init__",
    },
    "__main__": {"entrance", "process"},
}  # fmt: skip

# Packages, and modules of the standard library, that belong to certain rooms.
# A package that is not named here belongs to nobody.
OWNERS: dict[str, set[str]] = {
    "httpx": {"client"},
    "httpcore": {"client"},
    "h11": {"client"},
    "truststore": {"client"},
    "rich": {"output"},
    "keyring": {"store"},
    "platformdirs": {"store"},
    "tomli_w": {"store"},
    "tomllib": {"store"},
    "sqlite3": {"store"},
    "typer": {"cli", "main"},
    "typer._click": set(),
}

# Exceptions, each a module and a name it may import all the same.
ALLOWED: set[tuple[str, str]] = set()

# A room that is pure does no I/O and reads no clock: time and randomness are arguments.
PURE = {"core", "backends", "manual"}
IMPURE_MODULES = {
    "asyncio", "http.client", "http.server", "multiprocessing", "os", "pathlib", "random",
    "secrets", "select", "selectors", "shutil", "signal", "socket", "ssl", "subprocess",
    "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
IMPURE_CALLS = {
    "open",
    "print",
    "input",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
}


def is_within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def room_of(name: str) -> str:
    """The room of a name below dfctl; what is defined in `dfctl/__init__.py` is in `__init__`."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else "__init__"


def bindings(tree: ast.AST) -> dict[str, str]:
    """What the imported names of a file stand for: `{"dt": "datetime.datetime"}`."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Each call with the full name of what is called, as far as the file tells it."""
    bound = bindings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            root, *attributes = ast.unparse(node.func).split(".")
            yield node, ".".join([bound.get(root, root), *attributes])


def imports(module: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and full name of each import: in functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"
    for call, name in calls(tree):
        if name in {"importlib.import_module", "__import__"} and call.args:
            argument = call.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield call.lineno, argument.value


def objection(module: str, room: str, name: str) -> str | None:
    """Why this module may not import this name, or None if it may."""
    if (module, name) in ALLOWED:
        return None
    if is_within(name, "dfctl"):
        if room_of(name) in {room, *MAY_IMPORT[room]}:
            return None
        return f"{room} may not import {room_of(name)}"
    for owned in sorted(OWNERS, key=len, reverse=True):
        if is_within(name, owned):
            if room in OWNERS[owned]:
                return None
            owners = " and ".join(sorted(OWNERS[owned])) or "nobody"
            return f"only {owners} may import {owned}"
    top_level = name.partition(".")[0]
    if top_level not in sys.stdlib_module_names:
        return f"nobody may import {top_level}"
    if room in PURE and any(is_within(name, impure) for impure in IMPURE_MODULES):
        return f"{room} is pure"
    return None


def violations(module: str, source: str) -> list[str]:
    """What is wrong with a module's imports.

    `module` is its dotted name; that of a package ends in `.__init__`.
    """
    room = module.split(".")[1]
    if room not in MAY_IMPORT:
        return [f"{module}: there is no room {room}"]
    tree = ast.parse(source)
    found = [
        f"{module}:{line}: {name}: {reason}"
        for line, name in imports(module, tree)
        if (reason := objection(module, room, name))
    ]
    if room in PURE:
        found += [
            f"{module}:{call.lineno}: {name}(): {room} is pure"
            for call, name in calls(tree)
            if name in IMPURE_CALLS
        ]
    return found


def test_every_module_keeps_to_its_room() -> None:
    paths = sorted(PACKAGE.rglob("*.py"))
    assert paths, f"nothing to check in {PACKAGE}"

    found = []
    for path in paths:
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        found += violations(module, path.read_text(encoding="utf-8"))

    assert found == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        # directions
        ("dfctl.core.watch", "import dfctl.client"),
        ("dfctl.core.watch", "from dfctl import store"),
        ("dfctl.core.watch", "from dfctl import __version__"),
        ("dfctl.core.watch", "from ..backends import invision"),
        ("dfctl.core.__init__", "from ..store import config"),
        ("dfctl.backends.invision", "from dfctl.client.sender import send"),
        ("dfctl.client.sender", "from dfctl.store import config"),
        ("dfctl.store.config", "from dfctl.output import plain"),
        ("dfctl.output.plain", "import dfctl.backends.invision"),
        ("dfctl.programs.program", "from dfctl.store import keys"),
        ("dfctl.process.signals", "from dfctl.client import driver"),
        ("dfctl.sandbox.server", "from dfctl.core.states import State"),
        ("dfctl.cli.start", "from dfctl.main import entry"),
        ("dfctl.composition", "from dfctl.cli import start"),
        ("dfctl.manual.pages", "from dfctl.store import config"),
        ("dfctl.output.plain", "from dfctl.manual import page"),
        ("dfctl.main", "from dfctl.client import sender"),
        ("dfctl.__main__", "from dfctl.cli import start"),
        ("dfctl.__init__", "from dfctl.core import states"),
        # wherever the import stands
        ("dfctl.core.watch", "def look():\n    import dfctl.client"),
        ("dfctl.core.watch", "if TYPE_CHECKING:\n    from dfctl.client import sender"),
        ("dfctl.core.watch", "import importlib\nimportlib.import_module('dfctl.client')"),
        (
            "dfctl.core.watch",
            "from importlib import import_module as load\nload('dfctl.client')",
        ),
        ("dfctl.core.watch", "__import__('dfctl.client')"),
        # packages and their rooms
        ("dfctl.cli.start", "import httpx"),
        ("dfctl.cli.start", "def start():\n    from rich.table import Table"),
        ("dfctl.cli.start", "import sqlite3"),
        ("dfctl.cli.start", "import platformdirs"),
        ("dfctl.output.live", "import httpx"),
        ("dfctl.store.keys", "import truststore"),
        ("dfctl.client.sender", "from rich import print"),
        ("dfctl.client.sender", "import tomllib"),
        ("dfctl.core.states", "import typer"),
        ("dfctl.core.states", "import pydantic"),
        ("dfctl.main", "import click"),
        ("dfctl.main", "import typer._click"),
        ("dfctl.main", "from typer import _click"),
        ("dfctl.main", "from typer._click.exceptions import UsageError"),
        # purity
        ("dfctl.core.watch", "import time"),
        ("dfctl.manual.pages", "import subprocess"),
        ("dfctl.core.watch", "from time import monotonic"),
        ("dfctl.core.watch", "import os.path"),
        ("dfctl.core.watch", "import socket"),
        ("dfctl.core.watch", "from pathlib import Path"),
        ("dfctl.core.watch", "import subprocess"),
        ("dfctl.core.watch", "import threading"),
        ("dfctl.core.watch", "import random"),
        ("dfctl.core.watch", "from datetime import datetime\ndatetime.now()"),
        ("dfctl.core.watch", "from datetime import datetime as dt, UTC\ndt.now(UTC)"),
        ("dfctl.core.watch", "import datetime\ndatetime.datetime.utcnow()"),
        ("dfctl.core.watch", "from datetime import date\ndate.today()"),
        ("dfctl.core.watch", "open('notes')"),
        ("dfctl.backends.invision", "import urllib.request"),
        # rooms that do not exist
        ("dfctl.utils", ""),
        ("dfctl.common.text", ""),
    ],
)
def test_the_checker_objects_to(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("dfctl.__init__", "__version__ = '1.0'"),
        ("dfctl.__main__", "from dfctl.entrance import entry"),
        ("dfctl.core.watch", "from dfctl.core.states import State"),
        ("dfctl.core.watch", "from .states import State"),
        ("dfctl.core.__init__", "from . import states"),
        ("dfctl.core.watch", "from datetime import datetime\ndatetime.fromisoformat(text)"),
        ("dfctl.core.watch", "import heapq"),
        ("dfctl.core.watch", "def now(clock):\n    return clock.now()"),
        ("dfctl.backends.invision", "from urllib.parse import quote"),
        ("dfctl.backends.invision", "from dfctl.core.exchange import Request"),
        ("dfctl.client.sender", "import httpx, httpcore, truststore, h11, time"),
        ("dfctl.client.sender", "from dfctl import __version__"),
        ("dfctl.store.config", "import sqlite3, tomllib, tomli_w, platformdirs, os"),
        ("dfctl.store.config", "from dfctl.backends import invision"),
        ("dfctl.output.live", "from rich.live import Live"),
        ("dfctl.sandbox.server", "import http.server"),
        ("dfctl.cli.start", "def start():\n    from dfctl.sandbox import server"),
        ("dfctl.composition", "from dfctl.client import sender"),
        ("dfctl.main", "import typer\nfrom dfctl.composition import Composition"),
    ],
)
def test_the_checker_has_nothing_against(module: str, source: str) -> None:
    assert violations(module, source) == []


def test_the_checker_names_the_module_the_line_and_the_reason() -> None:
    source = "import json\n\nfrom dfctl.client import sender\n"

    assert violations("dfctl.core.watch", source) == [
        "dfctl.core.watch:3: dfctl.client.sender: core may not import client"
    ]
