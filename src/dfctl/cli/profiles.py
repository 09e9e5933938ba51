"""`dfctl profiles`: look at the profiles that are configured, check them, add one."""

import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dfctl.cli import options
from dfctl.cli.checking import check_profile
from dfctl.cli.showing import begin
from dfctl.cli.usage import Command
from dfctl.composition import Parts
from dfctl.core.checks import first_code
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode
from dfctl.output.checks import check_document, check_lines
from dfctl.output.sentences import columns

if TYPE_CHECKING:
    from dfctl.store.drafts import Given

_SETTING = re.compile(r"[a-z][a-z_]*", re.ASCII)

app = typer.Typer(
    help="Look at the profiles that are configured, check them, add one.", rich_markup_mode=None
)

Name = Annotated[
    str | None,
    typer.Argument(metavar="[PROFILE]", help="The profile; the default one if left out."),
]

NewName = Annotated[str, typer.Argument(metavar="NAME", help="The name of the new profile.")]
BackendName = Annotated[
    str | None,
    typer.Option("--backend", metavar="BACKEND", help="The service: invision or dataform-web."),
]
Address = Annotated[
    str | None, typer.Option("--address", metavar="URL", help="The service's address.")
]
Flow = Annotated[
    str | None, typer.Option("--flow", metavar="ID", help="The flow: its id, or the schedule.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another setting, such as project=123, timeout=2h or tags=daily,hourly; repeatable.",
    ),
]
KeyVariable = Annotated[
    str | None,
    typer.Option("--key-env", metavar="NAME", help="The key is in this environment variable."),
]
KeyFile = Annotated[
    str | None, typer.Option("--key-file", metavar="FILE", help="The key is in this file.")
]


@app.callback(invoke_without_command=True)
def profiles(context: typer.Context) -> None:
    """Look at the profiles that are configured, check them, add one."""
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
    lines = [_line(parts, name, is_default=name == default) for name in parts.config.names()]
    if not lines:
        parts.output.hint("no profiles; dfctl init makes one, step by step")
    rows = list(map(asdict, lines))
    parts.output.listing("profiles", rows, columns([line.cells for line in lines]))
    return ExitCode.SUCCEEDED


@app.command("show")
def show_profile(
    context: typer.Context,
    name: Name = None,
    *,
    output: options.OutputFormat = None,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Show a profile's settings and where each comes from.

    Of the key, only the kind of its source is shown.

    Example: dfctl profiles show sales
    """
    parts = begin(context, config, output=output)
    settings = parts.config.describe(name or parts.config.default_name()).shown()
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


@app.command("add", cls=Command)
def add_profile(
    context: typer.Context,
    name: NewName,
    *,
    backend: BackendName = None,
    address: Address = None,
    flow: Flow = None,
    settings: Sets = None,
    key_env: KeyVariable = None,
    key_file: KeyFile = None,
    output: options.OutputFormat = None,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Add a profile to the configuration.

    What stands there stays as it is. The key itself is never typed here: `dfctl keys set NAME`
    stores it.

    Example: dfctl profiles add sales --backend invision --address https://host
    """
    from dfctl.store.drafts import draft, key_setting, raw_settings

    parts = begin(context, config, output=output)
    given = [*_given(backend=backend, address=address, flow=flow), *map(_setting, settings or ())]
    values = {
        **raw_settings(parts.config_to_extend, given),
        **key_setting(variable=key_env, file=key_file),
    }
    new = draft(parts.config_to_extend, name, values)
    file = new.write()
    parts.output.hint(f"written to {file}{' as the default' if new.is_first else ''}")
    command = "profiles check" if {"key", "like"} & values.keys() else "keys set"
    parts.output.hint(f"next: dfctl {command} {name}{parts.config_again}")
    row: dict[str, object] = {"name": name, "file": str(file), "settings": values}
    parts.output.listing("profiles", [row], new.text.splitlines())
    return ExitCode.SUCCEEDED


@app.command("check")
def check(
    context: typer.Context,
    name: Name = None,
    *,
    output: options.OutputFormat = None,
    verbose: options.Verbose = False,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Check a profile: its settings, its key and the service.

    Its certificates are read, too, and the service is asked. Nothing is started. The exit code is
    that of the first thing that is wrong.

    Example: dfctl profiles check sales
    """
    parts = begin(context, config, output=output, verbose=verbose)
    checks = check_profile(parts, name or parts.config.default_name())
    code = first_code(checks)
    parts.output.listing("checks", list(map(check_document, checks)), check_lines(checks), code)
    return code


def _given(**texts: str | None) -> "list[Given]":
    from dfctl.store.drafts import Given

    return [
        Given(setting, text, f"--{setting}") for setting, text in texts.items() if text is not None
    ]


def _setting(text: str) -> "Given":
    """Return what `--set NAME=VALUE` says. What is not of this form may be a key: never quoted."""
    from dfctl.store.drafts import Given

    name, equals, value = text.partition("=")
    if not equals or not _SETTING.fullmatch(name):
        raise UsageError("--set has the form NAME=VALUE, such as --set timeout=2h")
    if name == "key":
        raise UsageError(
            "a key is never typed into a command line, where others can see it",
            hint="store it with `dfctl keys set NAME`, or give --key-env or --key-file",
        )
    return Given(name, value, f"--set {name}")


def _default(parts: Parts) -> str | None:
    with suppress(UsageError):
        return parts.config.default_name()
    return None


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A profile in the list; of one that is broken, what is wrong with it."""

    name: str
    default: bool
    backend: str | None = None
    flow: str | None = None
    address: str | None = None
    problem: str | None = None

    @property
    def cells(self) -> tuple[str, str, str, str]:
        mark = "*" if self.default else " "
        rest = self.problem or self.address or ""
        return f"{mark} {self.name}", self.backend or "-", self.flow or "-", rest


def _line(parts: Parts, name: str, *, is_default: bool) -> _Line:
    try:
        profile = parts.config.profile(name)
    except UsageError as error:
        return _Line(name=name, default=is_default, problem=error.message)
    return _Line(
        name=name,
        default=is_default,
        backend=profile.backend,
        flow=profile.settings.flow,
        address=profile.line.address,
    )
