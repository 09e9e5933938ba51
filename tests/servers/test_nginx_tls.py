"""TLS as nginx speaks it: whom dfctl trusts, what it shows, and what it says when that fails."""

from pathlib import Path

import pytest

from tests.cli.services import (
    InVision,
    final,
    http,
    starting,
    told,
    unseen,
)
from tests.process.processes import Desk
from tests.servers.nginx import Nginx
from tests.servers.programs import has_ipv6
from tests.servers.told import assert_ran, play
from tests.shell import CANARY, Shell

CHECK_CA_FILE = (
    "hint: ca_file does not vouch for it: it has to hold the certificate of the authority, "
    "and those in between that the service does not send"
)


def refused(invision: InVision, why: str, hint: str) -> tuple[int, str, str]:
    """Return how a run ends whose start could not or must not be sent."""
    return 2, "", told(starting(invision), f"error: sales: the start was refused: {why}", hint)


def untrusted(invision: InVision, nginx: Nginx, site: str, why: str, hint: str) -> object:
    where = nginx.where(site)
    return refused(invision, f"the certificate of {where} is not trusted: {why}", f"hint: {hint}")


def test_a_certificate_of_ones_own_is_trusted_with_ca_file(
    shell: Shell, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    play(invision)
    shell.configure_invision(nginx.address("secure"), ca_file=ca_file)

    ended = shell("run sales")

    assert_ran(ended, invision)
    assert len({row["connection"] for row in nginx.accesses("secure")}) == 1


def test_a_certificate_of_ones_own_is_trusted_by_the_variable_of_openssl(
    desk: Desk, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    play(invision)
    desk.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{nginx.address("secure")}"\n'
        f'flow = "updatesales"\nkey = "{CANARY}"\n'
    )

    trusting = desk("run", "sales", variables={"SSL_CERT_FILE": ca_file})
    doubting = desk("status", "@last")

    assert trusting.exit_code == 0
    assert trusting.stdout.startswith("sales: succeeded after ")
    assert doubting.exit_code == 2
    assert doubting.stderr.endswith("hint: to trust a certificate of your own, set ca_file\n")
    assert invision.requests == [invision.start_line, invision.look_line]


def test_a_certificate_of_ones_own_is_refused_without_ca_file(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("secure"))

    ended = shell("run sales")

    why = "unable to get local issuer certificate"
    hint = "to trust a certificate of your own, set ca_file"
    assert ended.result == untrusted(invision, nginx, "secure", why, hint)
    assert nginx.accesses("secure") == []


@pytest.mark.parametrize(
    ("site", "why", "hint"),
    [
        (
            "expired",
            "certificate has expired",
            "the service needs a new certificate, unless this machine's clock is wrong",
        ),
        (
            "early",
            "certificate is not yet valid",
            "check this machine's clock; if it is right, the service needs another certificate",
        ),
        (
            "stranger",
            "IP address mismatch, certificate is not valid for '127.0.0.1'",
            "it is for another host: check the address",
        ),
    ],
)
def test_a_certificate_that_is_not_valid_is_refused_and_the_hint_says_what_cures_it(
    site: str,
    why: str,
    hint: str,
    shell: Shell,
    nginx: Nginx,
    invision: InVision,
    ca_file: str,
) -> None:
    shell.configure_invision(nginx.address(site), ca_file=ca_file)

    ended = shell("run sales")

    assert ended.result == untrusted(invision, nginx, site, why, hint)
    assert nginx.accesses(site) == []


def test_a_service_that_sends_the_certificates_in_between_is_trusted(
    shell: Shell, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    play(invision)
    shell.configure_invision(nginx.address("whole_chain"), ca_file=ca_file)

    assert_ran(shell("run sales"), invision)


def test_a_service_that_leaves_out_the_certificate_in_between_needs_it_in_ca_file(
    shell: Shell, nginx: Nginx, invision: InVision, certificates: Path, ca_file: str, tmp_path: Path
) -> None:
    shell.configure_invision(nginx.address("short_chain"), ca_file=ca_file)

    ended = shell("run sales")

    why = "unable to get local issuer certificate"
    hint = CHECK_CA_FILE.removeprefix("hint: ")
    assert ended.result == untrusted(invision, nginx, "short_chain", why, hint)

    both = tmp_path / "both.pem"
    both.write_bytes(
        b"".join((certificates / f"{name}.pem").read_bytes() for name in ("ca", "middle"))
    )
    play(invision)
    shell.configure_invision(nginx.address("short_chain"), ca_file=str(both))

    assert_ran(shell("run sales"), invision)


def test_a_service_with_old_versions_of_tls_alone_is_not_asked_again(
    shell: Shell, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    shell.configure_invision(nginx.address("old"), ca_file=ca_file)

    ended = shell("run sales")

    why = f"{nginx.where('old')} offers no version of TLS that is still safe"
    hint = "hint: the service has to offer TLS 1.2 or newer"
    assert ended.result == refused(invision, why, hint)

    ended = shell(f"status {invision.reference}")

    assert ended.result == (
        2,
        unseen(invision),
        told(f"error: sales: no request can be sent: {why}", hint),
    )


def test_a_service_with_the_newest_version_of_tls_alone_is_understood(
    shell: Shell, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    play(invision)
    shell.configure_invision(nginx.address("newest"), ca_file=ca_file)

    assert_ran(shell("run sales"), invision)
    assert {row["tls"] for row in nginx.accesses("newest")} == {"TLSv1.3"}


def test_a_server_that_knows_no_such_host_is_tried_for_a_while_and_starts_nothing(
    shell: Shell, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    # Servers that fetch their certificates themselves say so until they have one.
    shell.configure_invision(nginx.address("nameless"), ca_file=ca_file)

    ended = shell("run sales --max-outage 1s")

    why = f"cannot connect to {nginx.where('nameless')}: it has no certificate for that host"
    assert ended.result == (
        11,
        "",
        told(
            starting(invision),
            f"0 sales: nothing started yet: {why}; trying again in 500ms",
            f"0.5 sales: nothing started yet: {why}; trying again in 500ms",
            f"error: sales: nothing was started: {why}",
            "hint: gave up after 1s (--max-outage); it is safe to run the same command again",
        ),
    )


def test_a_client_certificate_that_is_demanded_is_shown(
    shell: Shell, nginx: Nginx, invision: InVision, certificates: Path, ca_file: str
) -> None:
    play(invision)
    files = {f"client_{kind}": str(certificates / f"client.{end}") for kind, end in CLIENT_FILES}
    shell.configure_invision(nginx.address("demanding"), ca_file=ca_file, **files)

    assert_ran(shell("run sales"), invision)


CLIENT_FILES = [("cert", "pem"), ("key", "key")]
DEMANDED = "set client_cert and client_key: the service demands a certificate of its clients"


@pytest.mark.parametrize(
    ("client", "said", "hint"),
    [
        (None, "No required SSL certificate was sent", DEMANDED),
        (
            "foreign",
            "The SSL certificate error",
            "the service does not take the certificate of client_cert",
        ),
    ],
)
def test_a_client_certificate_that_is_missing_or_wrong_starts_nothing(
    client: str | None,
    said: str,
    hint: str,
    shell: Shell,
    nginx: Nginx,
    invision: InVision,
    certificates: Path,
    ca_file: str,
) -> None:
    files = {
        f"client_{kind}": client and str(certificates / f"{client}.{end}")
        for kind, end in CLIENT_FILES
    }
    shell.configure_invision(nginx.address("demanding"), ca_file=ca_file, **files)

    ended = shell("run sales")

    assert ended.result == refused(invision, http(400, said), f"hint: nothing was started; {hint}")

    ended = shell(f"status {invision.reference}")

    assert ended.result == (
        2,
        unseen(invision),
        told(f"error: sales: the service refused the request: {http(400, said)}", f"hint: {hint}"),
    )
    assert invision.requests == []


@pytest.mark.parametrize("command", ["run sales", "status {reference}"])
def test_http_to_a_port_that_speaks_tls_is_refused_and_the_hint_says_https(
    command: str, shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("secure").replace("https", "http"))

    ended = shell(command.format(reference=invision.reference))

    assert ended.exit_code == 2
    said = http(400, "The plain HTTP request was sent to HTTPS port")
    assert f": {said}\nhint: " in ended.stderr
    assert ended.stderr.endswith("write https:// in the address\n")
    assert invision.requests == []


def test_https_to_a_port_that_speaks_http_starts_nothing_and_says_why(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("plain").replace("http", "https"))

    ended = shell("run sales --max-outage 0s")

    why = "what answers there does not speak TLS; is it an http:// address?"
    assert ended.result == (
        11,
        "",
        told(
            starting(invision),
            f"error: sales: nothing was started: cannot connect to {nginx.where('plain')}: {why}",
            "hint: gave up after 0s (--max-outage); it is safe to run the same command again",
        ),
    )
    assert invision.requests == []


def test_an_ipv6_address_is_asked_and_its_certificate_judged(
    shell: Shell, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    if not has_ipv6():
        pytest.skip("needs a loopback of IPv6: ip addr add ::1/128 dev lo")
    play(invision)
    shell.configure_invision(nginx.address("ipv6"), ca_file=ca_file)

    assert_ran(shell("run sales"), invision)
    assert len(nginx.accesses("ipv6")) == 2


def test_a_server_that_closes_each_connection_and_keeps_sessions_is_shaken_hands_with_anew(
    shell: Shell, nginx: Nginx, invision: InVision, ca_file: str
) -> None:
    play(invision, "Running", "Running")
    shell.configure_invision(nginx.address("single"), ca_file=ca_file)

    ended = shell("run sales --progress none")

    assert ended.result == (0, final(invision, "succeeded after 2s"), "")
    assert len({row["connection"] for row in nginx.accesses("single")}) == 4
