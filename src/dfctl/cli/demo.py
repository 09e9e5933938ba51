"""`dfctl demo`: the main job on an embedded service."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dfctl.cli.sandbox import open_sandbox
from dfctl.cli.showing import begin
from dfctl.composition import Parts
from dfctl.core.exits import ExitCode

if TYPE_CHECKING:
    from dfctl.sandbox.server import Sandbox


class Outcome(StrEnum):
    """How the demo's run can end."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


_STORIES = {
    Outcome.SUCCEEDED: "ok",
    Outcome.FAILED: "fail",
    Outcome.CANCELLED: "cancelled",
    Outcome.TIMED_OUT: "timed-out",
}
# InVision has no word for these two.
_ON_DATAFORM = frozenset({Outcome.CANCELLED, Outcome.TIMED_OUT})

OutcomeChoice = Annotated[Outcome, typer.Option("--outcome", help="How the run shall end.")]
Seconds = Annotated[
    float,
    typer.Option("--seconds", min=0, max=3600, metavar="SECONDS", help="How long the run takes."),
]


def demo(
    context: typer.Context, *, outcome: OutcomeChoice = Outcome.SUCCEEDED, seconds: Seconds = 3.0
) -> ExitCode:
    """Show the main job on an embedded service, without an account.

    It types `dfctl start`, `dfctl wait` and `dfctl status` for you, and exits as `wait` does.

    Example: dfctl demo --outcome failed
    """
    from tempfile import TemporaryDirectory

    parts = begin(context, None)
    service = open_sandbox(port=0, seconds=seconds, log=lambda line: None)
    with TemporaryDirectory(prefix="dfctl-demo-") as folder, service.serving():
        from dfctl.store.private import write_private

        path = Path(folder) / "config.toml"
        write_private(path, _config(service, outcome))
        _type(parts, path, "start", "demo")
        record = service.starts[-1]
        reference = "/".join(
            ["demo", record.run] if outcome in _ON_DATAFORM else ["demo", record.flow, record.run]
        )
        code = _type(parts, path, "wait", reference)
        _type(parts, path, "status", reference)
        return code


def _type(parts: Parts, config: Path, *words: str) -> ExitCode:
    """Show a command line, run it as if it had been typed, and show its exit code."""
    from dfctl.cli.app import invoke

    parts.output.text(f"$ dfctl {' '.join(words)}")
    # The demo is the same whatever is configured here, and leaves nothing in the journal.
    others = {name: text for name, text in parts.variables.items() if not name.startswith("DFCTL_")}
    variables = {**others, "DFCTL_CONFIG": str(config), "DFCTL_STATE_DIR": str(config.parent)}
    with Parts(replace(parts.environment, variables=variables)) as inner:
        code = invoke(words, inner)
    parts.output.text(f"exit code {int(code)}\n")
    return code


def _config(service: "Sandbox", outcome: Outcome) -> str:
    from dfctl.store.private import toml_text

    if outcome in _ON_DATAFORM:
        own = {
            "backend": "dataform-web",
            "address": service.dataform_address,
            "key": service.dataform_token,
            "project": service.project,
        }
    else:
        own = {
            "backend": "invision",
            "address": service.invision_address,
            "key": service.invision_key,
        }
    return toml_text({"profiles": {"demo": {**own, "flow": _STORIES[outcome]}}})
