"""From the Typer app to its commands as values."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dfctl.manual.commands import Argument, Command, Option, Paragraph, Values
from dfctl.manual.sources import Source

_VARIABLE = re.compile(r"\s*\[env:\s*(DFCTL_\w+)\]", re.ASCII)
_EXAMPLE = "Example: "
_SOURCES = {
    "PROFILE": Source.PROFILES,
    "RUN": Source.RUNS,
    "FILE": Source.FILES,
    "COMMAND": Source.COMMANDS,
}
_HELP = Option(("-h", "--help"), "Show this message and exit.")


def described(command: Any, path: tuple[str, ...] = ()) -> Command:
    """Return a command of Typer's, and all below it, as values.

    What may stand for a placeholder is told by its name: PROFILE, RUN, FILE, COMMAND, BACKEND,
    TOPIC, and the lower-case words of `not-started|ended|RUN` themselves.
    """
    paragraphs = list(_paragraphs(command.help or ""))
    examples = [one for one in paragraphs if one.text.startswith(_EXAMPLE)]
    [summary, *others] = [one for one in paragraphs if one not in examples]
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    inner: dict[str, Any] = getattr(command, "commands", {})
    return Command(
        path=path,
        summary=summary.text,
        paragraphs=tuple(others),
        example=examples[0].text.removeprefix(_EXAMPLE) if examples else None,
        arguments=tuple(_argument(one) for one in shown if one.param_type_name == "argument"),
        options=(*(_option(one) for one in shown if one.param_type_name == "option"), _HELP),
        commands=tuple(
            described(one, (*path, name)) for name, one in inner.items() if not one.hidden
        ),
    )


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for part in re.split(r"\n{2,}", text.strip("\n")):
        lines = part.split("\n")
        if lines[0].strip() == "\b":
            yield Paragraph(tuple(lines[1:]), is_literal=True)
        else:
            yield Paragraph(tuple(line.strip() for line in lines))


def _argument(parameter: Any) -> Argument:
    return Argument(
        values=_values(parameter),
        help=_sentence(parameter.help or ""),
        is_repeatable=parameter.nargs != 1,
        is_required=parameter.required,
    )


def _option(parameter: Any) -> Option:
    text = parameter.help or ""
    variable = _VARIABLE.search(text)
    return Option(
        names=tuple(sorted(parameter.opts, key=len)),
        help=_sentence(_VARIABLE.sub("", text)),
        values=None if parameter.is_flag else _values(parameter),
        variable=variable[1] if variable else None,
        default=_default(parameter),
        is_repeatable=parameter.multiple,
        is_required=parameter.required,
    )


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _default(parameter: Any) -> str | None:
    if parameter.is_flag or parameter.default is None or parameter.multiple:
        return None
    default = parameter.default
    return f"{default:g}" if isinstance(default, float) else str(default)


def _values(parameter: Any) -> Values:
    choices = tuple(map(str, getattr(parameter.type, "choices", ())))
    placeholder = parameter.metavar or "|".join(choices) or str(parameter.name).upper()
    placeholder = placeholder.removesuffix("...").strip("[]{}")
    if choices:
        return Values(placeholder, choices)
    names = placeholder.split("|")
    words = [word for name in names for word in _words(name)]
    source = next((_SOURCES[name] for name in names if name in _SOURCES), None)
    # Beside words that stand for themselves, a run is one that nobody knows here.
    is_offered = source is Source.COMMANDS or not words
    return Values(placeholder, tuple(words), source if is_offered else None)


def _words(placeholder: str) -> Iterable[str]:
    if placeholder == "BACKEND":
        from dfctl.backends import built_in_names

        return built_in_names()
    if placeholder == "TOPIC":
        from dfctl.cli.help_pages import TOPICS

        return TOPICS
    return [placeholder] if re.fullmatch(r"[a-z-]+", placeholder) else []
