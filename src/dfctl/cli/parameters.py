"""What a command gathers before it acts: the parameters of a start."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from dfctl.core.errors import UsageError
from dfctl.core.settings import Parameters

_LARGEST_INPUT = 8 * 1024 * 1024


def parameters(
    params: Sequence[str] | None, document: str | None, stdin: TextIO | None
) -> Parameters:
    """Return what --param and --input hand to a start."""
    values: dict[str, str] = {}
    for number, text in enumerate(params or (), start=1):
        name, equals, value = text.partition("=")
        if not (name and equals):
            # Not quoted: what a flow is given may be a secret.
            raise UsageError(f"--param: number {number} has not the form NAME=VALUE")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UsageError(f"--param: number {number} holds bytes that are not UTF-8")
        if name in values:
            raise UsageError(f"--param: {name!r} is given twice")
        values[name] = value
    return Parameters(values, _document(document, stdin) if document is not None else None)


def _document(source: str, stdin: TextIO | None) -> dict[str, object]:
    where = "stdin" if source == "-" else source
    try:
        value = json.loads(
            _text(source, stdin), parse_constant=_refuse_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"--input: {where} is not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise UsageError(f"--input: {where} holds JSON that is not an object")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large a number")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no value of JSON")


def _text(source: str, stdin: TextIO | None) -> str:
    try:
        if source == "-":
            text = stdin.read(_LARGEST_INPUT + 1) if stdin else ""
        else:
            with Path(source).open(encoding="utf-8") as file:
                text = file.read(_LARGEST_INPUT + 1)
    except OSError as problem:
        raise UsageError(f"--input: {source} cannot be read: {problem.strerror}") from None
    if len(text) > _LARGEST_INPUT:
        raise UsageError(f"--input: more than {_LARGEST_INPUT // 1024 // 1024} MiB of text")
    return text.removeprefix("\ufeff")
