"""`dfcmdutil`: the command line of InVision's own tool, done as `dfctl run` does it.

Facts: Profitbase Episode-Docs, articles/invision/docs/dataflows/execution/commandline.md; the old
form `/run ID` and the .bat files around it, scheduledexecution.md beside it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dfctl import __version__
from dfctl.core.errors import DfctlError, KeyProblem, UsageError
from dfctl.core.exits import ExitCode
from dfctl.core.secret import Secret

if TYPE_CHECKING:
    from dfctl.client.tasks import Order
    from dfctl.composition import Environment, Parts
    from dfctl.core.runs import Run

_USAGE = "dfcmdutil -run FLOW -url ADDRESS -apikey KEY"
_HELP = f"""\
Start a Data Flow of Profitbase InVision, wait for its end, exit with its outcome.

  {_USAGE}

  -run FLOW       the Data Flow's id
  -url ADDRESS    InVision's address, such as https://app.profitbase.biz/my-company
  -apikey KEY     the key; if left out, DFCTL_KEY, which other users cannot see
  -version        print the version of dfctl, which this tool is a part of
  -help           print this

An option begins with -, -- or /, in any letter case. One line tells how the run ended; what
happened before is told only when it did not end well. DFCTL_TIMEOUT limits the waiting, 24h if
not set; the other limits of dfctl have their variables too.

Exit codes, of which 0 alone is success: dfctl help exit-codes"""

_NAMES = ("run", "url", "apikey", "version", "help")
_WITH_VALUE = frozenset({"run", "url", "apikey"})
_ALIASES = {"?": "help", "h": "help"}
# What a word that was meant as an option may begin with: documents turn - into a longer dash.
_DASHES = "-/\N{EN DASH}\N{EM DASH}"
_OPTION = re.compile(r"(?:--?|/)([a-z]+|\?)(?:[=:](.*))?", re.IGNORECASE | re.DOTALL)

_KEY_VARIABLE = "DFCTL_KEY"
# What dfctl calls the values of the line, and what its reader knows them by.
_WORDS = {"DFCTL_FLOW": "-run", "DFCTL_ADDRESS": "-url"}


class Page(StrEnum):
    """What is printed instead of starting anything."""

    VERSION = f"dfcmdutil (dfctl {__version__})"
    HELP = _HELP


@dataclass(frozen=True)
class CommandLine:
    """What a command line asks to start. `key` is None where it is left to DFCTL_KEY."""

    flow: str
    address: str
    key: Secret | None

    def variables(self, surrounding: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that describe the same as a profile, beside the surrounding ones."""
        own = {"DFCTL_BACKEND": "invision", "DFCTL_ADDRESS": self.address, "DFCTL_FLOW": self.flow}
        key = {_KEY_VARIABLE: self.key.reveal()} if self.key else {}
        return {**surrounding, **own, **key}


def entry() -> None:
    """Run the command line of this process, and end it with the command's exit code."""
    from dfctl.entrance import end

    end(main)


def main(argv: Sequence[str], environment: "Environment | None" = None) -> int:
    """Run one command line, without the program's name; return its exit code."""
    from dfctl.main import guarded, parts_in
    from dfctl.output.showing import Format, Showing

    parts = parts_in(environment)
    # Jobs keep or mail what is printed: one line, and the story before it only after a bad end.
    parts.begin(Showing(format=Format.TEXT, is_quiet=True), None)
    return guarded(lambda: _run(argv, parts), argv, parts)


def parse(argv: Sequence[str]) -> CommandLine | Page:
    """Return what a command line asks for.

    Raises UsageError, which never quotes what was typed: any of it might be the key.
    """
    given: dict[str, str] = {}
    words = enumerate(argv, start=1)
    for number, word in words:
        name, value = _option(word)
        if name is None:
            raise _unknown(number, word)
        if name not in _WITH_VALUE:
            return Page[name.upper()]
        if name in given:
            raise UsageError(f"-{name} is given twice", hint=_USAGE)
        given[name] = _value(name, words) if value is None else value
        if not given[name].strip():
            raise UsageError(f"the value of -{name} is empty", hint=_USAGE)
    return _line(given)


