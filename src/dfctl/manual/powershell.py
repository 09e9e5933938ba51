"""The completion script of PowerShell 5.1 and later, which asks dfctl for every word."""

from string import Template

from dfctl.manual.commands import Command
from dfctl.manual.scripts import CALL, notice

# The current word never comes alone: PowerShell 5.1 drops empty arguments. A word such as @last
# would mean something else to PowerShell without quotes.
_SCRIPT = Template(r"""$notice

Register-ArgumentCompleter -Native -CommandName dfctl -ScriptBlock {
    param($$wordToComplete, $$commandAst, $$cursorPosition)

    $$program = Get-Command -Name dfctl -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1
    if (-not $$program) { return }
    $$words = @($$commandAst.CommandElements |
        Where-Object { $$_.Extent.EndOffset -lt $$cursorPosition } |
        ForEach-Object { $$_.Extent.Text.Trim('"', "'") })
    $$current = "$$wordToComplete".Trim('"', "'")

    & $$program.Source $call line "current=$$current" @words 2>$$null | ForEach-Object {
        $$word, $$meaning = $$_ -split "`t", 2
        if (-not $$meaning) { $$meaning = $$word }
        $$typed = if ($$word -match '^[\w./%=-]+$$') { $$word } else { "'$$word'" }
        New-Object -TypeName System.Management.Automation.CompletionResult -ArgumentList (
            $$typed, $$word, 'ParameterValue', $$meaning
        )
    }
}
""")


def powershell(program: Command) -> str:
    """Return the script for a program."""
    return _SCRIPT.substitute(notice=notice(program.name), call=CALL)
