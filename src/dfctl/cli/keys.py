"""`dfctl keys`: the secrets of profiles."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from dfctl.cli import options
from dfctl.cli.checking import answer_to_key
from dfctl.cli.prompt import ask_for_key
from dfctl.cli.showing import begin
from dfctl.composition import Parts
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode
from dfctl.output.sentences import columns

app = typer.Typer(help="Keep, list, try and remove the keys of profiles.", rich_markup_mode=None)

Name = Annotated[
    str | None,
    typer.Argument(metavar="[PROFILE]", help="The profile; the default one if left out."),
]
Keyring = Annotated[
    bool,
    typer.Option(
        "--keyring",
        help="Keep it in the operating system's keyring, not in keys.toml. "
        "Needs: pipx inject dfctl keyring",
    ),
]


@app.callback(invoke_without_command=True)
def keys(context: typer.Context) -> None:
    """Keep, list, try and remove the keys of profiles."""
    if context.invoked_subcommand is None:
        begin(context, None).output.text(context.get_help())


@app.command("set", context_settings={"allow_extra_args": True})
def set_key(
    context: typer.Context,
    name: Name = None,
    *,
    keyring: Keyring = False,
    quiet: options.Quiet = False,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Keep the key of a profile, in place of an earlier one.

    It is asked for and not shown while you type; where stdin is no terminal, its first line is the
    key. It is sent to the profile's present address and to no other. Nothing is sent now.

    Example: dfctl keys set sales
    """
    parts = begin(context, config, quiet=quiet)
    if context.args:
        raise UsageError(
            "a key is never taken from the command line: shells and process lists keep and show it",
            hint="dfctl keys set PROFILE asks for it; if it was a key, replace it at the service",
        )
    slot = parts.kept_keys.slot(name or parts.config.default_name(), in_keyring=keyring)
    slot.keep(ask_for_key(parts.environment, f"Key of {slot.profile} for {slot.origin}: "))
    source = parts.config.key_source(slot.profile)
    if not source.is_kept:
        where = f"{source.describe()} ({source.origin})"
        parts.warn([f"{slot.profile} takes its key from {where} all the same"])
    parts.output.done(f"the key of {slot.profile} is kept in {slot.place}, for {slot.origin}")
    return ExitCode.SUCCEEDED


@app.command("list")
def list_keys(
    context: typer.Context,
    *,
    output: options.OutputFormat = None,
    config: options.ConfigFile = None,
) -> ExitCode:
    """List where the key of each profile comes from; never a key.

    What is wrong there is told, too. No command is run, no keyring opened and no service asked.

    Example: dfctl keys list
    """
    parts = begin(context, config, output=output)
    lines = list(_lines(parts))
    if not lines:
        parts.output.hint("no profiles and no keys; dfctl profiles path shows where they would be")
    parts.output.listing("keys", list(map(asdict, lines)), columns([line.cells for line in lines]))
    return ExitCode.SUCCEEDED


@app.command("check")
def check_key(
    context: typer.Context,
    name: Name = None,
    *,
    output: options.OutputFormat = None,
    verbose: options.Verbose = False,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Ask the service whether it takes the key; nothing is started.

    It is asked about a run that cannot exist. The exit code is 0 if the key was taken for reading,
    4 if it was refused, and 7 if the answer proves nothing. Whether the key may start the flow,
    only a start shows.

    Example: dfctl keys check sales
    """
    parts = begin(context, config, output=output, verbose=verbose)
    profile = name or parts.config.default_name()
    answer = answer_to_key(parts, profile)
    parts.output.hint("nothing was started; whether the key may start the flow, only a start shows")
    row: dict[str, object] = {"profile": profile, "accepted": True, "answer": answer}
    line = f"{profile}: the service took the key for reading; of the run asked for it says {answer}"
    parts.output.listing("keys", [row], [line])
    return ExitCode.SUCCEEDED


@app.command("remove")
def remove_key(
    context: typer.Context,
    name: Name = None,
    *,
    quiet: options.Quiet = False,
    config: options.ConfigFile = None,
) -> ExitCode:
    """Remove the key that `dfctl keys set` kept for a profile.

    No question is asked. Variables, files and settings that name a key stay as they are. The
    service knows the key until you withdraw it there. The exit code is 4 if no key is kept.

    Example: dfctl keys remove sales
    """
    parts = begin(context, config, quiet=quiet)
    profile = name or parts.config.default_name()
    place = parts.kept_keys.remove(profile)
    parts.output.done(f"the key of {profile} is removed from {place}")
    return ExitCode.SUCCEEDED


@dataclass(frozen=True, kw_only=True)
class _Line:
    """Where a profile's key comes from, or why there is none."""

    profile: str
    source: str | None = None
    origin: str | None = None
    problem: str | None = None

    @property
    def cells(self) -> tuple[str, str, str]:
        why = self.problem or (f"({self.origin})" if self.origin else "")
        return self.profile, self.source or "-", why


def _lines(parts: Parts) -> Iterator[_Line]:
    for profile in parts.config.names():
        try:
            source = parts.config.key_source(profile)
        except UsageError as error:
            yield _Line(profile=profile, problem=error.message)
        else:
            yield _Line(
                profile=profile,
                source=source.describe(),
                origin=source.origin or None,
                problem=source.why_not(),
            )
    file = parts.config.key_file.path
    for profile in parts.kept_keys.orphans():
        problem = "there is no such profile"
        yield _Line(profile=profile, source=file.name, origin=str(file), problem=problem)
