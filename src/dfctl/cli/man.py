"""`dfctl man`: the manual."""

from typing import Annotated, Any

import typer

from dfctl.composition import Parts
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode

Topic = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[COMMAND|config]...", help="A command, or config: the page on the configuration."
    ),
]
Roff = Annotated[
    bool, typer.Option("--roff", help="Print the source of the page, as `man` reads it.")
]


def man(context: typer.Context, topic: Topic = None, *, roff: Roff = False) -> ExitCode:
    """Show the manual: on dfctl, a command or the configuration.

    On a terminal `man` shows it, where that is installed; else it is printed as plain text.

    Example: dfctl man run
    """
    from dfctl.cli.writing import pages
    from dfctl.manual.plain import plain_text
    from dfctl.manual.roff import roff as source_of
    from dfctl.output.paging import shown_by_man, width_of

    parts: Parts = context.obj
    stdout = parts.environment.stdout
    root: Any = context.find_root().command
    page = pages(root)[_name_of_page(topic or [], root)]
    source = source_of(page)
    if roff:
        parts.output.text(source.rstrip("\n"))
    elif not shown_by_man(stdout, page.file, source):
        parts.output.text(plain_text(page, width=width_of(stdout)))
    return ExitCode.SUCCEEDED


def _name_of_page(words: list[str], root: Any) -> str:
    """Return the page that words mean: a group's page has all its commands. Raises UsageError."""
    from dfctl.cli.help_pages import TOPICS
    from dfctl.cli.mistakes import no_such_page
    from dfctl.cli.spots import spot_of
    from dfctl.manual.pages import CONFIGURATION

    first, *others = [word.removeprefix("dfctl-") for word in words[:1]] + words[1:] or ["dfctl"]
    if others and first in ("dfctl", "config"):
        raise UsageError(f"the page on {first} has no parts", hint=f"dfctl man {first}")
    if first == "dfctl":
        return first
    if first == "config":
        return CONFIGURATION
    spot = spot_of([first, *others], root)
    if spot.unknown is not None:
        if first in TOPICS:
            raise UsageError(f"{first} is a page of help", hint=f"dfctl help {first}")
        raise no_such_page(spot, "dfctl man")
    if len(spot.path.split()) <= len(others) + 1:
        raise UsageError(f"{spot.path} has no commands of its own", hint=f"dfctl man {first}")
    return f"dfctl-{first}"
