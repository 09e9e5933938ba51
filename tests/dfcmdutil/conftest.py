from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.dfcmdutil.console import Console, Service


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


@pytest.fixture
def service(httpserver: HTTPServer) -> Iterator[Service]:
    """A service that must meet each request it expects, and no other."""
    yield Service(httpserver)
    httpserver.check()
