"""How the user asks for things to be shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from dfctl.core.arguments import typed_value
from dfctl.core.variables import set_in
from dfctl.output.ci.choice import CiChoice

# -o and --output, with the value attached or apart; -qo json is a cluster of short options.
_OUTPUT = re.compile(r"(?:-[qv]*o|--output(?==|$))=?(?P<value>.*)", re.DOTALL)
# The commands that tell a CI system.
_TELLING = ("run", "start", "wait")


class Format(StrEnum):
    """The forms of a result."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    REF = "ref"


class ProgressKind(StrEnum):
    """The ways of telling what happens meanwhile."""

    AUTO = "auto"
    LIVE = "live"
    PLAIN = "plain"
    NONE = "none"


class ColorChoice(StrEnum):
    """When to use colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Showing:
    """What the user asked for. `format` is None where nothing was asked."""

    format: Format | None = None
    is_quiet: bool = False
    is_verbose: bool = False
    progress: ProgressKind = ProgressKind.AUTO
    color: ColorChoice = ColorChoice.AUTO
    ci: CiChoice = CiChoice.NONE


def format_asked_for(argv: Sequence[str], variables: Mapping[str, str]) -> Format | None:
    """Return the format that a command line seems to ask for, where it could not be parsed."""
    last = (set_in(variables, "DFCTL_OUTPUT") or "").lower()
    for word, following in pairwise([*argv, ""]):
        if option := _OUTPUT.fullmatch(word):
            last = option["value"] or following
    return Format(last) if last in (Format.JSON, Format.JSONL) else None


def ci_asked_for(argv: Sequence[str], variables: Mapping[str, str]) -> CiChoice:
    """Return the CI system that a command line seems to ask for, where it could not be parsed."""
    if not argv or argv[0] not in _TELLING:
        return CiChoice.NONE
    typed = typed_value(argv, "--ci")
    given = (set_in(variables, "DFCTL_CI") or "").lower() if typed is None else typed
    return CiChoice(given) if given in tuple(CiChoice) else CiChoice.NONE
