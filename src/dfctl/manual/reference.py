"""The command reference: one page in Markdown."""

import re
from collections.abc import Iterator

from dfctl.core.exits import ExitCode
from dfctl.manual.commands import Argument, Command, Option
from dfctl.manual.facts import Facts
from dfctl.manual.pages import option_notes

_INTRODUCTION = """\
# Commands

What `dfctl COMMAND --help` says of each command, in one page; `dfctl man COMMAND` shows it as a
man page.
[configuration.md](configuration.md) lists the settings of profiles.
"""


def reference(facts: Facts) -> str:
    """Return the page. The variables of options stand beside them."""
    lines = [*_INTRODUCTION.split("\n"), "| command | |", "|---|---|"]
    commands = [one for one in facts.program.all() if one.path]
    lines += [_row(f"[`{one.name}`](#{_anchor(one)})", one.summary) for one in commands]
    for command in commands:
        lines += _command(command)
    lines += ["", "## Exit codes", "", "| code | meaning | did a run begin? |", "|---|---|---|"]
    lines += [_row(f"`{int(code)}`", code.meaning, code.began) for code in ExitCode]
    lines += ["", "For `wait` and `status`, 4 and 6 keep their meaning, and no contact is 7."]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> Iterator[str]:
    yield from ("", f"{'#' * (len(command.path) + 1)} {command.name}", "")
    yield from ("```text", command.usage, "```", "", command.summary)
    for paragraph in command.paragraphs:
        yield ""
        if paragraph.is_literal:
            yield from (f"    {line}" for line in paragraph.lines)
        else:
            yield paragraph.text
    if command.example:
        yield from ("", f"Example: `{command.example}`")
    if command.arguments:
        yield from ("", "| argument | |", "|---|---|")
        yield from map(_argument, command.arguments)
    if own := [one for one in command.options if "--help" not in one.names]:
        yield from ("", "| option | |", "|---|---|")
        yield from map(_option, own)


def _argument(argument: Argument) -> str:
    return _row(f"`{argument.values.placeholder}`", argument.help)


def _option(option: Option) -> str:
    value = f" {option.values.placeholder}" if option.values else ""
    return _row(
        f"`{', '.join(option.names)}{value}`", " ".join([option.help, *option_notes(option)])
    )


def _row(*cells: str) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def _anchor(command: Command) -> str:
    return command.name.replace(" ", "-")
