"""The shells that completion scripts are written for."""

from enum import StrEnum

from dfctl.manual.commands import Command


class Shell(StrEnum):
    """A shell, as `dfctl completion` calls it."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def script_of(shell: Shell, program: Command) -> str:
    """Return the completion script of a program for a shell."""
    from dfctl.manual.bash import bash
    from dfctl.manual.fish import fish
    from dfctl.manual.powershell import powershell
    from dfctl.manual.zsh import zsh

    written = {
        Shell.BASH: bash,
        Shell.ZSH: zsh,
        Shell.FISH: fish,
        Shell.POWERSHELL: powershell,
    }
    return written[shell](program)
