"""`dfctl completion`: the words of dfctl at a press of Tab."""

from typing import Annotated

import typer

from dfctl.composition import Parts
from dfctl.core.exits import ExitCode
from dfctl.manual.shells import Shell, script_of

ShellName = Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")]


def completion(context: typer.Context, shell: ShellName) -> ExitCode:
    """Print the script that makes Tab complete the words of dfctl.

    It is read when a shell starts; a new window has it then.

    \b
    bash, in ~/.bashrc:
      eval "$(dfctl completion bash)"
    zsh, in ~/.zshrc; the first line only if no other there calls compinit:
      autoload -Uz compinit && compinit
      source <(dfctl completion zsh)
    fish, once:
      dfctl completion fish > ~/.config/fish/completions/dfctl.fish
    PowerShell, in the file that $PROFILE names:
      dfctl completion powershell | Out-String | Invoke-Expression

    Example: dfctl completion bash
    """
    from dfctl.cli.description import described

    parts: Parts = context.obj
    parts.output.text(script_of(shell, described(context.find_root().command)).rstrip("\n"))
    return ExitCode.SUCCEEDED
