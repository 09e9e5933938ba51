"""Proxies: a tinyproxy that lets dfctl through, refuses it, or dies meanwhile.

No proxy is asked for this machine. The address 0.0.0.0 leads here all the same, but is not one of
its own by the letter, so it stands for a service elsewhere.
"""

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.services import (
    Answer,
    InVision,
    answer,
    check_first,
    final,
    http,
    starting,
    told,
    unseen,
)
from tests.clocks import LeapingClock
from tests.faults.timed import TimedShell
from tests.process.processes import Desk
from tests.servers.conftest import MakeTinyproxy
from tests.servers.nginx import Nginx
from tests.servers.tinyproxy import Tinyproxy
from tests.servers.told import assert_ran, assert_took, play, second_pause_starts
from tests.shell import CANARY, Ended, Shell

GUARDED = "BasicAuth user proxysecret"
SAFE = "it is safe to run the same command again"
GIVE_LOGIN = (
    "give the proxy's user and password in its address: "
    "http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY or HTTP_PROXY"
)
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def secure(nginx: Nginx, shell: Shell, ca_file: str) -> str:
    """Where the InVision behind nginx is, seen from elsewhere; `sales` leads there."""
    address = _elsewhere(nginx.address("secure"))
    shell.configure_invision(address, ca_file=ca_file)
    return address


@pytest.fixture
def plain(nginx: Nginx, shell: Shell) -> str:
    """Where the InVision behind nginx is without TLS; `sales` leads there."""
    address = _elsewhere(nginx.address("plain"))
    shell.configure_invision(address, allow_http=True)
    return address


def _elsewhere(address: str) -> str:
    return address.replace("127.0.0.1", "0.0.0.0")


def _where(address: str) -> str:
    return address.removeprefix("https://").removesuffix("/invision")


def refused(invision: InVision, why: str, hint: str) -> tuple[int, str, str]:
    """Return how a run ends whose start no proxy passed on."""
    lines = (f"error: sales: the start was refused: {why}", f"hint: {hint}")
    return 2, "", told(starting(invision), *lines)


def named(proxy: Tinyproxy) -> str:
    return f"the proxy 127.0.0.1:{proxy.port}"


# Through the proxy


