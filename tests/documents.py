"""Whether what dfctl prints for programs is as its JSON Schema says."""

import json
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from dfctl.output.documents import schema_text


def check_document(text: str) -> None:
    """Fail unless `text` is one ASCII document as -o json prints it."""
    assert text.isascii()
    check("document", json.loads(text))


def check_lines(text: str) -> None:
    """Fail unless `text` is what -o jsonl prints: an event on each line, the last a document."""
    assert text.isascii()
    *events, document = map(json.loads, text.splitlines())
    for event in events:
        check("event", event)
    check("document", document)


def check(kind: str, value: object) -> None:
    """Fail unless `value` is what the schema defines as `kind`."""
    problem = jsonschema.exceptions.best_match(validator(kind).iter_errors(value))
    assert problem is None, f"not as dfctl.schema.json says: {problem}"


def schema() -> dict[str, Any]:
    """Return the schema that the package ships."""
    document: dict[str, Any] = json.loads(schema_text())
    return document


@cache
def validator(kind: str) -> Any:
    """Return what checks a value against one definition of the schema."""
    whole = {"$ref": f"#/$defs/{kind}", "$defs": schema()["$defs"]}
    return jsonschema.Draft202012Validator(whole)
