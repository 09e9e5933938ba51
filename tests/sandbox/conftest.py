from collections.abc import Iterator

import pytest

from dfctl.sandbox.server import Sandbox
from tests.sandbox.caller import Caller, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def sandbox(clock: Clock, log: list[str]) -> Iterator[Sandbox]:
    """A served sandbox whose ordinary runs take 10 s of the test's clock."""
    sandbox = Sandbox(seconds=10.0, clock=clock, wait=clock.wait, log=log.append)
    with sandbox.serving():
        yield sandbox


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)