def test_https_goes_through_a_tunnel_and_the_proxy_never_sees_the_key(
    shell: Shell,
    proxy: Tinyproxy,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    play(invision)

    assert_ran(shell("run sales"), invision)

    assert proxy.requests == [f"CONNECT {_where(secure)}"]


def test_a_key_in_the_address_is_not_in_the_log_of_a_proxy_that_tunnels(
    shell: Shell,
    proxy: Tinyproxy,
    secure: str,
    nginx: Nginx,
    invision: InVision,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    key = quote(CANARY, safe="")
    invision.expect(f"{invision.start_line}?api_key={key}", invision.accepted(), headers={})
    invision.expect(f"{invision.look_line}?api_key={key}", invision.seen("Succeeded"), headers={})
    shell.configure_invision(secure, ca_file=ca_file, key_in="query")

    ended = shell("run sales --progress none")

    assert ended.result == (0, final(invision, "succeeded after 500ms"), "")
    # The server that the address is meant for writes it down.
    assert [key in row["target"] for row in nginx.accesses("secure")] == [True, True]
    assert len(proxy.requests) == 1
    assert "api_key" not in proxy.log


def test_http_goes_through_the_proxy_too(
    shell: Shell,
    proxy: Tinyproxy,
    plain: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    play(invision)

    assert_ran(shell("run sales"), invision)

    assert [line.split()[0] for line in proxy.requests] == ["POST", "GET"]
    assert proxy.requests[0].endswith(f" {plain}{invision.start_line.partition('/invision')[2]}")


@pytest.mark.parametrize("variable", ["https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("form", ["http://{}", "{}", "http://{}/"])
def test_every_name_and_form_of_the_variable_leads_to_the_proxy(
    variable: str,
    form: str,
    shell: Shell,
    proxy: Tinyproxy,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, form.format(f"127.0.0.1:{proxy.port}"))
    play(invision)

    assert_ran(shell("run sales"), invision)

    assert proxy.requests == [f"CONNECT {_where(secure)}"]


@pytest.mark.parametrize("exempt", ["0.0.0.0", "*", "localhost, 0.0.0.0"])
def test_no_proxy_leads_past_the_proxy(
    exempt: str,
    shell: Shell,
    proxy: Tinyproxy,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, proxy.address)
    monkeypatch.setenv("NO_PROXY", exempt)
    play(invision)

    assert_ran(shell("run sales"), invision)

    assert proxy.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_never_asked_through_the_proxy(
    host: str,
    shell: Shell,
    proxy: Tinyproxy,
    nginx: Nginx,
    invision: InVision,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, proxy.address)
    play(invision)
    shell.configure_invision(nginx.address("secure").replace("127.0.0.1", host), ca_file=ca_file)

    assert_ran(shell("run sales"), invision)

    assert proxy.requests == []


@pytest.mark.parametrize("exempt", ["", "0.0.0.0"])
def test_a_process_takes_its_proxy_from_the_environment(
    exempt: str,
    desk: Desk,
    make_tinyproxy: MakeTinyproxy,
    secure: str,
    invision: InVision,
    ca_file: str,
) -> None:
    proxy = make_tinyproxy(GUARDED)
    play(invision)
    desk.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{secure}"\n'
        f'flow = "updatesales"\nkey = "{CANARY}"\nca_file = "{ca_file}"\n'
    )
    address = f"http://user:proxysecret@127.0.0.1:{proxy.port}"

    ended = desk("run", "sales", "-v", variables={"HTTPS_PROXY": address, "NO_PROXY": exempt})

    assert ended.exit_code == 0
    assert proxy.requests == ([] if exempt else [f"CONNECT {_where(secure)}"])
    assert "proxysecret" not in ended.stdout + ended.stderr


# Refused by the proxy


def test_a_password_lets_dfctl_through_and_is_never_shown(
    shell: Shell,
    make_tinyproxy: MakeTinyproxy,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = make_tinyproxy(GUARDED)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxysecret@127.0.0.1:{proxy.port}")
    play(invision)

    ended = shell("run sales -v")

    assert ended.exit_code == 0
    assert_hidden(ended, "proxysecret")
    assert proxy.requests == [f"CONNECT {_where(secure)}"]


def assert_hidden(ended: Ended, password: str) -> None:
    encoded = base64.b64encode(f"user:{password}".encode()).decode()
    for told_text in (ended.stdout, ended.stderr):
        assert password not in told_text
        assert encoded not in told_text


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("", "407 Proxy Authentication Required"),
        ("user:wrongsecret@", "401 Unauthorized"),
        ("user@", "401 Unauthorized"),
    ],
)
@pytest.mark.parametrize("options", ["", "-v", "-o json"])
def test_a_proxy_that_wants_another_login_is_named_and_the_hint_says_where_it_goes(
    options: str,
    login: str,
    status: str,
    shell: Shell,
    make_tinyproxy: MakeTinyproxy,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = make_tinyproxy(GUARDED)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{login}127.0.0.1:{proxy.port}")

    ended = shell(f"run sales {options}")

    why = f"{named(proxy)} refused: {status}"
    if not options:
        assert ended.result == refused(invision, why, GIVE_LOGIN)
    assert ended.exit_code == 2
    assert_hidden(ended, "wrongsecret")
    assert proxy.requests == [f"CONNECT {_where(secure)}"]
    assert invision.requests == []


@pytest.mark.parametrize(
    ("line", "status"),
    [("ConnectPort 443", "403 Access violation"), ("FilterDefaultDeny Yes", "403 Filtered")],
)
def test_a_proxy_that_does_not_lead_there_is_a_mistake_of_the_configuration(
    line: str,
    status: str,
    shell: Shell,
    make_tinyproxy: MakeTinyproxy,
    secure: str,
    invision: InVision,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Filter names a file with the hosts that are let through; it has none of them.
    proxy = make_tinyproxy(line, f'Filter "{certificates / "hosts"}"')
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)

    ended = shell("run sales")

    why = f"{named(proxy)} refused: {status}"
    hint = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
    assert ended.result == refused(invision, why, hint)

    ended = shell(f"status {invision.reference}")

    assert ended.result == (
        2,
        unseen(invision),
        told(f"error: sales: no request can be sent: {why}", f"hint: {hint}"),
    )
    assert invision.requests == []


@pytest.mark.parametrize("command", ["run sales", "status {reference}"])
def test_a_login_that_a_proxy_of_plain_http_wants_is_told_though_it_breaks_off(
    command: str,
    shell: Shell,
    make_tinyproxy: MakeTinyproxy,
    plain: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # tinyproxy leaves the body of a start unread, so the end of its answer is a reset.
    proxy = make_tinyproxy(GUARDED)
    monkeypatch.setenv("HTTP_PROXY", proxy.address)

    ended = shell(command.format(reference=invision.reference))

    assert ended.exit_code == 2
    assert f": {http(407)}\nhint: " in ended.stderr
    assert ended.stderr.endswith(f"{GIVE_LOGIN}\n")
    assert invision.requests == []


def test_a_service_that_the_proxy_cannot_reach_is_tried_for_a_while_and_nothing_was_started(
    shell: Shell,
    proxy: Tinyproxy,
    invision: InVision,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    shell.configure_invision("https://0.0.0.0:1", ca_file=ca_file)

    ended = shell("run sales --max-outage 500ms")

    why = f"{named(proxy)} answered: 500 Unable to connect"
    assert ended.result == (
        11,
        "",
        told(
            starting(invision),
            f"0 sales: nothing started yet: {why}; trying again in 500ms",
            f"error: sales: nothing was started: {why}",
            f"hint: gave up after 500ms (--max-outage); {SAFE}",
        ),
    )
    assert proxy.requests == ["CONNECT 0.0.0.0:1"] * 2


def test_a_start_that_a_proxy_of_plain_http_could_not_pass_on_may_have_begun(
    shell: Shell,
    proxy: Tinyproxy,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    shell.configure_invision("http://0.0.0.0:1", allow_http=True)

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (9, "")
    assert f"it was answered with {http(500, 'Unable to connect')}\n" in ended.stderr
    assert ended.stderr.endswith(f"{check_first(invision)}\n")
    assert len(proxy.requests) == 1


# A proxy that is no proxy


def test_a_proxy_that_is_asked_over_tls_and_speaks_none_is_named(
    shell: Shell,
    nginx: Nginx,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"https://{nginx.where('plain')}")

    ended = shell("run sales --max-outage 0s")

    where = f"the proxy {nginx.where('plain')}"
    why = f"cannot connect to {where}: what answers there does not speak TLS"
    lines = (
        f"error: sales: nothing was started: {why}; is it an http:// address?",
        f"hint: gave up after 0s (--max-outage); {SAFE}",
    )
    assert ended.result == (11, "", told(starting(invision), *lines))


def test_a_web_server_that_is_named_as_a_proxy_is_a_mistake_of_the_configuration(
    shell: Shell,
    nginx: Nginx,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{nginx.where('plain')}")

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (2, "")
    # Older versions call it a bad request, newer ones a method that is not allowed.
    assert f"the start was refused: the proxy {nginx.where('plain')} refused: 40" in ended.stderr
    assert ended.stderr.endswith("\nhint: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY\n")
    assert invision.requests == []


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_address_is_said_to_be_of_no_use_and_nobody_is_asked(
    scheme: str,
    variable: str,
    shell: Shell,
    proxy: Tinyproxy,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, proxy.address.replace("http", scheme))

    ended = shell("run sales")

    why = "the environment names a SOCKS proxy, which dfctl cannot use"
    hint = "set HTTPS_PROXY to an http:// proxy, or NO_PROXY to the service's host"
    assert ended.result == refused(invision, why, hint)
    assert proxy.requests == []
    assert invision.requests == []


# A proxy that dies


def test_a_run_is_followed_across_the_death_of_the_proxy(
    timed_shell: TimedShell,
    own_proxy: Tinyproxy,
    secure: str,
    invision: InVision,
    ca_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", own_proxy.address)
    invision.on_start(invision.accepted())
    running = answer(invision.seen("Running"))
    invision.on_look(Answer(body=running.body, meanwhile=own_proxy.stop))
    invision.on_look(invision.seen("Succeeded"))
    timed_shell.make_clock = LeapingClock
    timed_shell.jitter = second_pause_starts(own_proxy)
    timed_shell.configure_invision(secure, ca_file=ca_file)

    ended = timed_shell("run sales --interval 1s")

    through = f"{_where(secure)} through {named(own_proxy)}"
    broke = f"the connection to {through} broke off: "
    lines = ended.stderr.splitlines()
    assert ended.exit_code == 0
    assert [line for line in lines if broke in line] == lines[3:4]
    assert (
        lines[4:]
        == told(
            f"1.5 sales: no news: cannot connect to {named(own_proxy)}: Connection refused; "
            "looking again in 1s",
            "2.5 sales: succeeded, in contact again",
        ).splitlines()
    )
    assert invision.requests == [invision.start_line, invision.look_line, invision.look_line]


def test_a_start_in_a_tunnel_that_dies_is_not_repeated(
    shell: Shell,
    own_proxy: Tinyproxy,
    secure: str,
    invision: InVision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", own_proxy.address)
    invision.on_start(Answer(meanwhile=own_proxy.stop))

    ended = shell("run sales")

    through = f"{_where(secure)} through {named(own_proxy)}"
    assert (ended.exit_code, ended.stdout) == (9, "")
    why = f"error: sales: the start was sent, but the connection to {through} broke off: "
    assert f"\n{why}" in ended.stderr
    assert ended.stderr.endswith(f"hint: {check_first(invision)}\n")
    assert_took(invision, invision.start_line)
