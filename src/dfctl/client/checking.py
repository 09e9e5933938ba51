"""Asking a service about a run that cannot exist, to learn whether it takes a key."""

from dataclasses import dataclass

from dfctl.client.following import LOOK_SECONDS
from dfctl.client.starting import describe, remedy
from dfctl.client.steps import Send, Target, Task, converse
from dfctl.core.answers import Kind
from dfctl.core.errors import DfctlError, KeyProblem, Lost, UsageError
from dfctl.core.exchange import Fault, FaultKind, Request, Response, Result, Unreadable
from dfctl.core.text import clean

_WHERE_FROM = "dfctl keys list shows where the key comes from"
_NO_NEWS = "this proves nothing about the key, and nothing was started"


@dataclass(frozen=True)
class KeyCheck:
    """What an answer says of a key: `why_not` is None where the service took the key.

    `is_reached` is False where no answer came, or one that no such service gives.
    """

    answer: str
    why_not: DfctlError | None = None
    is_reached: bool = True


@dataclass(frozen=True)
class _Refusal(Exception):
    """The answer that ends the question, and the request that it answers."""

    request: Request
    result: Result


def check_key(target: Target) -> Task[KeyCheck]:
    """Send the key once, with a question that starts nothing, and judge the answer.

    Only "there is no such run" shows that the key was taken: whoever is asked with a key that is
    wrong says so first. Any other answer but a refusal of the key proves nothing.
    """

    def send(request: Request) -> Task[Response]:
        result = yield Send(target, request, target.key, LOOK_SECONDS)
        assert result is not None
        if isinstance(result, Response) and target.backend.refusal(result).kind is Kind.ANSWERED:
            return result
        raise _Refusal(request, result)

    settings = target.profile.settings
    probe = target.backend.probe(settings)
    if probe is None:
        return KeyCheck("", UsageError(f"{target.backend.title} cannot be asked about a key alone"))
    try:
        sighting = yield from converse(target.backend.look(settings, probe), send)
    except _Refusal as refusal:
        return _judged(target, refusal.request, refusal.result)
    except Unreadable as problem:
        words = clean(target.key.hide(str(problem)))
        return _unproven(f"it answered with {words}", is_reached=False)
    return _unproven(f"it says {sighting.state.value} of a run that cannot exist")


def _judged(target: Target, request: Request, result: Result) -> KeyCheck:
    if isinstance(result, Fault):
        if result.kind is FaultKind.REJECTED:
            why = f"the service cannot be asked: {result.text}"
            return KeyCheck(result.text, UsageError(why, hint=result.hint), is_reached=False)
        return _unproven(result.text, result.hint, is_reached=False)
    refusal = target.backend.refusal(result)
    answer, cure = describe(result, refusal), remedy(request, result)
    if refusal.kind in (Kind.UNAUTHENTICATED, Kind.FORBIDDEN):
        return KeyCheck(
            answer,
            KeyProblem(
                f"the service refused the key of the profile {target.profile.name}: {answer}",
                hint=f"nothing was started; {cure or _WHERE_FROM}",
            ),
        )
    if result.is_page:
        hint = cure or "the address of the profile may be wrong"
        return _unproven(f"{answer}, as a web page", hint, is_reached=False)
    if refusal.kind is Kind.NOT_FOUND:
        return KeyCheck(answer)
    return _unproven(answer, refusal.hint or cure)


def _unproven(answer: str, hint: str | None = None, *, is_reached: bool = True) -> KeyCheck:
    why = f"the key could not be tried: {answer}"
    words = f"{hint}; {_NO_NEWS}" if hint else _NO_NEWS
    return KeyCheck(answer, Lost(why, hint=words), is_reached)
