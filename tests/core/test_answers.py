"""The answer table, whole: what answers and faults say of a start and of a look."""

import itertools

import pytest

from dfctl.core.answers import (
    Judgement,
    Kind,
    is_outage,
    judge_start,
    kind_of_status,
)
from dfctl.core.exchange import Fault, FaultKind, Response

# The contract's own table: what a status means for a start once the first byte was sent.
CONTRACT = {
    **dict.fromkeys(range(200, 300), Judgement.READ),
    429: Judgement.RETRY,
    401: Judgement.KEY,
    403: Judgement.KEY,
    404: Judgement.NOT_FOUND,
    **dict.fromkeys((400, 405, 407, 409, 412, 413, 414, 415, 421, 422, 431), Judgement.WRONG),
    **dict.fromkeys((301, 302, 307, 308), Judgement.WRONG),
}


def test_every_status_of_a_start_has_its_judgement() -> None:
    every = range(100, 600)
    judged = {
        status: judge_start(Response(status, b""), kind_of_status(status)) for status in every
    }
    assert judged == {status: CONTRACT.get(status, Judgement.UNCONFIRMED) for status in every}


@pytest.mark.parametrize("status", [303, 408, 425, 500, 502, 503, 504, 100, 304, 410, 599, 0, 999])
def test_what_is_not_listed_is_broken(status: int) -> None:
    assert kind_of_status(status) is Kind.BROKEN


OF_KIND = {
    Kind.ANSWERED: Judgement.READ,
    Kind.THROTTLED: Judgement.RETRY,
    Kind.UNAUTHENTICATED: Judgement.KEY,
    Kind.FORBIDDEN: Judgement.KEY,
    Kind.NOT_FOUND: Judgement.NOT_FOUND,
    Kind.WRONG: Judgement.WRONG,
    Kind.BROKEN: Judgement.UNCONFIRMED,
}


@pytest.mark.parametrize(
    ("kind", "status"), list(itertools.product(Kind, (200, 403, 429, 500, 503)))
)
def test_the_kind_of_an_answer_decides_whatever_its_status(kind: Kind, status: int) -> None:
    assert judge_start(Response(status, b""), kind) is OF_KIND[kind]


@pytest.mark.parametrize(
    ("kind", "was_sent", "refusal"), list(itertools.product(FaultKind, (True, False), Kind))
)
def test_a_fault_is_retried_only_where_nothing_was_sent(
    kind: FaultKind, was_sent: bool, refusal: Kind
) -> None:
    judgement = judge_start(Fault(kind, "it broke", was_sent), refusal)
    if was_sent:
        assert judgement is Judgement.UNCONFIRMED
    elif kind is FaultKind.REJECTED:
        assert judgement is Judgement.WRONG
    else:
        assert judgement is Judgement.RETRY


@pytest.mark.parametrize(("kind", "was_sent"), list(itertools.product(FaultKind, (True, False))))
def test_every_fault_of_a_look_is_an_outage(kind: FaultKind, was_sent: bool) -> None:
    assert is_outage(Fault(kind, "it broke", was_sent))


@pytest.mark.parametrize(
    ("status", "retry_after", "counts"),
    [
        (500, None, True),
        (408, None, True),
        (200, None, True),
        (429, None, False),
        (429, 5.0, False),
        (503, 5.0, False),
    ],
)
def test_an_answer_that_throttles_or_asks_for_a_delay_is_no_outage(
    status: int, retry_after: float | None, counts: bool
) -> None:
    assert is_outage(Response(status, b"", retry_after=retry_after)) is counts
