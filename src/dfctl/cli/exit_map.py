"""--exit-map: other numbers for exit codes, for schedulers that read theirs differently."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

from dfctl.composition import Parts
from dfctl.core.arguments import typed_value
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode, ExitMap, name_of
from dfctl.core.suggestions import did_you_mean, listed
from dfctl.core.text import clean
from dfctl.core.variables import set_in

_VARIABLE = "DFCTL_EXIT_MAP"
_OPTION = "--exit-map"
_COMMANDS = frozenset({"run", "start", "wait", "status"})
_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)
_CODES = {name_of(code): code for code in ExitCode}


def map_exits(parts: Parts, text: str | None) -> None:
    """Let the command end with the numbers that the option, or else its variable, gives to codes.

    Raises UsageError for what is no such map; that error itself ends the command with 2.
    """
    parts.exit_map = {}
    given = text if text is not None else set_in(parts.variables, _VARIABLE)
    if given is not None:
        parts.exit_map = parse_exit_map(given, _VARIABLE if text is None else _OPTION)


def map_seemingly_asked_for(argv: Sequence[str], variables: Mapping[str, str]) -> ExitMap:
    """Return the map that a command line asks for, before it has been understood as a whole.

    It holds until `map_exits` is called: so also for what is wrong with the other words.
    """
    if not argv or argv[0] not in _COMMANDS:
        return {}
    typed = typed_value(argv, _OPTION)
    given = set_in(variables, _VARIABLE) if typed is None else typed
    try:
        return parse_exit_map(given or "", _OPTION)
    except UsageError:
        return {}


def parse_exit_map(text: str, place: str) -> ExitMap:
    """Return the numbers that `NAME=CODE,...` gives to exit codes. Raises UsageError."""
    found: dict[ExitCode, int] = {}
    for code, number in (_pair(pair.strip(), place) for pair in text.split(",")):
        if code in found:
            raise UsageError(
                f"{place}: {name_of(code)} is named twice", hint="leave out one of the two"
            )
        found[code] = number
    return found


def _pair(pair: str, place: str) -> tuple[ExitCode, int]:
    name, equals, number = (part.strip() for part in pair.partition("="))
    if not (name and equals):
        raise UsageError(f"{place}: {clean(pair)!r} is not NAME=CODE", hint=_example(place))
    if name not in _CODES:
        _refuse_name(name, pair, place)
    if not (_NUMBER.fullmatch(number) and int(number) <= 255):
        raise UsageError(
            f"{place}: {clean(pair)!r}: {clean(number)!r} is not a code from 0 to 255",
            hint=_example(place),
        )
    if (name, int(number)) == (name_of(ExitCode.BUG), 0):
        raise UsageError(
            f"{place}: {clean(pair)!r}: after a bug nobody knows what happened, "
            "so it is never a success",
            hint="map it to another code than 0",
        )
    return _CODES[name], int(number)


def _example(place: str) -> str:
    between = " " if place == _OPTION else "="
    return f"such as {place}{between}overlap=0"


def _refuse_name(name: str, pair: str, place: str) -> NoReturn:
    near = next(_names_of_number(name), None)
    meant = f"did you mean {near}?" if near else did_you_mean(name, _CODES)
    names = f"the names are {listed(_CODES)}"
    raise UsageError(
        f"{place}: {clean(pair)!r}: there is no exit code called {clean(name)!r}; {names}",
        hint=meant or "dfctl help exit-codes tells what each means",
    )


def _names_of_number(name: str) -> Iterator[str]:
    return (known for known, code in _CODES.items() if str(int(code)) == name)
