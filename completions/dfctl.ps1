# Completes the words of dfctl; written by `dfctl completion`.

Register-ArgumentCompleter -Native -CommandName dfctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $program = Get-Command -Name dfctl -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1
    if (-not $program) { return }
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    $current = "$wordToComplete".Trim('"', "'")

    & $program.Source __complete line "current=$current" @words 2>$null | ForEach-Object {
        $word, $meaning = $_ -split "`t", 2
        if (-not $meaning) { $meaning = $word }
        $typed = if ($word -match '^[\w./%=-]+$') { $word } else { "'$word'" }
        New-Object -TypeName System.Management.Automation.CompletionResult -ArgumentList (
            $typed, $word, 'ParameterValue', $meaning
        )
    }
}
