"""Proxies: named by the environment, never for this machine, and never told the key over CONNECT.

The name `service.example` is known to the test's proxies alone.
"""

import base64
import ssl
from pathlib import Path

import pytest
import trustme

from tests.faults.conftest import MakeWire
from tests.faults.told import (
    GET,
    POST,
    REFERENCE,
    START,
    STARTED,
    STATUS,
    SUCCEEDED,
    at,
    begun,
    delayed,
    error,
    known,
    well,
)
from tests.faults.wire import Peer, Script, Wire, answer, http, read, reset, silence, tunnel
from tests.shell import CANARY, Shell

SECURE = "https://service.example"
OPEN = "http://service.example"
CONNECT = "CONNECT service.example:443"
GIVE_LOGIN = (
    "give the proxy's user and password in its address: "
    "http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY or HTTP_PROXY\n"
)
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("service.example").configure_cert(context)
    return context


def connects_to(service: Wire) -> Script:
    """Be a proxy that lets a CONNECT through, wherever it wants to go."""
    return [answer(ESTABLISHED), tunnel(service.port)]


def test_https_goes_through_the_proxy_that_never_sees_the_key(
    shell: Shell,
    make_wire: MakeWire,
    tls: ssl.SSLContext,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=tls)
    proxy = make_wire(connects_to(service))
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    shell.configure_invision(SECURE, ca_file=ca_file)

    ended = shell("run sales")

    assert ended.result == (0, well("500ms"), known() + at(0.5, "succeeded"))
    assert proxy.lines == [CONNECT]
    assert service.lines == [POST, GET]
    assert service.requests[0].header("x-api-key") == CANARY
    assert service.requests[0].header("host") == "service.example"
    assert CANARY.encode() not in proxy.peers[0].received


