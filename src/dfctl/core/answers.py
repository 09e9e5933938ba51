"""The answer table: what an answer or a fault says of a start, and of a look."""

from dataclasses import dataclass
from enum import StrEnum

from dfctl.core.exchange import Fault, FaultKind, Response, Result


class Kind(StrEnum):
    """What the service means by an answer."""

    ANSWERED = "answered"
    THROTTLED = "throttled"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    WRONG = "wrong"
    BROKEN = "broken"


@dataclass(frozen=True)
class Refusal:
    """What an answer means, the service's own words, if it had any, and what they may hide."""

    kind: Kind
    message: str | None = None
    hint: str | None = None


_OF_STATUS = {
    401: Kind.UNAUTHENTICATED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    429: Kind.THROTTLED,
    **dict.fromkeys((400, 405, 409, 412, 415, 422), Kind.WRONG),
    # What servers in front of a service say of a request that they do not pass on: too large a
    # body, an address or headers that are too long, and one that was meant for another host.
    **dict.fromkeys((413, 414, 421, 431), Kind.WRONG),
    # Only a proxy says so, and it passed nothing on.
    407: Kind.WRONG,
    # A redirect is not followed with a POST: the address is wrong, and the answer names another.
    **dict.fromkeys((301, 302, 307, 308), Kind.WRONG),
}


def kind_of_status(status: int) -> Kind:
    """Return what HTTP alone says of `status`; whatever is not listed is `BROKEN`."""
    if 200 <= status < 300:
        return Kind.ANSWERED
    return _OF_STATUS.get(status, Kind.BROKEN)


class Judgement(StrEnum):
    """What follows for a start."""

    READ = "read"  # the adapter reads the answer
    RETRY = "retry"  # it certainly did not begin, and may be tried again
    KEY = "key"
    NOT_FOUND = "not_found"
    WRONG = "wrong"
    UNCONFIRMED = "unconfirmed"


_OF_KIND = {
    Kind.ANSWERED: Judgement.READ,
    Kind.THROTTLED: Judgement.RETRY,
    Kind.UNAUTHENTICATED: Judgement.KEY,
    Kind.FORBIDDEN: Judgement.KEY,
    Kind.NOT_FOUND: Judgement.NOT_FOUND,
    Kind.WRONG: Judgement.WRONG,
    Kind.BROKEN: Judgement.UNCONFIRMED,
}


def judge_start(result: Result, kind: Kind) -> Judgement:
    """Return what `result`, an answer of `kind` or a fault, says of a request that starts a run.

    A start is repeated only while it certainly did not begin: nothing was sent, or the service
    throttled it. After the first byte, every fault and every unlisted answer is unconfirmed.
    """
    if isinstance(result, Response):
        return _OF_KIND[kind]
    if result.was_sent:
        return Judgement.UNCONFIRMED
    return Judgement.WRONG if result.kind is FaultKind.REJECTED else Judgement.RETRY


def asked_delay(result: Result) -> float | None:
    """Return the delay in seconds that the service asked for, if it did."""
    return result.retry_after if isinstance(result, Response) else None


def is_outage(result: Result) -> bool:
    """Return whether a failed look counts as loss of contact.

    A service that throttles, or asks for a delay, is being talked to.
    """
    if isinstance(result, Fault):
        return True
    return result.status != 429 and result.retry_after is None
