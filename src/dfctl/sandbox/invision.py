"""The InVision Data Flow Execution API.

Source: Profitbase Episode-Docs: articles/invision/docs/dataflows/execution/httpapi.md.
The vendor documents no error but 500. The 415 follows from its changelog
(articles/invision/changelog/changelog5.md); 400, 401, 404, 405 and 429, and every error's body,
are what an ASP.NET Core application or the gateway before it would answer.
"""

import uuid

from dfctl.sandbox.exchange import (
    BAD_GATEWAY,
    LOGIN_PAGE,
    Answer,
    Drop,
    Reply,
    Request,
    json_answer,
)
from dfctl.sandbox.keys import is_same
from dfctl.sandbox.runs import Run, Runs
from dfctl.sandbox.stories import Fault, Stage, Story, stories_without

NAME = "invision"

# InVision documents no state for a run that was cancelled or timed out.
STORIES = stories_without("cancelled", "timed-out")

_WORDS = {
    Stage.PENDING: "Pending",
    Stage.RUNNING: "Running",
    Stage.STRANGE: "Suspended",
    Stage.SUCCEEDED: "Succeeded",
    Stage.FAILED: "Failed",
}

_PROBLEMS = {
    400: ("Bad Request", "rfc7231#section-6.5.1"),
    401: ("Unauthorized", "rfc7235#section-3.1"),
    404: ("Not Found", "rfc7231#section-6.5.4"),
    405: ("Method Not Allowed", "rfc7231#section-6.5.5"),
    415: ("Unsupported Media Type", "rfc7231#section-6.5.13"),
    429: ("Too Many Requests", "rfc6585#section-4"),
}


class InVision:
    """Answers requests whose path begins with `/invision`."""

    def __init__(self, *, key: str, runs: Runs) -> None:
        self._key = key
        self._runs = runs

    def answer(self, request: Request, now: float) -> Reply:
        if not is_same(_given_key(request), self._key):
            return _problem(401)
        # Vendor samples write both /invision and /InVision: nothing in a path depends on case.
        match [segment.casefold() for segment in request.segments]:
            case ["invision", "api", "pub", "v1", "dataflows", flow, "start"]:
                return self._start(request, flow, now)
            case ["invision", "api", "pub", "v1", "dataflows", flow, "runs", run, "status"]:
                return self._status(request, flow, run, now)
        return _problem(404)

    def _start(self, request: Request, flow: str, now: float) -> Reply:
        story = STORIES.get(flow)
        if story and story.is_behind_login:
            return LOGIN_PAGE
        if request.method != "POST":
            return _problem(405, ("Allow", "POST"))
        if not _is_json_type(request.media_type()):
            return _problem(415)
        if not _is_json_or_empty(request):
            return _problem(400)
        return self._begin(story, now, awaits=_awaits(request)) if story else _problem(404)

    def _begin(self, story: Story, now: float, *, awaits: bool) -> Reply:
        fault = self._runs.next_start(story)
        if fault is Fault.BUSY:
            return _problem(429, ("Retry-After", str(self._runs.retry_after)))
        run = self._runs.begin(story, now)
        if fault is Fault.DROPPED:
            return Drop()
        if awaits:
            return _run_state(run, story.end, after=run.length)
        return _run_state(run, Stage.PENDING)

    def _status(self, request: Request, flow: str, run_id: str, now: float) -> Reply:
        story = STORIES.get(flow)
        if story and story.is_behind_login:
            return LOGIN_PAGE
        if request.method != "GET":
            return _problem(405, ("Allow", "GET"))
        run = self._runs.find(run_id)
        if run is None or run.story is not story:
            return _problem(404)
        match run.next_look():
            case Fault.BAD_GATEWAY:
                return BAD_GATEWAY
            case Fault.DROPPED:
                return Drop()
        return _run_state(run, run.stage(now))


def new_run_id() -> str:
    """A UUID, as in the vendor's samples."""
    return str(uuid.uuid4())


def _given_key(request: Request) -> str | None:
    """The header, else the query parameter `api_key`: documented as alternatives."""
    return request.headers.get("x-api-key", request.query("api_key"))


def _awaits(request: Request) -> bool:
    return (request.query("await") or "").lower() == "true"


def _is_json_type(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _is_json_or_empty(request: Request) -> bool:
    """An empty body passes: the vendor documents none for this request."""
    try:
        request.json()
    except ValueError:
        return not request.body
    return True


def _run_state(run: Run, stage: Stage, *, after: float = 0.0) -> Answer:
    return json_answer(200, {"runId": run.id, "status": _WORDS[stage]}, after=after)


def _problem(status: int, *headers: tuple[str, str]) -> Answer:
    title, section = _PROBLEMS[status]
    content = {
        "type": f"https://tools.ietf.org/html/{section}",
        "title": title,
        "status": status,
    }
    return json_answer(status, content, content_type="application/problem+json", headers=headers)