def test_http_goes_through_the_proxy(
    shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = make_wire([answer(STARTED), answer(SUCCEEDED)])
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    shell.configure_invision(OPEN, allow_http=True)

    ended = shell("run sales")

    assert ended.result == (0, well("500ms"), known() + at(0.5, "succeeded"))
    assert proxy.lines == [f"POST {OPEN}{START}", f"GET {OPEN}{STATUS}"]


@pytest.mark.parametrize("variable", ["https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_other_names_of_the_variable_are_honoured_too(
    variable: str,
    shell: Shell,
    make_wire: MakeWire,
    tls: ssl.SSLContext,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=tls)
    proxy = make_wire(connects_to(service))
    monkeypatch.setenv(variable, f"127.0.0.1:{proxy.port}")
    shell.configure_invision(SECURE, ca_file=ca_file)

    ended = shell("run sales")

    assert ended.result == (0, well("500ms"), known() + at(0.5, "succeeded"))
    assert proxy.lines == [CONNECT]


@pytest.mark.parametrize("exempt", ["service.example", ".example", "other.example,service.example"])
def test_no_proxy_leads_past_the_proxy(
    exempt: str, shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = make_wire()
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    monkeypatch.setenv("NO_PROXY", exempt)
    shell.configure_invision(SECURE)

    ended = shell("run sales --max-outage 0s")

    assert (ended.exit_code, ended.stdout) == (11, "")
    assert "cannot connect to service.example: " in ended.stderr
    assert proxy.peers == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_is_never_asked_through_a_proxy(
    host: str, shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = make_wire()
    service = make_wire(is_listening=False)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, proxy.address)
    shell.configure_invision(f"http://{host}:{service.port}")

    ended = shell("run sales --max-outage 0s")

    assert (ended.exit_code, ended.stdout) == (11, "")
    assert proxy.peers == []


def test_a_proxy_that_wants_a_password_is_a_mistake_of_the_configuration(
    shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = http("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=x")
    proxy = make_wire([answer(refusal)])
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    shell.configure_invision(SECURE)

    ended = shell("run sales")

    assert ended.result == (
        2,
        "",
        begun()
        + error(
            f"the start was refused: the proxy 127.0.0.1:{proxy.port} refused: "
            "407 Proxy Authentication Required"
        )
        + f"hint: {GIVE_LOGIN}",
    )
    assert proxy.lines == [CONNECT]


def test_a_proxy_of_plain_http_that_wants_a_password_is_a_mistake_too(
    shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only a proxy answers with 407, and it has passed nothing on.
    refusal = http("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=x")
    proxy = make_wire([answer(refusal)])
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    shell.configure_invision(OPEN, allow_http=True)

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "407 Proxy Authentication Required" in ended.stderr
    assert ended.stderr.endswith(f"hint: nothing was started; {GIVE_LOGIN}")
    assert proxy.lines == [f"POST {OPEN}{START}"]


@pytest.mark.parametrize(
    "status", ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"]
)
def test_a_proxy_that_cannot_reach_the_service_just_now_is_asked_again(
    status: str,
    shell: Shell,
    make_wire: MakeWire,
    tls: ssl.SSLContext,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=tls)
    proxy = make_wire([answer(http(status))], connects_to(service))
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    shell.configure_invision(SECURE, ca_file=ca_file)

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
    # Whose answer it was is said: it is not the service's.
    assert why == f"the proxy 127.0.0.1:{proxy.port} answered: {status}"


@pytest.mark.parametrize(
    "steps", [[reset], [read], [read, reset], [answer(ESTABLISHED)], [answer(b"HTTP/1.1 2")]]
)
def test_a_proxy_that_breaks_before_the_start_was_sent_is_asked_again(
    steps: Script,
    shell: Shell,
    make_wire: MakeWire,
    tls: ssl.SSLContext,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = make_wire([answer(STARTED), answer(SUCCEEDED)], tls=tls)
    proxy = make_wire(steps, connects_to(service))
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    shell.configure_invision(SECURE, ca_file=ca_file)

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (0, well("500ms"))
    assert ended.stderr.count("nothing started yet") == 1
    assert service.lines == [POST, GET]


def test_a_proxy_that_hangs_is_left_at_the_deadline_and_nothing_was_started(
    shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = make_wire([read, silence])
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    shell.configure_invision(SECURE, heartbeat="none")
    shell.stall = 0.5

    ended = shell("run sales --max-outage 1s")

    proxy.wait_until_gone()
    assert ended.result == (
        11,
        "",
        begun()
        + error("nothing was started: no whole answer came within 5m")
        + "hint: gave up after 1s (--max-outage); it is safe to run the same command again\n",
    )
    assert proxy.lines == [CONNECT]


@pytest.mark.parametrize(("variable", "address"), [("HTTPS_PROXY", SECURE), ("HTTP_PROXY", OPEN)])
def test_a_proxy_that_cannot_be_reached_is_named_and_nothing_was_started(
    variable: str,
    address: str,
    shell: Shell,
    make_wire: MakeWire,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = make_wire(is_listening=False)
    monkeypatch.setenv(variable, proxy.address)
    shell.configure_invision(address, allow_http=True)

    ended = shell("run sales --max-outage 0s")

    why = f"cannot connect to the proxy 127.0.0.1:{proxy.port}: Connection refused"
    assert ended.result == (
        11,
        "",
        begun()
        + error(f"nothing was started: {why}")
        + "hint: gave up after 0s (--max-outage); it is safe to run the same command again\n",
    )


def test_a_start_lost_behind_a_proxy_of_plain_http_may_be_running(
    shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = make_wire([answer(http("502 Bad Gateway"))])
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    shell.configure_invision(OPEN, allow_http=True)

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (9, "")
    assert proxy.lines == [f"POST {OPEN}{START}"]


def test_a_socks_proxy_is_said_to_be_of_no_use(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:proxysecret@127.0.0.1:1080")
    shell.configure_invision(SECURE)

    ended = shell("run sales")

    assert ended.result == (
        2,
        "",
        begun()
        + error(
            "the start was refused: the environment names a SOCKS proxy, which dfctl cannot use"
        )
        + "hint: set HTTPS_PROXY to an http:// proxy, or NO_PROXY to the service's host\n",
    )


@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:proxysecret@",
        "ftp://user:proxysecret@127.0.0.1:21",
        "http://user:proxysecret@127.0.0.1:port",
        "http://user:proxysecret@[::1:3128",
        "http://user:proxysecret@proxy\u00fc_:3128",
        "http://user:proxysecret@127.0.0.1:3128\r:",
        "http://user:proxysecret@127.0.0.1\r:3128",
    ],
)
def test_what_is_no_proxy_is_said_to_be_none_without_its_password(
    proxy: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    shell.configure_invision(SECURE)

    ended = shell("run sales --max-outage 0s")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "proxy" in ended.stderr.lower()
    assert "secret" not in ended.stderr


# The last is as it comes from a file of variables with Windows' ends of lines.
@pytest.mark.parametrize("end", ["", "/", "\r"])
@pytest.mark.parametrize("options", ["", "-v", "-o json"])
def test_the_password_of_a_proxy_is_sent_to_it_and_never_shown(
    options: str, end: str, shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def echo(peer: Peer) -> None:
        given = peer.read_request().header("proxy-authorization") or ""
        peer.send(http(f"407 no {given}", f"X-Echo: {given}"))

    proxy = make_wire([echo])
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxysecret@127.0.0.1:{proxy.port}{end}")
    shell.configure_invision(SECURE)

    ended = shell(f"run sales {options}")

    encoded = base64.b64encode(b"user:proxysecret").decode()
    assert proxy.requests[0].header("proxy-authorization") == f"Basic {encoded}"
    assert ended.exit_code == 2
    for told in (ended.stdout, ended.stderr):
        assert "proxysecret" not in told
        assert encoded not in told


@pytest.mark.parametrize("options", ["", "-v", "-o json"])
def test_a_token_for_a_proxy_that_has_no_password_is_never_shown(
    options: str, shell: Shell, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def echo(peer: Peer) -> None:
        given = peer.read_request().header("proxy-authorization") or ""
        peer.send(http(f"407 no proxytoken, no {given}"))

    proxy = make_wire([echo])
    monkeypatch.setenv("HTTPS_PROXY", f"http://proxytoken@127.0.0.1:{proxy.port}")
    shell.configure_invision(SECURE)

    ended = shell(f"run sales {options}")

    encoded = base64.b64encode(b"proxytoken:").decode()
    assert proxy.requests[0].header("proxy-authorization") == f"Basic {encoded}"
    assert ended.exit_code == 2
    for told in (ended.stdout, ended.stderr):
        assert "proxytoken" not in told
        assert encoded.strip("=") not in told
