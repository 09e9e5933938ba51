"""Configuration that tests write, and what they read of an error about it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from dfctl.core.errors import DfctlError
from dfctl.store.config import Config, load_config

T = TypeVar("T")


class Files:
    """The machine's and the user's file of one test."""

    def __init__(self, folder: Path) -> None:
        self.machine = folder / "machine" / "config.toml"
        self.user = folder / "user" / "config.toml"
        for file in (self.machine, self.user):
            file.parent.mkdir()

    def write(self, user: str | bytes, machine: str | None = None) -> None:
        """Write the user's file, readable by nobody else, and the machine's."""
        self.user.write_bytes(user if isinstance(user, bytes) else user.encode())
        self.user.chmod(0o600)
        if machine is not None:
            self.machine.write_text(machine, encoding="utf-8")
            self.machine.chmod(0o600)

    def load(self, environ: Mapping[str, str] | None = None) -> Config:
        return load_config(environ or {}, files=(self.machine, self.user))

    def said(self, error: DfctlError) -> str:
        """What the user reads, with the names of the files cut short."""
        text = error.message + (f"\n{error.hint}" if error.hint else "")
        return text.replace(str(self.user), "USER").replace(str(self.machine), "MACHINE")


def attempt(act: Callable[[], T]) -> T | DfctlError:
    """Return what `act` returns, or the error of dfctl that it raises; no other is expected."""
    try:
        return act()
    except DfctlError as error:
        return error
