"""Dataform Web: the REST API of the product before Google's.

Wire facts: dataform-co/dataform, content/docs/dataform-web/api/index.md, and the reference page
docs.dataform.co/dataform-web/api/reference (swagger of api.dataform.co).
"""

import json
from urllib.parse import quote, unquote

from dfctl.backends.backend import Backend
from dfctl.core.answers import Kind, Refusal, kind_of_status
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
    "RUNNING": State.RUNNING,
    "SUCCESSFUL": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLED": State.CANCELLED,
    "TIMED_OUT": State.TIMED_OUT,
}

# The error's `code` is gRPC's. It says more than HTTP's status: one release of the gateway
# answers RESOURCE_EXHAUSTED with 403. What is not listed may have begun a run.
_CODES = range(1, 17)
_KINDS = {
    3: Kind.WRONG,  # INVALID_ARGUMENT
    5: Kind.NOT_FOUND,
    6: Kind.WRONG,  # ALREADY_EXISTS
    7: Kind.FORBIDDEN,  # PERMISSION_DENIED
    8: Kind.THROTTLED,  # RESOURCE_EXHAUSTED
    9: Kind.WRONG,  # FAILED_PRECONDITION
    11: Kind.WRONG,  # OUT_OF_RANGE
    12: Kind.WRONG,  # UNIMPLEMENTED
    16: Kind.UNAUTHENTICATED,
}


class DataformWeb(Backend):
    """The adapter of Dataform Web. Locators are the run's id; a flow is a schedule's name."""

    name = "dataform-web"
    title = "Dataform Web"
    default_address = "https://api.dataform.co/v1"
    alternatives = (("flow", "tags", "whole_project"),)
    settings = (
        Setting("project", "the id of the project, as in the app's address", is_required=True),
        Setting("environment", "the environment, as in environments.json"),
        Setting("tags", "run the actions with these tags instead of a flow", SettingKind.TEXTS),
        Setting("whole_project", "start without flow and tags: run everything", SettingKind.FLAG),
    )
    questions = (
        Question("address", "Where the API is; press Enter, unless you were told another address."),
        Question(
            "project",
            "The project's id: the number in the address of the app.",
            example="https://app.dataform.co/#/5685548636176384/",
        ),
        Question("flow", "The name of the schedule to start, as in schedules.json."),
        Question(
            "environment",
            "The environment, as in environments.json; empty leaves it to the service.",
            is_optional=True,
        ),
        Question(
            "key",
            "The API token, from the settings page of the project; with its bars.",
            example="1234|...|5",
        ),
    )

    def check(self, settings: Settings) -> None:
        project = settings.text("project")
        if project and not (project.isascii() and project.isdigit()):
            raise SettingProblem(
                "project",
                f"{project!r} is not a project's id",
                hint="it is the number in https://app.dataform.co/#/<number>/",
            )
        if settings.flow and settings.texts("tags"):
            raise SettingProblem(
                "tags",
                "stands beside a flow: Dataform Web runs either a schedule or tags",
                hint="leave one of them out",
            )
        if settings.flag("whole_project") and (settings.flow or settings.texts("tags")):
            raise SettingProblem(
                "whole_project",
                "stands beside a flow or tags, which run only a part of the project",
                hint="leave one of them out",
            )

    def check_start(
        self, settings: Settings, parameters: Parameters, *, server_wait: bool
    ) -> tuple[str, ...]:
        self.check(settings)
        if parameters:
            raise UsageError(
                "Dataform Web takes no parameters",
                hint='choose what runs with tags = ["..."] in the profile',
            )
        if server_wait:
            raise UsageError(
                "Dataform Web cannot hold its answer until the run ends",
                hint="leave out --server-wait: dfctl follows the run all the same",
            )
        if not (settings.flow or settings.texts("tags") or settings.flag("whole_project")):
            raise SettingProblem(
                "flow",
                "is missing",
                hint="set it to the name of a schedule, or set tags; "
                "to run the whole project set whole_project = true",
            )
        return ()

    def key_place(self, settings: Settings) -> KeyPlace:
        return KeyPlace("Authorization", prefix="Bearer ")

    def start(
        self, settings: Settings, parameters: Parameters, *, server_wait: bool
    ) -> Exchange[Started]:
        answer = yield Request(
            "POST",
            f"/project/{quote(settings.text('project'), safe='')}/run",
            Effect.START,
            headers=(("Content-Type", "application/json"),),
            body=json.dumps(_body(settings)).encode(),
        )
        members = answer.members()
        try:
            return Started(locator=quote(members.identifier("id"), safe=""))
        except Unreadable as problem:
            message = self.refusal(answer).message
            raise Unreadable(f"{problem}: {message}" if message else str(problem)) from None

    def look(self, settings: Settings, locator: str) -> Exchange[Sighting]:
        identifier = unquote(locator)
        if "/" in locator or not is_segment(identifier):
            raise UsageError(
                f"{locator!r} names no run of Dataform Web",
                hint="a reference to a run of Dataform Web is PROFILE/RUN",
            )
        run = quote(identifier, safe="")
        project = quote(settings.text("project"), safe="")
        answer = yield Request("GET", f"/project/{project}/run/{run}", Effect.READ)
        members = answer.members()
        members.must_be_about("id", identifier, beside="status")
        # JSON of proto3 may leave out the zero value of `status`, which is UNKNOWN.
        word = members.text("status")
        return Sighting(_STATES.get(word or "", State.UNKNOWN), word, members.text("runLogUrl"))

    def probe(self, settings: Settings) -> str:
        return "0"

    def refusal(self, response: Response) -> Refusal:
        try:
            members = response.members()
        except Unreadable:
            return Refusal(kind_of_status(response.status))
        message = members.text("message") or members.text("error")
        code = members.number("code")
        if response.is_success or code is None or code not in _CODES:
            return Refusal(kind_of_status(response.status), message)
        return Refusal(_KINDS.get(code, Kind.BROKEN), message)


def _body(settings: Settings) -> dict[str, object]:
    """Return the body of RunCreate; `runConfig` replaces a schedule's options, so never both."""
    body: dict[str, object] = {}
    if environment := settings.text("environment"):
        body["environmentName"] = environment
    if settings.flow:
        body["scheduleName"] = settings.flow
    if tags := settings.texts("tags"):
        body["runConfig"] = {"tags": list(tags)}
    return body
