"""The JSON Schema and the code say the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from dfctl.core.checks import Mark
from dfctl.core.events import (
    Accepted,
    Event,
    Following,
    Heartbeat,
    Missed,
    NotBegun,
    Seen,
    StartDelayed,
    Starting,
    Warned,
)
from dfctl.core.exits import ExitCode
from dfctl.core.records import StartOutcome
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.output.documents import event_document, run_document
from tests.documents import check, schema, validator

AT = datetime(2026, 3, 1, 13, 0, tzinfo=timezone(timedelta(hours=1)))
NEW = Run(profile="sales", backend="invision", flow="updatesales")
BEGUN = replace(NEW, locator="updatesales/1", state=State.RUNNING, started_at=AT)
EVENTS: list[Event] = [
    Starting(NEW),
    Following(NEW, 60.0),
    Following(BEGUN, None),
    StartDelayed(NEW, "HTTP 429", 7.0),
    Accepted(BEGUN),
    NotBegun(replace(NEW, exit_code=ExitCode.KEY, message="no"), StartOutcome.REFUSED),
    Seen(BEGUN),
    Missed(BEGUN, "HTTP 502", 0.5),
    Missed(BEGUN, "HTTP 502", None),
    Warned("something strange"),
    Heartbeat(),
]
# What is only a part of others, which close it.
PARTS = {"happening", "end", "run_members"}


def objects(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schema of an object, with its path; conditions are left out."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield path, value
        for name, inner in value.items():
            if name not in ("if", "then"):
                yield from objects(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, f"{path}/{index}")


def test_the_schema_is_one_of_draft_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_no_object_may_have_members_that_the_schema_does_not_name() -> None:
    is_open = [
        path
        for path, found in objects(schema())
        if path.removeprefix("/$defs/") not in PARTS
        and found.get("additionalProperties", found.get("unevaluatedProperties")) is not False
    ]

    assert is_open == []


def test_the_schema_has_the_states_exit_codes_and_outcomes_of_the_code() -> None:
    defined = schema()["$defs"]

    assert defined["run_members"]["properties"]["state"]["enum"] == [*State, None]
    assert defined["change"]["properties"]["state"]["enum"] == [*State]
    assert defined["exit_code"]["enum"] == [int(code) for code in ExitCode]
    assert defined["check"]["properties"]["result"]["enum"] == [*Mark]
    # An intent without an end is told as unconfirmed.
    told = [outcome for outcome in StartOutcome if outcome is not StartOutcome.INTENDED]
    assert defined["start"]["enum"] == [*told, None]
    assert list(defined["run_members"]["properties"]) == list(run_document(NEW))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_as_the_schema_says(event: Event) -> None:
    document = event_document(event, AT)

    check("event", document)
    assert document is not None
    assert document["at"] == "2026-03-01T12:00:00.000Z"
    assert not validator("event").is_valid(document | {"more": 1})
    assert not validator("event").is_valid({**document, "event": "another"})


def test_every_event_of_the_schema_is_told() -> None:
    told = [event_document(event, AT) for event in EVENTS]

    named = [one["$ref"].rpartition("/")[2] for one in schema()["$defs"]["event"]["oneOf"]]
    assert {document["event"] for document in told if document} == set(named)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("document", {"schema": 1, "exit_code": 0, "runs": []}),
        ("document", {"schema": 2, "exit_code": 0, "runs": [], "error": None}),
        ("document", {"schema": 1, "exit_code": 256, "runs": [], "error": None}),
        ("document", {"schema": 1, "exit_code": 0, "things": [], "error": None}),
        ("document", {"schema": 1, "exit_code": 0, "runs": [], "error": {"message": "no"}}),
        ("document", {"schema": 1, "exit_code": 0, "error": None}),
        ("run", run_document(NEW) | {"state": "sleeping"}),
        ("run", run_document(NEW) | {"started_at": "2026-03-01T12:00:00+00:00"}),
        ("run", run_document(NEW) | {"url": "javascript:alert(1)"}),
        ("run", run_document(NEW) | {"start": "confirmed"}),
        ("event", event_document(Accepted(NEW), AT)),
    ],
)
def test_the_schema_refuses(kind: str, wrong: object) -> None:
    assert not validator(kind).is_valid(wrong)


def test_an_error_stands_beside_no_runs() -> None:
    document = {
        "schema": 1,
        "exit_code": 2,
        "runs": [run_document(NEW)],
        "error": {"message": "no", "hint": None},
    }

    assert not validator("runs").is_valid(document)
    assert validator("runs").is_valid(document | {"runs": []})
