"""A journal of its own for every test, and a service that is told how to answer."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from dfctl.core.runs import Run
from dfctl.store.recorder import journal_to_write
from dfctl.store.writable_journal import WritableJournal
from tests.journal.service import Service
from tests.shell import CANARY, Shell

SALES = Run(profile="sales", backend="invision", flow="updatesales")
STOCK = Run(profile="stock", backend="invision", flow="count")


@pytest.fixture
def state(shell: Shell, tmp_path: Path) -> Path:
    """Return the state folder of the shell's commands; it is not there yet."""
    folder = tmp_path / "state"
    shell.variables["DFCTL_STATE_DIR"] = str(folder)
    return folder


@pytest.fixture
def service(httpserver: HTTPServer, shell: Shell, state: Path) -> Iterator[Service]:
    """Return the service of the profiles `sales`, `stock` and `staff`; each has its own flow."""
    service = Service(httpserver)
    configure(shell, service.address, "sales", "stock", "staff")
    yield service
    httpserver.check()


def configure(shell: Shell, address: str, *profiles: str, **settings: str) -> None:
    """Configure profiles whose flows have their own names."""
    rows = {"backend": "invision", "address": address, "key": CANARY, **settings}
    common = "".join(f"{name} = {json.dumps(value)}\n" for name, value in rows.items())
    shell.configure("\n".join(f'[profiles.{name}]\nflow = "{name}"\n{common}' for name in profiles))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def leap(self, **span: float) -> datetime:
        """Move the clock; return what it says then."""
        self.time += timedelta(**span)
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[WritableJournal]:
    """Return a journal that is empty and open."""
    journal = journal_to_write(tmp_path / "state" / "journal.db", clock.now)
    yield journal
    journal.close()
