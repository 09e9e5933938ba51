"""`dfctl profiles`: look at the profiles that are configured."""

from contextlib import suppress
from typing import Annotated

import typer

from dfctl.cli import options
from dfctl.cli.showing import begin
from dfctl.composition import Parts
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode
from dfctl.output.sentences import columns

app = typer.Typer(help="Look at the profiles that are configured.", rich_markup_mode=None)

Name = Annotated[
    str | None,
    typer.Argument(metavar="[PROFILE]", help="The profile; the default one if left out."),
]


@app.callback(invoke_without_command=True)
def profiles(context: typer.Context) -> None:
    """Look at the profiles that are configured."""
    if context.invoked_subcommand is None:
        begin(context, None).output.text(context.get_help())


@app.command("list")
def list_profiles(
    context: typer.Context,
    *,
    output: options.OutputFormat = None,
    config: options.ConfigFile = None,
) -> ExitCode:
    """List the profiles; a star marks the default one.

    Example: dfctl profiles list
    """
    parts = begin(context, config, output=output)
    default = _default(parts)
    rows = [_row(parts, name, is_default=name == default) for name in parts.config.names()]
    lines = columns([_cells(row) for row in rows])
    if not rows:
        parts.output.hint("no profiles; dfctl profiles path shows where they would be")
    parts.output.listing("profiles", rows, lines)
    return ExitCode.SUCCEEDED


@app.command("show")
def show_profile(
    context: typer.Context,
    name: Name = None,
    *,
    output: options.OutputFormat = None,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Show a profile's settings and where each comes from; of the key, only its source.

    Example: dfctl profiles show sales
    """
    parts = begin(context, config, output=output)
    settings = parts.config.settings_of(name or parts.config.default_name())
    rows: list[dict[str, object]] = [
        {"name": item.name, "value": item.value, "origin": item.origin} for item in settings
    ]
    lines = columns([(item.name, item.value, f"({item.origin})") for item in settings])
    parts.output.listing("settings", rows, lines)
    return ExitCode.SUCCEEDED


@app.command("path")
def show_path(
    context: typer.Context,
    *,
    output: options.OutputFormat = None,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Show the configuration files that are read, the stronger one last.

    Example: dfctl profiles path
    """
    parts = begin(context, config, output=output)
    files = parts.config.files
    rows: list[dict[str, object]] = [
        {"path": str(file.path), "exists": file.exists} for file in files
    ]
    lines = [str(file.path) + ("" if file.exists else "  (not there)") for file in files]
    parts.output.listing("files", rows, lines)
    return ExitCode.SUCCEEDED


def _default(parts: Parts) -> str | None:
    with suppress(UsageError):
        return parts.config.default_name()
    return None


def _row(parts: Parts, name: str, *, is_default: bool) -> dict[str, object]:
    """Return a profile's line of the list; one that is broken tells why."""
    row: dict[str, object] = {"name": name, "default": is_default}
    try:
        profile = parts.config.profile(name)
    except UsageError as error:
        return {**row, "backend": None, "flow": None, "address": None, "problem": error.message}
    return {
        **row,
        "backend": profile.backend,
        "flow": profile.settings.flow,
        "address": profile.line.address,
        "problem": None,
    }


def _cells(row: dict[str, object]) -> tuple[str, str, str, str]:
    mark = "*" if row["default"] else " "
    return (
        f"{mark} {row['name']}",
        str(row["backend"] or "-"),
        str(row["flow"] or "-"),
        str(row["problem"] or row["address"]),
    )
