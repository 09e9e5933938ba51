"""`dfctl help`: help on commands, and pages on what all of them share."""

from typing import Annotated, Any

import typer

from dfctl.composition import Parts
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode

Topic = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[COMMAND|TOPIC]...",
        help="A command, or one of exit-codes, json, json-schema and environment.",
    ),
]


def help_page(context: typer.Context, topic: Topic = None) -> ExitCode:
    """Explain a command, the exit codes, JSON or the environment.

    Example: dfctl help exit-codes
    """
    parts: Parts = context.obj
    root: Any = context.find_root()
    parts.output.text(_page(root, topic or []))
    return ExitCode.SUCCEEDED


def _page(root: typer.Context, words: list[str]) -> str:
    from dfctl.cli.help_pages import TOPICS

    if len(words) == 1 and words[0] in TOPICS:
        return TOPICS[words[0]](root.command)
    at = root
    for word in words:
        commands: dict[str, Any] = getattr(at.command, "commands", {})
        if word not in commands:
            raise _no_such_page(root, words)
        at = typer.Context(commands[word], info_name=word, parent=at)
    return at.get_help()


def _no_such_page(root: typer.Context, words: list[str]) -> UsageError:
    from dfctl.cli.help_pages import TOPICS
    from dfctl.cli.mistakes import no_such_page, shown
    from dfctl.cli.spots import spot_of
    from dfctl.core.suggestions import did_you_mean, listed

    command: Any = root.command
    spot = spot_of(words, command)
    if spot.unknown is None:
        return UsageError(f"{spot.path} has no commands of its own", hint=f"{spot.path} --help")
    if words[0] in TOPICS:
        return UsageError(f"{words[0]} is a page of its own", hint=f"dfctl help {words[0]}")
    if words == ["config"]:
        return UsageError("config is a page of the manual", hint="dfctl man config")
    error = no_such_page(spot, "dfctl help")
    if spot.unknown != words[0]:
        return error
    word = words[0].lower()
    near = next((f"did you mean {topic}?" for topic in TOPICS if topic.startswith(word)), None)
    if near is None:
        near = did_you_mean(word, TOPICS)
    if near:
        near = near.replace("mean ", "mean dfctl help ", 1)
    if near is None and error.hint != f"{spot.path} --help":
        return error
    topics = f"dfctl --help lists the commands; the topics are {listed(TOPICS)}"
    return UsageError(f"there is no help on {shown(words[0], 'that')}", hint=near or topics)
