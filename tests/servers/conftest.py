"""What tests against servers of others are given: nginx, tinyproxy, and the service behind them."""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import trustme
from pytest_httpserver import HTTPServer

from tests.cli.services import DataformWeb, InVision
from tests.faults.timed import TimedShell
from tests.process.processes import Desk
from tests.servers.nginx import Nginx
from tests.servers.programs import Program, start_somewhere
from tests.servers.tinyproxy import Tinyproxy

MakeTinyproxy = Callable[..., Tinyproxy]
_Program = TypeVar("_Program", bound=Program)

# The names of this machine in the certificate of most sites. 0.0.0.0 leads to this machine too,
# and is, unlike the others, asked for through a proxy.
_NAMES = ("127.0.0.1", "::1", "localhost", "0.0.0.0")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificates(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the authority's certificate and those that nginx.conf names."""
    folder = tmp_path_factory.mktemp("certificates")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    today = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    middle = authority.create_child_ca()
    issued = {
        "right": authority.issue_cert(*_NAMES),
        "expired": authority.issue_cert(*_NAMES, not_before=today - 9 * day, not_after=today - day),
        "early": authority.issue_cert(*_NAMES, not_before=today + day, not_after=today + 9 * day),
        "stranger": authority.issue_cert("other.example"),
        "whole_chain": middle.issue_cert(*_NAMES),
        "client": authority.issue_cert("client@example.org"),
        "foreign": trustme.CA().issue_cert("client@example.org"),
    }
    for name, certificate in issued.items():
        chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
        (folder / f"{name}.pem").write_bytes(chain)
        (folder / f"{name}.key").write_bytes(certificate.private_key_pem.bytes())
    leaf = issued["whole_chain"].cert_chain_pems[0]
    (folder / "hosts").touch()
    (folder / "short_chain.pem").write_bytes(leaf.bytes())
    middle.cert_pem.write_to_path(str(folder / "middle.pem"))
    return folder


@pytest.fixture
def ca_file(certificates: Path) -> str:
    return str(certificates / "ca.pem")


@contextlib.contextmanager
def _running(make: Callable[[], _Program]) -> Iterator[_Program]:
    program = start_somewhere(make)
    try:
        yield program
    finally:
        program.stop()


@pytest.fixture(scope="session")
def _make_nginx(
    certificates: Path, make_httpserver: HTTPServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Nginx]:
    """Make an nginx in front of what the fixtures `invision` and `dataform` play."""
    folder = tmp_path_factory.mktemp
    return lambda: Nginx(folder("nginx"), certificates, make_httpserver.port)


@pytest.fixture(scope="session")
def _shared_nginx(_make_nginx: Callable[[], Nginx]) -> Iterator[Nginx]:
    with _running(_make_nginx) as nginx:
        yield nginx


@pytest.fixture
def nginx(_shared_nginx: Nginx, httpserver: HTTPServer) -> Nginx:
    """An nginx that all tests share."""
    _shared_nginx.forget()
    return _shared_nginx


@pytest.fixture
def own_nginx(_make_nginx: Callable[[], Nginx], httpserver: HTTPServer) -> Iterator[Nginx]:
    """An nginx that the test may stop."""
    with _running(_make_nginx) as nginx:
        yield nginx


@pytest.fixture(scope="session")
def make_tinyproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeTinyproxy]:
    """Give a tinyproxy with these lines in its configuration; the same one for the same lines."""
    running: dict[tuple[str, ...], Tinyproxy] = {}

    def give(*lines: str) -> Tinyproxy:
        if lines not in running:
            folder = tmp_path_factory.mktemp
            running[lines] = start_somewhere(lambda: Tinyproxy(folder("tinyproxy"), *lines))
        running[lines].forget()
        return running[lines]

    yield give
    for proxy in running.values():
        proxy.stop()


@pytest.fixture
def proxy(make_tinyproxy: MakeTinyproxy) -> Tinyproxy:
    """A tinyproxy that lets everybody through."""
    return make_tinyproxy()


@pytest.fixture
def own_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tinyproxy]:
    """A tinyproxy that the test may stop."""
    with _running(lambda: Tinyproxy(tmp_path_factory.mktemp("own"))) as proxy:
        yield proxy


@pytest.fixture
def invision(httpserver: HTTPServer) -> InVision:
    """InVision, which the servers stand in front of."""
    return InVision(httpserver)


@pytest.fixture
def dataform(httpserver: HTTPServer) -> DataformWeb:
    """Dataform Web, which the servers stand in front of."""
    return DataformWeb(httpserver)


@pytest.fixture
def timed_shell(tmp_path: Path) -> TimedShell:
    """A shell whose clock and jitter the test chooses."""
    return TimedShell(tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose processes have ended when the test has."""
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()
