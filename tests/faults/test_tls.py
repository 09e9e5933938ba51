"""TLS: whom dfctl trusts, to whom it shows a certificate, and that nothing leaves before."""

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.faults.conftest import MakeWire
from tests.faults.told import (
    CHECK_FIRST,
    GET,
    NOT_SEEN,
    POST,
    REFERENCE,
    STARTED,
    SUCCEEDED,
    at,
    begun,
    delayed,
    error,
    known,
    well,
)
from tests.faults.wire import answer, read_byte, reset, send, silence, tunnel
from tests.shell import Shell


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def _server(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def _client_files(authority: trustme.CA, folder: Path, password: bytes | None) -> dict[str, str]:
    """Write a client's certificate and its key, the latter encrypted if there is a password."""
    issued = authority.issue_cert("client@example.org")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    how = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    (folder / "client.pem").write_bytes(issued.cert_chain_pems[0].bytes())
    (folder / "client.key").write_bytes(written)
    return {
        "client_cert": str(folder / "client.pem"),
        "client_key": str(folder / "client.key"),
    }


def test_a_certificate_that_ca_file_vouches_for_is_trusted(
    shell: Shell, make_wire: MakeWire, authority: trustme.CA, ca_file: str
) -> None:
    wire = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=_server(authority))
    shell.configure_invision(wire.address, ca_file=ca_file)

    ended = shell("run sales")

    assert ended.result == (0, well("500ms"), known() + at(0.5, "succeeded"))
    assert wire.lines == [POST, GET]
    assert len(wire.peers) == 1


def test_no_file_of_tls_secrets_is_written_whatever_the_environment_asks_for(
    shell: Shell,
    make_wire: MakeWire,
    authority: trustme.CA,
    ca_file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Whoever has both the file and the traffic reads the key.
    secrets = tmp_path / "secrets"
    monkeypatch.setenv("SSLKEYLOGFILE", str(secrets))
    wire = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=_server(authority))
    shell.configure_invision(wire.address, ca_file=ca_file)

    ended = shell("run sales", variables={"SSLKEYLOGFILE": str(secrets)})

    assert ended.exit_code == 0
    assert not secrets.exists()


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    shell: Shell, make_wire: MakeWire, authority: trustme.CA
) -> None:
    wire = make_wire([], tls=_server(authority))
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    code, stdout, stderr = ended.result
    assert (code, stdout) == (2, "")
    assert stderr.startswith(
        begun() + f"error: sales: the start was refused: the certificate of 127.0.0.1:{wire.port} "
        "is not trusted: "
    )
    assert stderr.endswith("hint: to trust a certificate of your own, set ca_file\n")
    assert wire.lines == []


@pytest.mark.parametrize("command", ["status", "wait"])
def test_a_look_is_not_repeated_where_the_certificate_is_not_trusted(
    command: str, shell: Shell, make_wire: MakeWire, authority: trustme.CA
) -> None:
    wire = make_wire([], tls=_server(authority))
    shell.configure_invision(wire.address)

    ended = shell(f"{command} {REFERENCE}")

    assert (ended.exit_code, ended.stdout) == (2, NOT_SEEN)
    assert ended.stderr.endswith("hint: to trust a certificate of your own, set ca_file\n")
    assert wire.lines == []
    assert len(wire.peers) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_for_another_host_is_refused_and_ca_file_is_not_proposed(
    host: str, shell: Shell, make_wire: MakeWire, authority: trustme.CA, ca_file: str
) -> None:
    wire = make_wire([], tls=_server(authority, "other.example"))
    shell.configure_invision(f"https://{host}:{wire.port}", ca_file=ca_file)

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"not valid for '{host}'" in ended.stderr
    assert wire.lines == []
    assert ended.stderr.endswith("hint: it is for another host: check the address\n")
    assert "ca_file" not in ended.stderr


def test_a_client_certificate_is_shown_to_a_service_that_demands_one(
    shell: Shell, make_wire: MakeWire, authority: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    context = _server(authority)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    wire = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=context)
    files = _client_files(authority, tmp_path, None)
    shell.configure_invision(wire.address, ca_file=ca_file, **files)

    ended = shell("run sales")

    assert ended.result == (0, well("500ms"), known() + at(0.5, "succeeded"))
    assert wire.lines == [POST, GET]


