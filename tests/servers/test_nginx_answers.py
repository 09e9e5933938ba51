"""Answers of nginx itself, in place of the service's."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.cli.services import (
    Answer,
    DataformWeb,
    InVision,
    answer,
    begun,
    check_first,
    final,
    http,
    resume,
    starting,
    told,
    unseen,
)
from tests.clocks import LeapingClock
from tests.faults.timed import StalledClock, TimedShell
from tests.servers.nginx import Nginx
from tests.servers.programs import PATIENCE, wait_until
from tests.servers.told import assert_ran, assert_took, play
from tests.shell import Shell

UNAVAILABLE = http(503, "Service Temporarily Unavailable")
SAFE = "it is safe to run the same command again"


def refused(invision: InVision, why: str, hint: str = "") -> tuple[int, str, str]:
    """Return how a run ends whose start was refused as wrong."""
    hint = hint or "check address and settings of the profile"
    lines = (f"error: sales: the start was refused: {why}", f"hint: nothing was started; {hint}")
    return 2, "", told(starting(invision), *lines)


def unconfirmed(invision: InVision, why: str) -> tuple[int, str, str]:
    """Return how a run ends that may have begun."""
    lines = (f"error: sales: {why}", f"hint: {check_first(invision)}")
    return 9, "", told(starting(invision), *lines)


def methods(nginx: Nginx, site: str) -> list[tuple[str, str]]:
    return [(row["method"], row["status"]) for row in nginx.accesses(site)]


# Where the service is


def test_a_virtual_folder_of_nginx_is_part_of_the_address(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    play(invision)
    shell.configure_invision(f"http://{nginx.where('plain')}/my-company/")

    assert_ran(shell("run sales"), invision)
    assert nginx.accesses("plain")[0]["target"].startswith("/my-company/api/")


def test_dataform_web_is_reached_through_nginx_too(
    shell: Shell, nginx: Nginx, dataform: DataformWeb
) -> None:
    dataform.on_start(dataform.accepted())
    dataform.on_look(dataform.seen("SUCCESSFUL"))
    shell.configure_dataform(f"http://{nginx.where('plain')}/v1")

    ended = shell("run nightly --progress none")

    assert ended.result == (0, final(dataform, "succeeded after 0s"), "")
    assert dataform.requests == [dataform.start_line, dataform.look_line]


@pytest.mark.parametrize(("site", "status"), [("moved", 301), ("moved_for_good", 308)])
def test_a_start_at_a_place_that_moved_is_refused_and_the_hint_names_the_address(
    site: str, status: int, shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address(site))

    ended = shell("run sales")

    path = invision.start_line.removeprefix("POST ")
    hint = "if that is right, set address to https://example.org/invision"
    why = http(status, location=f"https://example.org{path}")
    assert ended.result == refused(invision, why, hint)
    assert methods(nginx, site) == [("POST", str(status))]

    ended = shell(f"status {invision.reference}")

    assert ended.exit_code == 2
    assert ended.stderr.endswith(f"hint: {hint}\n")


def test_a_look_follows_a_redirect_within_the_site(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    play(invision)
    shell.configure_invision(nginx.address("tidy"))

    assert_ran(shell("run sales"), invision)
    assert methods(nginx, "tidy") == [("POST", "200"), ("GET", "302"), ("GET", "200")]


def test_a_look_never_follows_a_redirect_to_another_site(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    invision.on_start(invision.accepted())
    shell.configure_invision(nginx.address("leaving"))

    ended = shell("run sales --max-outage 0s")

    path = invision.look_line.removeprefix("GET ")
    why = http(302, location=f"https://example.org{path}")
    assert ended.result == (
        7,
        final(invision, "pending after 500ms"),
        told(
            *begun(invision),
            "0 sales: pending",
            f"0.5 sales: no news: {why}",
            f"error: sales: no contact for 0s (--max-outage): {why}; the run goes on",
            resume(invision),
        ),
    )
    assert invision.requests == [invision.start_line]


# Who may pass


def test_a_login_that_nginx_asks_for_is_told_from_a_key_that_was_refused(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("guarded"))

    ended = shell("run sales")

    why = http(401, "Authorization Required")
    hint = (
        "check the key; dfctl cannot log in by Basic, "
        "which a server in front of the service may ask for"
    )
    lines = (
        f"error: sales: the service refused the key: {why}",
        f"hint: nothing was started; {hint}",
    )
    assert ended.result == (4, "", told(starting(invision), *lines))

    ended = shell(f"status {invision.reference}")

    lines = (f"error: sales: the service refused the key: {why}", f"hint: {hint}")
    assert ended.result == (4, unseen(invision), told(*lines))

    ended = shell("keys check sales")

    assert (ended.exit_code, ended.stdout) == (4, "")
    assert ended.stderr.endswith(f"hint: nothing was started; {hint}\n")


def test_a_request_that_is_too_large_for_nginx_starts_nothing(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("narrow"), experimental_parameters=True)
    shell.stdin = json.dumps({"globalArguments": {"x": "y" * 2000}})

    ended = shell("run sales --input -")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "error: sales: the start was refused: HTTP 413 " in ended.stderr
    assert methods(nginx, "narrow") == [("POST", "413")]
    assert invision.requests == []


def test_an_address_that_is_too_long_for_nginx_starts_nothing(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("narrow"), flow="f" * 600)

    ended = shell("run sales")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "error: sales: the start was refused: HTTP 414 " in ended.stderr
    assert invision.requests == []


def test_a_key_that_is_too_long_for_nginx_starts_nothing(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("narrow"), key="k" * 600)

    ended = shell("run sales")

    why = http(400, "Request Header Or Cookie Too Large")
    assert ended.result == refused(invision, why)
    assert invision.requests == []


# Too many, and closed


def test_a_start_is_tried_no_longer_than_the_limit_where_nginx_goes_on_throttling(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    # One request a minute is let through, to nobody; it is not dfctl's.
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(nginx.address("crowded"), timeout=PATIENCE)
    nginx.forget()
    shell.configure_invision(nginx.address("crowded"))

    ended = shell("run sales --max-outage 10s")

    too_many = http(429)
    assert ended.result == (
        11,
        "",
        told(
            starting(invision),
            f"0 sales: nothing started yet: {too_many}; trying again in 7s",
            f"error: sales: nothing was started: {too_many}",
            f"hint: the service asks to wait 7s, which would pass 10s (--max-outage); {SAFE}",
        ),
    )
    assert methods(nginx, "crowded") == [("POST", "429")] * 2


@pytest.fixture
def held(nginx: Nginx) -> Iterator[socket.socket]:
    """A connection that keeps the site `one_at_once` busy with a request that is not whole."""
    where = ("127.0.0.1", nginx.ports["one_at_once"])
    with socket.create_connection(where, timeout=PATIENCE) as connection:
        connection.sendall(
            b"POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        )
        # nginx asks for the body, so it counts the request.
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        yield connection


def test_a_start_waits_as_long_as_nginx_asks_and_is_sent_once_more(
    timed_shell: TimedShell, nginx: Nginx, invision: InVision, held: socket.socket
) -> None:
    def release() -> float:
        if held.fileno() >= 0:
            held.close()
            wait_until(lambda: len(nginx.accesses("one_at_once")) == 2, "nginx lets others in")
        return 0.5

    play(invision)
    timed_shell.make_clock = LeapingClock
    timed_shell.jitter = release
    timed_shell.configure_invision(nginx.address("one_at_once"))

    ended = timed_shell("run sales")

    assert ended.result == (
        0,
        final(invision, "succeeded after 500ms"),
        told(
            starting(invision),
            f"0 sales: nothing started yet: {http(429)}; trying again in 7s",
            f"7 sales: started {invision.reference}",
            "7 sales: pending",
            "7.5 sales: succeeded",
        ),
    )
    assert invision.requests == [invision.start_line, invision.look_line]
    first, _, second, _ = nginx.accesses("one_at_once")
    assert (first["method"], first["status"]) == ("POST", "429")
    assert (second["method"], second["status"], second["requests"]) == ("POST", "200", "1")


def test_a_look_waits_as_long_as_nginx_asks(shell: Shell, nginx: Nginx, invision: InVision) -> None:
    play(invision)
    shell.configure_invision(nginx.address("slow_looks"))

    ended = shell("run sales")

    assert ended.result == (
        0,
        final(invision, "succeeded after 8s"),
        told(
            *begun(invision),
            "0 sales: pending",
            f"0.5 sales: no news: {http(429)}; looking again in 7s",
            "7.5 sales: succeeded, in contact again",
        ),
    )
    assert methods(nginx, "slow_looks") == [("POST", "200"), ("GET", "429"), ("GET", "200")]


def test_a_start_that_a_maintenance_page_answers_is_not_repeated(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("closed"))

    ended = shell("run sales")

    why = f"the start was sent, but it was answered with {UNAVAILABLE}"
    assert ended.result == unconfirmed(invision, why)
    assert methods(nginx, "closed") == [("POST", "503")]


def test_looks_wait_out_a_maintenance_page_as_long_as_it_asks(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    play(invision)
    shell.configure_invision(nginx.address("closed_to_looks"))

    # A pause that was asked for is no outage.
    ended = shell("run sales --max-outage 1s")

    assert ended.result == (
        0,
        final(invision, "succeeded after 2m"),
        told(
            *begun(invision),
            "0 sales: pending",
            f"0.5 sales: no news: {UNAVAILABLE}; looking again in 2m",
            "60 sales: still pending",
            "120 sales: still pending",
            "120.5 sales: succeeded, in contact again",
        ),
    )


def test_status_says_what_page_is_shown_in_place_of_the_service(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("hello"))

    ended = shell(f"status {invision.reference}")

    page = "it answered with a web page (Welcome to nginx!) instead of JSON"
    assert ended.result == (
        7,
        unseen(invision),
        told(
            f"0 sales: no news: {page}; looking again in 500ms",
            f"0.5 sales: no news: {page}; looking again in 1s",
            f"error: sales: no answer about the run: {page}",
            "hint: the run itself goes on",
        ),
    )


def test_a_start_that_the_page_of_another_site_answers_may_have_begun(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("hello"))

    ended = shell("run sales")

    why = "the start was answered with a web page (Welcome to nginx!) instead of JSON"
    assert ended.result == unconfirmed(invision, why)
    assert methods(nginx, "hello") == [("POST", "200")]


# Nobody behind it, or somebody slow


def test_a_start_to_a_service_that_is_down_behind_nginx_is_not_repeated(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("dead"))

    ended = shell("run sales")

    why = f"the start was sent, but it was answered with {http(502)}"
    assert ended.result == unconfirmed(invision, why)
    assert methods(nginx, "dead") == [("POST", "502")]


def test_looks_at_a_service_that_is_down_behind_nginx_go_on_to_the_limit(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    shell.configure_invision(nginx.address("dead"))

    ended = shell(f"wait {invision.reference} --max-outage 1s")

    assert ended.result == (
        7,
        unseen(invision),
        told(
            f"0 sales: following {invision.reference} for up to 24h (--timeout)",
            f"0 sales: no news: {http(502)}; looking again in 500ms",
            f"0.5 sales: no news: {http(502)}; looking again in 500ms",
            f"1 sales: no news: {http(502)}",
            f"error: sales: no contact for 1s (--max-outage): {http(502)}; the run goes on",
            resume(invision),
        ),
    )


def test_a_start_that_nginx_gave_up_waiting_for_took_place_once_and_is_unconfirmed(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    # nginx has two ways to the service, and takes the other one for whatever may be repeated.
    told_off = threading.Event()
    slow = Answer(meanwhile=lambda: told_off.wait(PATIENCE))
    invision.on_start(slow)
    shell.configure_invision(nginx.address("impatient"))

    ended = shell("run sales")
    told_off.set()

    why = f"the start was sent, but it was answered with {http(504)}"
    assert ended.result == unconfirmed(invision, why)
    assert methods(nginx, "impatient") == [("POST", "504")]
    assert_took(invision, invision.start_line)


def test_a_look_that_nginx_gave_up_waiting_for_is_made_again(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    # Each of nginx's two ways to the service is tried for a look, and each takes too long.
    told_off = threading.Event()
    slow = Answer(body="{}", meanwhile=lambda: told_off.wait(PATIENCE))
    invision.on_start(invision.accepted())
    invision.on_look(slow, slow)
    shell.configure_invision(nginx.address("impatient"))

    ended = shell("run sales --max-outage 0s")
    told_off.set()

    assert ended.exit_code == 7
    assert f"no contact for 0s (--max-outage): {http(504)}; the run goes on" in ended.stderr
    assert methods(nginx, "impatient") == [("POST", "200"), ("GET", "504")]
    assert_took(invision, invision.start_line, invision.look_line, invision.look_line)


def test_a_start_that_dfctl_gave_up_waiting_for_is_in_nginx_s_log_and_unconfirmed(
    timed_shell: TimedShell, nginx: Nginx, invision: InVision
) -> None:
    arrived, given_up = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        given_up.wait(PATIENCE)

    invision.on_start(answer(Answer(meanwhile=hold)))
    timed_shell.make_clock = lambda: StalledClock(arrived.is_set)
    timed_shell.configure_invision(nginx.address("plain"), heartbeat="none")

    ended = timed_shell("run sales")
    # 499: the client closed the connection.
    wait_until(lambda: methods(nginx, "plain") == [("POST", "499")], "nginx sees dfctl leave")
    given_up.set()

    why = "the start was sent, but no whole answer came within 5m"
    assert ended.result == unconfirmed(invision, why)
    assert_took(invision, invision.start_line)


def test_an_answer_that_drips_is_given_up_at_the_deadline(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    invision.on_start(invision.accepted())
    shell.configure_invision(nginx.address("dripping"), heartbeat="none")
    shell.stall = 0.3

    ended = shell("run sales")

    why = "the start was sent, but no whole answer came within 5m"
    assert ended.result == unconfirmed(invision, why)
    assert invision.requests == [invision.start_line]
