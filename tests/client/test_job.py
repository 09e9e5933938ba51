"""The gate of a request: it is sent or given up, never both."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.client.job import Abandoned, Job
from dfctl.client.steps import Send, Task, converse
from dfctl.core.exchange import Effect, Exchange, Request, Response
from dfctl.core.secret import Secret
from tests.client.stage import invision
from tests.core.properties import bounded

REQUEST = Request("POST", "/start", Effect.START)


def job() -> Job:
    return Job(Send(invision(), REQUEST, Secret("key"), 30.0))


def test_what_passed_the_gate_was_sent() -> None:
    one = job()
    one.pass_gate()
    assert one.abandon() is True


def test_what_was_given_up_never_passes_the_gate() -> None:
    one = job()
    assert one.abandon() is False
    for _ in range(2):
        with pytest.raises(Abandoned):
            one.pass_gate()
    assert one.was_sent is False


def test_giving_up_wakes_who_waits_on_the_socket() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(10.0)
    with ours, theirs:
        one = job()
        one.hold(ours)
        one.abandon()
        assert ours.recv(1) == b""


def test_a_socket_that_comes_after_giving_up_is_shut_at_once() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(10.0)
    with ours, theirs:
        one = job()
        one.abandon()
        one.hold(ours)
        assert ours.recv(1) == b""


def test_a_socket_that_is_closed_already_disturbs_nobody() -> None:
    ours, theirs = socket.socketpair()
    one = job()
    one.hold(ours)
    ours.close()
    theirs.close()
    assert one.abandon() is False


def test_of_two_threads_only_one_decides() -> None:
    for _ in range(50):
        one, both = job(), threading.Barrier(2)
        outcome: list[str] = []

        def send(one: Job = one, both: threading.Barrier = both, said: list[str] = outcome) -> None:
            both.wait(10.0)
            try:
                one.pass_gate()
            except Abandoned:
                said.append("kept back")
            else:
                said.append("sent")

        worker = threading.Thread(target=send)
        worker.start()
        both.wait(10.0)
        was_sent = one.abandon()
        worker.join()
        assert outcome == (["sent"] if was_sent else ["kept back"])


@bounded(20)
@given(st.lists(st.integers(100, 599), max_size=5))
def test_an_exchange_is_led_through_all_its_requests(statuses: list[int]) -> None:
    def exchange() -> Exchange[list[int]]:
        seen = []
        for number in range(len(statuses)):
            response = yield Request("GET", f"/{number}", Effect.READ)
            seen.append(response.status)
        return seen

    left = list(statuses)
    asked: list[str] = []

    def send(request: Request) -> Task[Response]:
        asked.append(request.path)
        yield Send(invision(), request, Secret("key"), None)
        return Response(left.pop(0), b"")

    task = converse(exchange(), send)
    for _ in statuses:
        next(task)
    with pytest.raises(StopIteration) as done:
        next(task)
    assert done.value.value == statuses
    assert asked == [f"/{number}" for number in range(len(statuses))]
