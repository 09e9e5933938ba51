"""`dfctl sandbox`: both services on this machine, for trying scripts and CI steps."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from dfctl.cli.showing import begin
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode
from dfctl.process.waits import LONGEST_WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from dfctl.sandbox.server import Sandbox

Port = Annotated[
    int,
    typer.Option("--port", min=0, max=65535, metavar="PORT", help="The port; 0 takes a free one."),
]
Seconds = Annotated[
    float,
    typer.Option(
        "--seconds",
        min=0,
        max=86400,
        metavar="SECONDS",
        help="How long an ordinary run takes.",
    ),
]
WriteConfig = Annotated[
    Path | None,
    typer.Option(
        "--write-config",
        metavar="FILE",
        help="Write the configuration to this new file, and leave it there.",
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Do not show the requests.")]


def sandbox(
    context: typer.Context,
    *,
    port: Port = 0,
    seconds: Seconds = 3.0,
    write_config: WriteConfig = None,
    quiet: Quiet = False,
) -> ExitCode:
    """Serve InVision and Dataform Web here, to try scripts with.

    A flow's name picks its story: ok, fail, slow, flaky, lost-start and more. Ctrl-C ends it.

    Example: dfctl sandbox --port 8765 --write-config sandbox.toml
    """
    from tempfile import TemporaryDirectory

    parts = begin(context, None)
    log = (lambda line: None) if quiet else parts.output.line
    service = open_sandbox(port=port, seconds=seconds, log=log)
    with TemporaryDirectory(prefix="dfctl-sandbox-") as folder, service.serving():
        from dfctl.store.private import write_private

        path = write_config or Path(folder) / "config.toml"
        write_private(path, service.config_toml())
        parts.output.text(service.introduction(path.absolute()))
        _wait_for_a_signal()


def open_sandbox(*, port: int, seconds: float, log: "Callable[[str], object]") -> "Sandbox":
    """Return a sandbox that is bound to `port`. Raises UsageError where the port is taken."""
    from dfctl.sandbox.server import Sandbox

    try:
        return Sandbox(port=port, seconds=seconds, log=log)
    except OSError as problem:
        raise UsageError(
            f"port {port} cannot be used: {problem.strerror}",
            hint="leave out --port to take a free one",
        ) from None


def _wait_for_a_signal() -> NoReturn:
    never = threading.Event()
    while True:
        never.wait(LONGEST_WAIT)
