"""The two services as tests play them: scripted answers in order, and what was asked for them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.clocks import LeapingClock
from tests.shell import CANARY

RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Answer:
    """One answer; `meanwhile` is called before it is given."""

    status: int = 200
    body: str | bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Callable[[], object] = _nothing

    def response(self, request: Request) -> Response:
        self.meanwhile()
        kind = self.headers.get("Content-Type", "application/json")
        return Response(self.body, self.status, self.headers, content_type=kind)


# A whole answer; an object that is answered with 200; a status with an empty body.
Given = Answer | Mapping[str, object] | int


def answer(given: Given, status: int = 200, **headers: str) -> Answer:
    """Return the answer that is meant; `Retry_After="7"` is a header."""
    if isinstance(given, Answer):
        return given
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(given, int):
        return Answer(given, headers=named)
    return Answer(status, json.dumps(given), named)


class Service(Protocol):
    """What tests that concern both services ask of either."""

    profile: str
    backend: str
    title: str
    flow: str
    reference: str
    succeeded: str
    running: str
    start_line: str
    look_line: str
    server: HTTPServer

    @property
    def address(self) -> str:
        """Return the address for the profile."""

    @property
    def where(self) -> str:
        """Return the authority of the server, as error messages show it."""

    @property
    def requests(self) -> list[str]:
        """Return the requests received; every scripted answer must have been asked for."""

    def seen(self, word: str | None) -> dict[str, object]:
        """Return what the service says of the run in this state."""

    def accepted(self) -> dict[str, object]:
        """Return what the service says of a start."""

    def on_start(self, *givens: Given, key: str = CANARY, body: str | None = None) -> None:
        """Expect starts, one for each answer."""

    def on_look(self, *givens: Given, key: str = CANARY) -> None:
        """Expect looks at the run, one for each answer."""

    def expect(
        self, line: str, *givens: Given, headers: Mapping[str, str], body: str | None = None
    ) -> None:
        """Expect requests whose first line is `line`, one for each answer, in this order."""


class _Played:
    """A service on loopback. Whatever else it is asked than what is scripted fails the test."""

    root = ""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server

    @property
    def address(self) -> str:
        return self.server.url_for(self.root)

    @property
    def where(self) -> str:
        return f"{self.server.host}:{self.server.port}"

    def expect(
        self,
        line: str,
        *givens: Given,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> None:
        """Expect requests whose first line is `line`, one for each answer, in this order."""
        method, _, target = line.partition(" ")
        path, _, query = target.partition("?")
        for given in givens:
            self.server.expect_ordered_request(
                unquote(path),
                method=method,
                query_string=query,
                headers=headers,
                data=body,
                header_value_matcher=_same,
            ).respond_with_handler(answer(given).response)

    @property
    def requests(self) -> list[str]:
        self.server.check()
        assert not self.server.ordered_handlers, "not all that was expected was asked for"
        return lines_of(self.server)


def _same(name: str, actual: str | None, expected: str) -> bool:
    return actual == expected


def lines_of(server: HTTPServer) -> list[str]:
    """Return method and target of each request, byte for byte as they came."""
    return [f"{request.method} {request.environ['RAW_URI']}" for request, _ in server.log]


class InVision(_Played):
    """InVision, with the run `RUN` of the flow `updatesales`."""

    profile = "sales"
    backend = "invision"
    title = "Profitbase InVision"
    flow = "updatesales"
    reference = f"sales/updatesales/{RUN}"
    succeeded = "Succeeded"
    running = "Running"
    root = "/invision"
    start_line = "POST /invision/api/pub/v1/dataflows/updatesales/start"
    await_line = f"{start_line}?await=true"
    look_line = f"GET /invision/api/pub/v1/dataflows/updatesales/runs/{RUN}/status"

    def seen(self, word: str | None) -> dict[str, object]:
        return {"runId": RUN, **({} if word is None else {"status": word})}

    def accepted(self) -> dict[str, object]:
        return self.seen("Pending")

    def on_start(self, *givens: Given, key: str = CANARY, body: str | None = None) -> None:
        headers = {"x-api-key": key, "Content-Type": "application/json"}
        body = "{}" if body is None else body
        self.expect(self.start_line, *givens, headers=headers, body=body)

    def on_awaited_start(self, *givens: Given) -> None:
        """Expect starts whose answer is to be held until the run ends."""
        self.expect(self.await_line, *givens, headers={"x-api-key": CANARY}, body="{}")

    def on_look(self, *givens: Given, key: str = CANARY) -> None:
        self.expect(self.look_line, *givens, headers={"x-api-key": key})


class DataformWeb(_Played):
    """Dataform Web, with the run `5678` of the schedule `nightly` of the project `1234`."""

    profile = "nightly"
    backend = "dataform-web"
    title = "Dataform Web"
    flow = "nightly"
    reference = "nightly/5678"
    succeeded = "SUCCESSFUL"
    running = "RUNNING"
    root = "/v1"
    start_line = "POST /v1/project/1234/run"
    look_line = "GET /v1/project/1234/run/5678"
    url = "https://app.dataform.co/#/1234/run/5678"

    def seen(self, word: str | None, **members: object) -> dict[str, object]:
        return {"id": "5678", **({} if word is None else {"status": word}), **members}

    def accepted(self) -> dict[str, object]:
        return {"id": "5678"}

    def on_start(self, *givens: Given, key: str = CANARY, body: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = '{"scheduleName": "nightly"}' if body is None else body
        self.expect(self.start_line, *givens, headers=headers, body=body)

    def on_look(self, *givens: Given, key: str = CANARY) -> None:
        self.expect(self.look_line, *givens, headers={"Authorization": f"Bearer {key}"})


def error_body(code: int, message: str, status: int) -> Answer:
    """Return an error as Dataform Web tells it, whose `code` is gRPC's."""
    body = {"error": message, "code": code, "message": message, "details": []}
    return answer(body, status)


