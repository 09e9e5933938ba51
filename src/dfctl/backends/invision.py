"""Profitbase InVision: the Data Flow Execution API.

Wire facts: Profitbase Episode-Docs, articles/invision/docs/dataflows/execution/httpapi.md, and for
arguments articles/flow/actions/profitbase-invision/execute-dataflow.md.
"""

import json
from collections.abc import Generator
from urllib.parse import quote, unquote

from dfctl.backends.backend import Backend
from dfctl.core.answers import Refusal, kind_of_status
from dfctl.core.errors import UsageError
from dfctl.core.exchange import (
    Effect,
    Exchange,
    KeyPlace,
    Request,
    Response,
    Unreadable,
    is_segment,
)
from dfctl.core.runs import Sighting, Started
from dfctl.core.settings import (
    Parameters,
    Question,
    Setting,
    SettingKind,
    SettingProblem,
    Settings,
)
from dfctl.core.states import State

_STATES = {
    "pending": State.PENDING,
    "running": State.RUNNING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
}
_JSON = (("Content-Type", "application/json"),)
_NEUTRAL_BODY = b"{}"
_UNSUPPORTED_MEDIA_TYPE = 415
_NO_ID = "00000000-0000-0000-0000-000000000000"
_ONLY_ERROR = "InVision documents no other error than 500: the flow's id or the key may be wrong"
_UNDOCUMENTED_ARGUMENTS = (
    "InVision does not document that a start over HTTP reads parameters; "
    "they are sent because experimental_parameters is set, and may be ignored"
)


class InVision(Backend):
    """The adapter of InVision. Locators are `FLOW/RUN`, both percent-encoded."""

    name = "invision"
    title = "Profitbase InVision"
    default_address = None
    alternatives = ()
    settings = (
        Setting(
            "key_in",
            "where the key is sent: header (the default), or query for gateways that strip headers",
            choices=("header", "query"),
        ),
        Setting(
            "experimental_parameters",
            "send --param and --input, which InVision does not document for HTTP",
            SettingKind.FLAG,
        ),
    )
    # Where the key is, the page on the HTTP API says; dfcmdutil has execution/commandline.md.
    questions = (
        Question(
            "address",
            "InVision's address in the browser, with the virtual directory if it has one; "
            "with dfcmdutil it stood after -url.",
            example="https://app.profitbase.biz/my-company",
        ),
        Question(
            "flow",
            "The id of the Data Flow to start; with dfcmdutil it stood after -run.",
            example="2b081248-4963-43b3-ba06-5b7403d58b4d",
        ),
        Question(
            "key",
            "In InVision: Application Menu, API Management, Manage API Keys, "
            "tab Data Flow Execution.",
        ),
    )

    def check(self, settings: Settings) -> None:
        if settings.flow is not None and not is_segment(settings.flow):
            raise SettingProblem("flow", f"{settings.flow!r} cannot be the id of a flow")

    def check_start(
        self, settings: Settings, parameters: Parameters, *, server_wait: bool
    ) -> tuple[str, ...]:
        if not settings.flow:
            raise SettingProblem(
                "flow", "is missing", hint="set it to the id of the Data Flow, or give --flow ID"
            )
        if not parameters:
            return ()
        if not settings.flag("experimental_parameters"):
            raise UsageError(
                "InVision does not document that a start over HTTP reads parameters",
                hint="to send them all the same, set experimental_parameters = true in the profile",
            )
        given = (parameters.document or {}).get("globalArguments", {})
        if parameters.values and not isinstance(given, dict):
            raise UsageError(
                "--param cannot be added to the document of --input: "
                "its globalArguments is not an object"
            )
        return (_UNDOCUMENTED_ARGUMENTS,)

    def key_place(self, settings: Settings) -> KeyPlace:
        if settings.text("key_in") == "query":
            return KeyPlace("api_key", in_query=True)
        return KeyPlace("x-api-key")

    def start(
        self, settings: Settings, parameters: Parameters, *, server_wait: bool
    ) -> Exchange[Started]:
        flow = quote(settings.flow or "", safe="")
        answer = yield from _start_answer(flow, parameters, server_wait=server_wait)
        members = answer.members()
        return Started(
            locator=f"{flow}/{quote(members.identifier('runId'), safe='')}",
            sighting=_sighting(members.text("status")),
        )

    def look(self, settings: Settings, locator: str) -> Exchange[Sighting]:
        flow, run = _parts(locator)
        path = f"/api/pub/v1/dataflows/{flow}/runs/{run}/status"
        answer = yield Request("GET", path, Effect.READ)
        members = answer.members()
        members.must_be_about("runId", unquote(run), beside="status")
        return _sighting(members.text("status"))

    def probe(self, settings: Settings) -> str:
        return f"{quote(settings.flow or _NO_ID, safe='')}/{_NO_ID}"

    def refusal(self, response: Response) -> Refusal:
        hint = _ONLY_ERROR if response.status == 500 else None
        return Refusal(kind_of_status(response.status), _problem(response), hint)


def _start_answer(
    flow: str, parameters: Parameters, *, server_wait: bool
) -> Generator[Request, Response, Response]:
    """Send the start; where its neutral body's form is refused, once more with an empty body.

    A 415 began nothing. InVision 5.0 answered it to the vendor's own tool (changelog, bug 230).
    """

    def request(body: bytes, answers: frozenset[int] = frozenset()) -> Request:
        return Request(
            "POST",
            f"/api/pub/v1/dataflows/{flow}/start",
            Effect.START,
            query=(("await", "true"),) if server_wait else (),
            headers=_JSON,
            body=body,
            answers=answers,
            is_held=server_wait,
        )

    if parameters:
        return (yield request(_arguments(parameters)))
    answer = yield request(_NEUTRAL_BODY, frozenset({_UNSUPPORTED_MEDIA_TYPE}))
    if answer.status == _UNSUPPORTED_MEDIA_TYPE:
        answer = yield request(b"")
    return answer


def _arguments(parameters: Parameters) -> bytes:
    """Return the arguments in the form documented for the Flow action Execute Dataflow."""
    document = dict(parameters.document or {})
    if parameters.values:
        known = document.get("globalArguments")
        document["globalArguments"] = {
            **(known if isinstance(known, dict) else {}),
            **parameters.values,
        }
    return json.dumps(document).encode()


def _parts(locator: str) -> tuple[str, str]:
    """Return flow and run of a locator, percent-encoded as a path needs them."""
    parts = [unquote(part) for part in locator.split("/")]
    if len(parts) != 2 or not all(is_segment(part) for part in parts):
        raise UsageError(
            f"{locator!r} names no run of InVision",
            hint="a reference to a run of InVision is PROFILE/FLOW/RUN",
        )
    return quote(parts[0], safe=""), quote(parts[1], safe="")


def _sighting(word: str | None) -> Sighting:
    return Sighting(_STATES.get((word or "").strip().lower(), State.UNKNOWN), word)


def _problem(response: Response) -> str | None:
    """Return the sentence of a problem+json body, the form that ASP.NET answers in."""
    try:
        members = response.members()
    except Unreadable:
        return None
    return members.text("detail") or members.text("title") or members.text("message")