def _option(word: str) -> tuple[str | None, str | None]:
    """Return the name of the option that `word` is, if it is one, and the value written to it."""
    match = _OPTION.fullmatch(word)
    name = match[1].lower() if match else ""
    name = _ALIASES.get(name, name)
    return (name, match[2]) if match and name in _NAMES else (None, None)


def _value(name: str, words: Iterator[tuple[int, str]]) -> str:
    _, value = next(words, (0, None))
    if value is None or _option(value)[0]:
        raise UsageError(f"-{name} has no value", hint=_USAGE)
    return value


def _unknown(number: int, word: str) -> UsageError:
    from dfctl.core.suggestions import did_you_mean

    name = re.split("[=:]", word.lstrip(_DASHES))[0]
    near = did_you_mean(f"-{name}", [f"-{known}" for known in _NAMES])
    return UsageError(
        f"argument {number} is no option of dfcmdutil", hint=near or "dfcmdutil -help lists them"
    )


def _line(given: Mapping[str, str]) -> CommandLine:
    if "run" not in given:
        raise UsageError("-run is missing", hint=_USAGE)
    if "url" not in given:
        raise UsageError(
            "-url is missing: the old `/run ID` ran on the InVision worker's own machine; "
            "now InVision is asked over HTTP, which takes its address",
            hint=_USAGE,
        )
    if "://" not in given["url"]:
        raise UsageError(
            "-url: begins with neither https:// nor http://",
            hint="an address is such as https://app.profitbase.biz/my-company",
        )
    key = Secret(given["apikey"]) if "apikey" in given else None
    return CommandLine(given["run"], given["url"], key)


def _run(argv: Sequence[str], parts: "Parts") -> ExitCode:
    """Print a page, or start a run, follow it and show its end."""
    asked = parse(argv)
    if isinstance(asked, Page):
        parts.output.text(asked)
        return ExitCode.SUCCEEDED
    order = _order(asked, parts)
    [run] = parts.lead([parts.tasks.run(order)])
    assert run.exit_code is not None
    parts.output.runs([_resumable(run, order)], run.exit_code)
    return run.exit_code


def _order(line: CommandLine, parts: "Parts") -> "Order":
    """Return the start that the line asks for. Raises the `DfctlError` of what is wrong."""
    from dfctl.core.profiles import Overlap
    from dfctl.core.runs import ENV
    from dfctl.core.settings import Parameters
    from dfctl.store.config import Config

    if line.key is None and not parts.variables.get(_KEY_VARIABLE):
        raise KeyProblem(
            f"-apikey is missing, and {_KEY_VARIABLE} is not set",
            hint=f"set {_KEY_VARIABLE} to the key, or add -apikey KEY",
        )
    # Files play no part: a broken one must not stop a job that needs none.
    parts.config = Config((), line.variables(parts.variables))
    # All lines share one profile, and the open run of another line is not this one's.
    overrides = {"overlap": Overlap.ALLOW.value}
    try:
        return parts.order(ENV, overrides, Parameters(), server_wait=False)
    except DfctlError as error:
        raise type(error)(_in_words_of(line, error.message), hint=error.hint) from None


def _in_words_of(line: CommandLine, message: str) -> str:
    words = {**_WORDS, f"env {_KEY_VARIABLE}": "-apikey"} if line.key else _WORDS
    for ours, theirs in words.items():
        message = message.replace(ours, theirs)
    return message


def _resumable(run: "Run", order: "Order") -> "Run":
    """Return a run whose hint, where it says how to follow it, names the variables it takes."""
    from dfctl.client.tasks import resume

    if run.reference is None or run.hint != resume(run):
        return run
    address = order.target.profile.line.address
    taken = f"DFCTL_BACKEND=invision, DFCTL_ADDRESS={address} and {_KEY_VARIABLE}"
    return replace(run, hint=f"{run.hint} (first set {taken})")
