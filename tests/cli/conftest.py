"""The services that commands talk to, each with a profile in the shell's configuration."""

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.services import DataformWeb, InVision, Service
from tests.shell import Shell


@pytest.fixture
def invision(shell: Shell, httpserver: HTTPServer) -> InVision:
    """Return InVision; the profile `sales` leads to it."""
    service = InVision(httpserver)
    shell.configure_invision(service.address)
    return service


@pytest.fixture
def dataform(shell: Shell, httpserver: HTTPServer) -> DataformWeb:
    """Return Dataform Web; the profile `nightly` leads to it."""
    service = DataformWeb(httpserver)
    shell.configure_dataform(service.address)
    return service


@pytest.fixture(params=["invision", "dataform"])
def service(request: pytest.FixtureRequest) -> Service:
    """Return each of the services in turn."""
    played: Service = request.getfixturevalue(request.param)
    return played
