"""Connections and forms as nginx chooses them, and an nginx that goes away meanwhile."""

import pytest

from tests.cli.services import Answer, InVision, answer, begun, check_first, final, starting, told
from tests.clocks import LeapingClock
from tests.faults.timed import TimedShell
from tests.servers.nginx import Nginx
from tests.servers.told import assert_took, play, second_pause_starts
from tests.shell import Shell

# How nginx frames its answers, and how many connections it makes of four requests.
FORMS = [
    ("plain", "-", 1),
    ("thrifty", "-", 1),
    ("chunked", "chunked", 1),
    ("closing", "-", 4),
    ("one_request", "-", 4),
]


@pytest.mark.parametrize(("site", "transfer", "connections"), FORMS)
def test_a_run_is_followed_whatever_nginx_does_with_connections_and_bodies(
    site: str,
    transfer: str,
    connections: int,
    shell: Shell,
    nginx: Nginx,
    invision: InVision,
) -> None:
    play(invision, "Running", "Running")
    shell.configure_invision(nginx.address(site))

    ended = shell("run sales")

    assert ended.result == (
        0,
        final(invision, "succeeded after 2s"),
        told(*begun(invision), "0 sales: pending", "0.5 sales: running", "1.5 sales: succeeded"),
    )
    rows = nginx.accesses(site)
    assert {(row["transfer"], row["coding"]) for row in rows} == {(transfer, "-")}
    assert len({row["connection"] for row in rows}) == connections


def test_nginx_that_closes_idle_connections_at_once_costs_no_start_and_no_outcome(
    shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    # A look may meet the connection just as nginx closes it, and is then made again.
    play(invision, *["Running"] * 30)
    shell.configure_invision(nginx.address("hasty"))

    ended = shell("run sales --interval 1s")

    assert ended.exit_code == 0
    assert "sales: succeeded after " in ended.stdout
    starts = [row for row in nginx.accesses("hasty") if row["method"] == "POST"]
    assert [row["status"] for row in starts] == ["200"]
    assert invision.requests == [invision.start_line, *[invision.look_line] * 31]


@pytest.mark.parametrize("site", ["plain", "hasty"])
def test_a_second_start_never_goes_over_a_connection_that_may_be_stale(
    site: str, shell: Shell, nginx: Nginx, invision: InVision
) -> None:
    # A body that is refused for its form began nothing; the same start goes again without one.
    invision.on_start(415)
    invision.on_start(answer(invision.accepted()), body="")
    invision.on_look(invision.seen("Succeeded"))
    shell.configure_invision(nginx.address(site))

    ended = shell("run sales --progress none")

    assert (ended.exit_code, ended.stderr) == (0, "")
    starts = [row for row in nginx.accesses(site) if row["method"] == "POST"]
    assert [(row["status"], row["requests"]) for row in starts] == [("415", "1"), ("200", "1")]


def test_a_run_is_followed_while_nginx_reads_its_configuration_again(
    shell: Shell, own_nginx: Nginx, invision: InVision
) -> None:
    invision.on_start(invision.accepted())
    running = answer(invision.seen("Running"))
    invision.on_look(running, Answer(body=running.body, meanwhile=own_nginx.reload))
    invision.on_look(running, invision.seen("Succeeded"))
    shell.configure_invision(own_nginx.address("plain"))

    ended = shell("run sales --interval 1s")

    assert ended.result == (
        0,
        final(invision, "succeeded after 4s"),
        told(*begun(invision), "0 sales: pending", "1 sales: running", "4 sales: succeeded"),
    )
    # The worker that was replaced ended the connection in order.
    rows = own_nginx.accesses("plain")
    assert sorted(row["requests"] for row in rows) == ["1", "1", "2", "2", "3"]
    assert len({row["connection"] for row in rows}) == 2


def test_a_run_is_followed_across_a_restart_of_nginx(
    timed_shell: TimedShell, own_nginx: Nginx, invision: InVision
) -> None:
    invision.on_start(invision.accepted())
    running = answer(invision.seen("Running"))
    invision.on_look(
        Answer(body=running.body, meanwhile=own_nginx.stop), invision.seen("Succeeded")
    )
    timed_shell.make_clock = LeapingClock
    timed_shell.jitter = second_pause_starts(own_nginx)
    timed_shell.configure_invision(own_nginx.address("plain"))

    ended = timed_shell("run sales --interval 1s")

    where = own_nginx.where("plain")
    broke = f"the connection to {where} broke off: Server disconnected without sending a response"
    assert ended.result == (
        0,
        final(invision, "succeeded after 2s"),
        told(
            *begun(invision),
            "0 sales: pending",
            f"1 sales: no news: {broke}; looking again in 500ms",
            f"1.5 sales: no news: cannot connect to {where}: Connection refused; "
            "looking again in 1s",
            "2.5 sales: succeeded, in contact again",
        ),
    )
    assert invision.requests == [invision.start_line, invision.look_line, invision.look_line]


def test_a_start_that_was_under_way_when_nginx_stopped_is_not_repeated(
    shell: Shell, own_nginx: Nginx, invision: InVision
) -> None:
    invision.on_start(Answer(meanwhile=own_nginx.stop))
    shell.configure_invision(own_nginx.address("plain"))

    ended = shell("run sales")

    where = own_nginx.where("plain")
    why = f"the connection to {where} broke off: Server disconnected without sending a response"
    lines = (f"error: sales: the start was sent, but {why}", f"hint: {check_first(invision)}")
    assert ended.result == (9, "", told(starting(invision), *lines))
    assert_took(invision, invision.start_line)


def test_a_start_that_nginx_was_not_there_for_is_sent_once_it_is(
    timed_shell: TimedShell, own_nginx: Nginx, invision: InVision
) -> None:
    def start_nginx() -> float:
        if not own_nginx.is_running:
            own_nginx.start()
        return 0.5

    own_nginx.stop()
    play(invision)
    timed_shell.make_clock = LeapingClock
    timed_shell.jitter = start_nginx
    timed_shell.configure_invision(own_nginx.address("plain"))

    ended = timed_shell("run sales")

    refused = f"cannot connect to {own_nginx.where('plain')}: Connection refused"
    assert ended.result == (
        0,
        final(invision, "succeeded after 500ms"),
        told(
            starting(invision),
            f"0 sales: nothing started yet: {refused}; trying again in 500ms",
            f"0.5 sales: started {invision.reference}",
            "0.5 sales: pending",
            "1 sales: succeeded",
        ),
    )
    assert invision.requests == [invision.start_line, invision.look_line]