@pytest.mark.parametrize(
    ("version", "code"), [(ssl.TLSVersion.TLSv1_2, 11), (ssl.TLSVersion.TLSv1_3, 9)], ids=str
)
def test_a_client_certificate_that_is_missing_starts_nothing(
    version: ssl.TLSVersion,
    code: int,
    shell: Shell,
    make_wire: MakeWire,
    authority: trustme.CA,
    ca_file: str,
) -> None:
    # TLS 1.3 tells the client only once its request is on the way, so that nothing is certain.
    context = _server(authority)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    wire = make_wire(rest=[], tls=context)
    shell.configure_invision(wire.address, ca_file=ca_file)

    ended = shell("run sales --max-outage 0s")

    assert (ended.exit_code, ended.stdout) == (code, "")
    assert wire.lines == []


def test_an_encrypted_client_key_is_refused_and_nobody_is_asked_for_its_password(
    shell: Shell, make_wire: MakeWire, authority: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    wire = make_wire(tls=_server(authority))
    files = _client_files(authority, tmp_path, b"a password")
    shell.configure_invision(wire.address, ca_file=ca_file, **files)

    ended = shell("run sales")

    assert ended.result == (
        2,
        "",
        begun()
        + error("the start was refused: the private key of client_cert is encrypted")
        + "hint: dfctl cannot ask for its password; give it a key without one\n",
    )
    assert wire.peers == []


def test_https_to_a_port_that_speaks_http_starts_nothing(shell: Shell, make_wire: MakeWire) -> None:
    wire = make_wire([send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")])
    address = f"127.0.0.1:{wire.port}"
    shell.configure_invision(f"https://{address}")

    ended = shell("run sales --max-outage 0s")

    code, stdout, stderr = ended.result
    assert (code, stdout) == (11, "")
    assert stderr.startswith(
        begun() + f"error: sales: nothing was started: cannot connect to {address}: "
    )
    assert "gave up after 0s (--max-outage)" in stderr
    assert b"POST" not in wire.peers[0].received


def test_http_to_a_port_that_speaks_tls_is_unconfirmed(
    shell: Shell, make_wire: MakeWire, authority: trustme.CA
) -> None:
    wire = make_wire([], tls=_server(authority))
    shell.configure_invision(f"http://127.0.0.1:{wire.port}")

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (9, "")
    assert ended.stderr.endswith(CHECK_FIRST)
    assert len(wire.peers) == 1


def test_a_handshake_that_breaks_is_tried_again_and_starts_one_run(
    shell: Shell, make_wire: MakeWire, authority: trustme.CA, ca_file: str
) -> None:
    # A front breaks the first handshake; the second connection reaches the service.
    service = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=_server(authority))
    front = make_wire([read_byte, reset], rest=[tunnel(service.port)])
    shell.configure_invision(f"https://127.0.0.1:{front.port}", ca_file=ca_file)

    ended = shell("run sales")

    [line] = [line for line in ended.stderr.splitlines() if "nothing started yet" in line]
    why = line.partition("nothing started yet: ")[2].removesuffix("; trying again in 500ms")
    assert ended.result == (
        0,
        well("500ms"),
        begun()
        + delayed(0, why, "500ms")
        + at(0.5, f"started {REFERENCE}")
        + at(0.5, "pending")
        + at(1, "succeeded"),
    )
    assert service.lines == [POST, GET]


def test_a_handshake_that_hangs_is_given_up_and_starts_nothing(
    shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([silence])
    # The connection has to end at the deadline, not when httpx would give up the handshake.
    shell.configure_invision(f"https://127.0.0.1:{wire.port}", heartbeat="none", start_timeout="9s")
    shell.stall = 0.5

    ended = shell("run sales --max-outage 1s")

    wire.wait_until_gone(patience=5)
    assert ended.result == (
        11,
        "",
        begun()
        + error("nothing was started: no whole answer came within 9s")
        + "hint: gave up after 1s (--max-outage); it is safe to run the same command again\n",
    )
    assert b"POST" not in wire.peers[0].received
