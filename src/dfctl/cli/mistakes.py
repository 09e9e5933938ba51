"""Mistakes on the command line, in dfctl's own words, and what was meant by them.

What a user typed is shown again only where it cannot be a key: names that dfctl knows, and short
plain words.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

from dfctl.cli.spots import Spot, all_options, has_command, long_options, paths_with, spot_of
from dfctl.cli.words import COMMANDS_OF, IMPOSSIBLE, KEY_OPTIONS, NOT_WAITING, OPTION_OF, VENDOR
from dfctl.core.errors import UsageError
from dfctl.core.suggestions import did_you_mean, listed

if TYPE_CHECKING:
    from typer import TyperException

_PLAIN = re.compile(r"[a-z][a-z0-9]{0,11}(?:[_-][a-z0-9]{1,11}){0,2}", re.IGNORECASE | re.ASCII)
_REFUSED = re.compile(r"""(['"])(.*)\1 is not """, re.DOTALL)


def usage_error(error: "TyperException", argv: Sequence[str], root: TyperGroup) -> UsageError:
    """Return the error for what Typer found wrong with `argv`, a line of the program `root`."""
    given: Any = error
    spot = _spot_of_error(given, argv, root)
    match type(error).__name__:
        case "NoSuchOption":
            return _no_such_option(given.option_name, spot, root)
        case "BadOptionUsage":
            needs = "needs a value" if "requires" in given.message else "takes no value"
            return _error(f"{given.option_name} {needs}", spot)
        case "MissingParameter":
            return _error(f"{_name_of(given.param)} is missing", spot)
        case "BadParameter":
            return _bad_value(given.message, given.param, spot)
    if spot.unknown is not None:
        return no_such_command(spot)
    if "unexpected extra argument" in error.message:
        return _error(_too_many(spot), spot)
    return _error(_as_ours(error.format_message()), spot)


def _spot_of_error(error: Any, argv: Sequence[str], root: TyperGroup) -> Spot:
    """Return where Typer stopped reading; where it does not say so, the last command named."""
    spot, context = spot_of(argv, root), getattr(error, "ctx", None)
    if context is None or context.command_path == spot.path:
        return spot
    return Spot(context.command_path, context.command, spot.words)


def no_such_command(spot: Spot) -> UsageError:
    """Return the error for a word that is no command, with what may have been meant by it."""
    assert isinstance(spot.command, TyperGroup)
    assert spot.unknown is not None
    word = spot.unknown.lower()
    meant = list(_commands_meant(word, spot))
    if not meant and word in IMPOSSIBLE and spot.path == "dfctl":
        message, hint = IMPOSSIBLE[word]
        return UsageError(message, hint=hint)
    near = _did_you_mean(meant) or _nearest_command(word, spot)
    return UsageError(
        f"{spot.path} has no command {shown(spot.unknown, 'of that name')}",
        hint=near or f"{spot.path} --help",
    )


def no_such_page(spot: Spot, shown_by: str) -> UsageError:
    """Return the error for a page on no command: its hint shows another page, and does nothing."""
    error = no_such_command(spot)
    hint = error.hint or ""
    if not hint.startswith("did you mean"):
        return error
    return UsageError(error.message, hint=hint.replace("dfctl ", f"{shown_by} "))


def shown(word: str, otherwise: str) -> str:
    """Return a word in quotes, or other words where it might be a key."""
    return repr(word) if _PLAIN.fullmatch(word) else otherwise


def _commands_meant(word: str, spot: Spot) -> Iterator[str]:
    """Return the commands that another tool's word, or one of another group, stands for."""
    assert isinstance(spot.command, TyperGroup)
    group = spot.path.removeprefix("dfctl").strip()
    for name in COMMANDS_OF.get(word, ()):
        own = name.removeprefix(f"{group} ") if group else name
        if (own != name or not group) and has_command(spot.command, own):
            yield f"dfctl {name}"
    if word not in COMMANDS_OF:
        for name, command in sorted(spot.command.commands.items()):
            if isinstance(command, TyperGroup) and word in command.commands:
                yield f"{spot.path} {name} {word}"


def _nearest_command(word: str, spot: Spot) -> str | None:
    assert isinstance(spot.command, TyperGroup)
    names = {f"{spot.path} {name}": name for name in spot.command.commands}
    near = did_you_mean(word, names.values())
    return near and near.replace("mean ", f"mean {spot.path} ", 1)


def _no_such_option(name: str, spot: Spot, root: TyperGroup) -> UsageError:
    """Return the error for an option that the command does not have. Its value is never shown."""
    typed = _typed(name, spot)
    message = f"{spot.path} has no option {typed}" if typed else f"{spot.path} has no such option"
    if typed in VENDOR:
        return UsageError(
            message, hint="did you mean dfcmdutil? dfcmdutil -run FLOW -url ADDRESS -apikey KEY"
        )
    hint = _option_hint(typed, spot, root) or f"{spot.path} --help"
    return UsageError(message, hint=hint)


def _typed(name: str, spot: Spot) -> str:
    """Return the option as it was typed, `-run` and not only `-r`, where it can be shown."""
    if name.startswith("--"):
        return name if _PLAIN.fullmatch(name[2:]) else ""
    known = {*VENDOR, *(option[1:] for option in long_options(spot.command))}
    for word in spot.words:
        option = word.partition("=")[0].lower()
        if option in known and name[1:].lower() in option[1:]:
            return option
    return name


def _option_hint(typed: str, spot: Spot, root: TyperGroup) -> str | None:
    known = long_options(spot.command)
    long = typed if typed.startswith("--") else f"-{typed}"
    if long in known:
        return f"did you mean {long}?"
    if long in KEY_OPTIONS:
        return "a key is never an option: it is in the variable DFCTL_KEY, or where a profile says"
    if long in NOT_WAITING:
        return "did you mean dfctl start? It does not wait"
    if long == "--profile":
        return f"a profile needs no option: {spot.path} PROFILE"
    meant = OPTION_OF.get(long, typed)
    if meant == "--wait" and spot.path in ("dfctl run", "dfctl wait"):
        return f"{spot.path} waits by itself: leave it out"
    option = meant.partition(" ")[0]
    if option in known:
        return f"did you mean {meant}?"
    if isinstance(spot.command, TyperGroup):
        for name, command in spot.command.commands.items():
            if option in all_options(command):
                return f"it goes behind the command: {spot.path} {name} {meant}"
    others = [f"dfctl {path}" for path in paths_with(option, root)]
    if others:
        return f"{option} is an option of {listed(others)}"
    if setting := _setting_called(long):
        return f"{setting} is a setting of profiles: dfctl help environment has its variable"
    near = did_you_mean(long[2:], [name[2:] for name in known])
    return near and near.replace("mean ", "mean --", 1)


def _setting_called(option: str) -> str | None:
    from dfctl.backends import built_in_names, load_backend
    from dfctl.core.profiles import COMMON_SETTINGS

    own = [setting for name in built_in_names() for setting in load_backend(name).settings]
    names = {setting.name for setting in (*COMMON_SETTINGS, *own)}
    name = "address" if option == "--url" else option[2:].replace("-", "_")
    return name if name in names else None


def _bad_value(message: str, parameter: Any, spot: Spot) -> UsageError:
    name, form = _name_of(parameter), parameter.type
    given = _REFUSED.match(message)
    value = given[2] if given else ""
    quoted = shown(value, "the value")
    if choices := getattr(form, "choices", None):
        return UsageError(
            f"{name}: {quoted} is not one of {listed(map(str, choices))}",
            hint=did_you_mean(value, map(str, choices)) or f"{spot.path} --help",
        )
    if hasattr(form, "min"):
        number = "a number" if "float" in form.name else "a whole number"
        is_range = "is not in the range" in message
        return _error(
            f"{name}: must be {_range(form)}" if is_range else f"{name}: {quoted} is not {number}",
            spot,
        )
    return _error(f"{name}: {_as_ours(message)}", spot)


def _range(form: Any) -> str:
    if form.max is None:
        return f"{form.min} or more"
    return f"from {form.min} to {form.max}"


def _too_many(spot: Spot) -> str:
    arguments = [one for one in spot.command.params if one.param_type_name == "argument"]
    if not arguments:
        return f"{spot.path} takes no arguments"
    count = "one argument" if len(arguments) == 1 else f"{len(arguments)} arguments"
    return f"{spot.path} takes {count} at the most"


def _name_of(parameter: Any) -> str:
    """Return how an option or argument is called: its long form, or its placeholder."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.human_readable_name).strip("[].")
    return str(max(parameter.opts, key=len))


def _did_you_mean(commands: Sequence[str]) -> str | None:
    if not commands:
        return None
    *others, last = commands
    return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"


def _as_ours(message: str) -> str:
    """Return a sentence of Typer's as ours begin and end."""
    first, _, _ = message.partition("\n")
    return first[:1].lower() + first[1:].rstrip(".")


def _error(message: str, spot: Spot) -> UsageError:
    return UsageError(message, hint=f"{spot.path} --help")
