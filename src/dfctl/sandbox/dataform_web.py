"""The legacy Dataform Web API.

Source: dataform-co/dataform: content/docs/dataform-web/api/index.md and the published reference.
Errors are documented as `{error, code, message, details}` without an HTTP status. The statuses
here are those of grpc-gateway, whose error body that is; `code` is the gRPC code.
"""

import secrets
from collections.abc import Mapping

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

NAME = "dataform-web"

# Dataform Web has no state for a run that waits its turn.
STORIES = stories_without("pending")

_WORDS = {
    Stage.PENDING: "RUNNING",
    Stage.RUNNING: "RUNNING",
    Stage.STRANGE: "SUSPENDED",
    Stage.SUCCEEDED: "SUCCESSFUL",
    Stage.FAILED: "FAILED",
    Stage.CANCELLED: "CANCELLED",
    Stage.TIMED_OUT: "TIMED_OUT",
}

_EVERYTHING = "ok"

_INVALID_ARGUMENT = (400, 3)
_NOT_FOUND = (404, 5)
_EXHAUSTED = (429, 8)
_UNIMPLEMENTED = (405, 12)
_UNAUTHENTICATED = (401, 16)


class DataformWeb:
    """Answers requests whose path begins with `/v1`, for one project."""

    def __init__(self, *, token: str, project: str, runs: Runs) -> None:
        self._token = token
        self._project = project
        self._runs = runs

    def answer(self, request: Request, now: float) -> Reply:
        if not is_same(request.headers.get("authorization"), f"Bearer {self._token}"):
            return _error(_UNAUTHENTICATED, "invalid token")
        match request.segments:
            case ["v1", "project", project, "run", *_] if project != self._project:
                return _error(_NOT_FOUND, "project not found")
            case ["v1", "project", _, "run"]:
                return self._start(request, now)
            case ["v1", "project", _, "run", run]:
                return self._status(request, run, now)
        return _error(_NOT_FOUND, "Not Found")

    def _start(self, request: Request, now: float) -> Reply:
        if request.method != "POST":
            return _error(_UNIMPLEMENTED, "Method Not Allowed", ("Allow", "POST"))
        try:
            flow = flow_of(request.json())
        except ValueError as error:
            return _error(_INVALID_ARGUMENT, str(error))
        story = STORIES.get(flow)
        return self._begin(story, now) if story else _error(_NOT_FOUND, "schedule not found")

    def _begin(self, story: Story, now: float) -> Reply:
        if story.is_behind_login:
            return LOGIN_PAGE
        fault = self._runs.next_start(story)
        if fault is Fault.BUSY:
            retry_after = ("Retry-After", str(self._runs.retry_after))
            return _error(_EXHAUSTED, "too many requests", retry_after)
        run = self._runs.begin(story, now)
        return Drop() if fault is Fault.DROPPED else json_answer(200, {"id": run.id})

    def _status(self, request: Request, run_id: str, now: float) -> Reply:
        if request.method != "GET":
            return _error(_UNIMPLEMENTED, "Method Not Allowed", ("Allow", "GET"))
        run = self._runs.find(run_id)
        if run is None:
            return _error(_NOT_FOUND, "run not found")
        match run.next_look():
            case Fault.BAD_GATEWAY:
                return BAD_GATEWAY
            case Fault.DROPPED:
                return Drop()
        return json_answer(200, self._run(run, run.stage(now)))

    def _run(self, run: Run, stage: Stage) -> dict[str, str]:
        link = f"https://app.dataform.co/#/{self._project}/run/{run.id}"
        return {"id": run.id, "status": _WORDS[stage], "runLogUrl": link}


def new_run_id() -> str:
    """An int64 as text, above 2**53: a client that reads it as a float gets another number."""
    return str(2**53 + 1 + 2 * secrets.randbelow(2**61))


def flow_of(content: object) -> str:
    """The flow that a start's body names: its `scheduleName`, else the first tag, else `ok`.

    Raises ValueError for anything but a documented body; a null counts as left out.
    """
    fields = _fields(content, "body", {"projectId", "environmentName", "scheduleName", "runConfig"})
    for name in ("projectId", "environmentName", "scheduleName"):
        if not isinstance(fields.get(name, ""), str):
            raise ValueError(f"{name}: expected text")
    tags = _tags(fields.get("runConfig", {}))
    return str(fields.get("scheduleName") or (tags[0] if tags else _EVERYTHING))


def _tags(content: object) -> list[str]:
    tags = _fields(content, "runConfig", {"tags"}).get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags: expected a list of texts")
    return tags


def _fields(content: object, what: str, known: set[str]) -> Mapping[str, object]:
    if not isinstance(content, dict):
        raise ValueError(f"{what}: expected a JSON object")
    for name in content:
        if name not in known:
            raise ValueError(f'unknown field "{name}"')
    return {name: value for name, value in content.items() if value is not None}


def _error(kind: tuple[int, int], message: str, *headers: tuple[str, str]) -> Answer:
    status, code = kind
    content = {"error": message, "code": code, "message": message, "details": []}
    return json_answer(status, content, headers=headers)
