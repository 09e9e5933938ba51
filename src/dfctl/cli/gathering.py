"""What a command gathers before it acts: one profile, one reference, parameters."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from dfctl.core.errors import UsageError
from dfctl.core.runs import Reference
from dfctl.core.settings import Parameters

_LARGEST_INPUT = 8 * 1024 * 1024


def sole_profile(names: Sequence[str] | None) -> str | None:
    """Return the one profile that is named, or None where none is."""
    if names and len(names) > 1:
        raise UsageError(
            "several profiles at once are not supported yet",
            hint="call dfctl once for each profile",
        )
    return names[0] if names else None


def sole_reference(texts: Sequence[str] | None) -> Reference:
    """Return the one reference that is given."""
    if not texts:
        raise UsageError(
            "which run? A run reference is missing",
            hint="give the reference that `dfctl start` printed: PROFILE/RUN",
        )
    if len(texts) > 1:
        raise UsageError(
            "several runs at once are not supported yet", hint="call dfctl once for each run"
        )
    return Reference.parse(texts[0])


def parameters(
    params: Sequence[str] | None, document: str | None, stdin: TextIO | None
) -> Parameters:
    """Return what --param and --input hand to a start."""
    values: dict[str, str] = {}
    for text in params or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError(f"--param: {text!r} has not the form NAME=VALUE")
        if name in values:
            raise UsageError(f"--param: {name!r} is given twice")
        values[name] = value
    return Parameters(values, _document(document, stdin) if document is not None else None)


def _document(source: str, stdin: TextIO | None) -> dict[str, object]:
    where = "stdin" if source == "-" else source
    try:
        value = json.loads(_text(source, stdin), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"--input: {where} is not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise UsageError(f"--input: {where} holds JSON that is not an object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no value of JSON")


def _text(source: str, stdin: TextIO | None) -> str:
    if source == "-":
        return stdin.read(_LARGEST_INPUT) if stdin else ""
    try:
        return Path(source).read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise UsageError(f"--input: {source} cannot be read: {problem.strerror}") from None