def http(status: int, said: str = "", location: str = "") -> str:
    """Return an answer as dfctl tells it; `said` are the service's own words."""
    words = f"HTTP {status} {_PHRASES[status]}" if status in _PHRASES else f"HTTP {status}"
    words += f", to {location}" if location else ""
    return f"{words} ({said})" if said else words


_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def told(*lines: str) -> str:
    """Return lines of plain progress, each given as the seconds since the command began and words.

    `"1.5 sales: running"` is told 1.5 s after the beginning; a line without a number is a warning,
    an error or a hint.
    """
    return "".join(f"{_stamped(line)}\n" for line in lines)


def _stamped(line: str) -> str:
    seconds, _, words = line.partition(" ")
    if not seconds.replace(".", "").isdigit():
        return line
    moment = LeapingClock().began + timedelta(seconds=float(seconds))
    return f"{moment.isoformat(timespec='seconds')} {words}"


def begun(service: Service, limit: str = "for up to 24h (--timeout)") -> tuple[str, str]:
    """Return the first lines of a run that the service accepted at once."""
    return (
        starting(service, limit),
        f"0 {service.profile}: started {service.reference}",
    )


def starting(service: Service, limit: str = "for up to 24h (--timeout)") -> str:
    """Return the first line of a run."""
    where = f"{service.flow} on {service.backend}"
    return f"0 {service.profile}: starting {where}, to follow it {limit}"


def following(service: Service, limit: str = "for up to 24h (--timeout)") -> str:
    """Return the first line of a wait."""
    return f"0 {service.profile}: following {service.reference} {limit}"


def final(service: Service, words: str) -> str:
    """Return the result of one run, all of stdout."""
    return f"{service.profile}: {words} ({service.reference})\n"


def resume(service: Service) -> str:
    """Return the hint that says how to follow the run from here on."""
    return f"hint: to follow it: dfctl wait {service.reference}"


def check_first(service: Service, number: int = 1) -> str:
    """Return the hint of a start that may have begun, the `number`-th in the profile's journal."""
    return (
        "it may be running: look at the service before you start it again; then settle it: "
        f"dfctl runs resolve {unsettled(service, number)} --as not-started, or --as RUN"
    )


def unsettled(service: Service, number: int = 1) -> str:
    """Return the journal's own reference of a start that may have begun."""
    return f"{service.profile}/start-{number:04}"


def strange(service: Service, word: str | None) -> str:
    """Return the warning about a state that is not documented."""
    said = "names no state" if word is None else f"calls the state {word!r}"
    return f"warning: {service.title} {said}: dfctl takes that for no end, and goes on looking"


def unseen(service: Service) -> str:
    """Return the result of a run of which nothing was ever seen."""
    return f"{service.profile}: not seen ({service.reference})\n"
