"""Mistakes on the command line: what dfctl says was meant."""

import shlex

import pytest

from tests.shell import CANARY, Shell

DFCMDUTIL = "did you mean dfcmdutil? dfcmdutil -run FLOW -url ADDRESS -apikey KEY"


def errors(shell: Shell, line: str) -> str:
    """Run a line that must be a mistake, and return what it tells on stderr."""
    ended = shell(line)
    assert (ended.exit_code, ended.stdout) == (2, "")
    return ended.stderr


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("trigger", "did you mean dfctl run or dfctl start?"),
        ("Launch", "did you mean dfctl run or dfctl start?"),
        ("execute", "did you mean dfctl run or dfctl start?"),
        ("submit", "did you mean dfctl run or dfctl start?"),
        ("go", "did you mean dfctl run or dfctl start?"),
        ("watch", "did you mean dfctl wait?"),
        ("follow", "did you mean dfctl wait?"),
        ("poll", "did you mean dfctl wait?"),
        ("tail", "did you mean dfctl wait?"),
        ("list", "did you mean dfctl runs list or dfctl profiles list?"),
        ("ls", "did you mean dfctl runs list or dfctl profiles list?"),
        ("history", "did you mean dfctl runs list or dfctl profiles list?"),
        ("ps", "did you mean dfctl runs list or dfctl profiles list?"),
        ("show", "did you mean dfctl status, dfctl runs show or dfctl profiles show?"),
        ("describe", "did you mean dfctl status, dfctl runs show or dfctl profiles show?"),
        ("get", "did you mean dfctl status, dfctl runs show or dfctl profiles show?"),
        ("info", "did you mean dfctl status, dfctl runs show or dfctl profiles show?"),
        ("prune", "did you mean dfctl runs prune?"),
        ("rum", "did you mean dfctl run?"),
        ("profile", "did you mean dfctl profiles?"),
        ("xyzzy", "dfctl --help"),
    ],
)
def test_a_word_of_another_tool_gets_the_command_of_dfctl(
    shell: Shell, word: str, hint: str
) -> None:
    assert errors(shell, word) == f"error: dfctl has no command {word!r}\nhint: {hint}\n"


@pytest.mark.parametrize("word", ["login", "auth", "configure", "config"])
def test_a_word_for_logging_in_gets_the_commands_that_keep_keys(shell: Shell, word: str) -> None:
    assert errors(shell, word) == (
        f"error: dfctl has no command {word!r}\n"
        "hint: did you mean dfctl init, dfctl keys set or dfctl profiles add?\n"
    )


@pytest.mark.parametrize("word", ["cancel", "stop", "kill", "abort"])
def test_a_word_for_cancelling_is_told_that_no_service_can(shell: Shell, word: str) -> None:
    assert errors(shell, f"{word} sales") == (
        "error: neither InVision nor Dataform Web can cancel a run\n"
        "hint: Ctrl-C ends the waiting of dfctl; the run itself goes on until it ends\n"
    )


def test_logs_are_where_the_service_shows_the_run(shell: Shell) -> None:
    assert errors(shell, "logs sales") == (
        "error: dfctl has no logs of runs: neither InVision nor Dataform Web gives them\n"
        "hint: dfctl status -o json shows the run's url, where the service told one; "
        "its logs are there\n"
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("runs lst", "did you mean dfctl runs list?"),
        ("runs describe", "did you mean dfctl runs show?"),
        ("profiles ls", "did you mean dfctl profiles list?"),
        ("runs trigger", "dfctl runs --help"),
    ],
)
def test_a_word_in_a_group_gets_a_command_of_that_group(shell: Shell, line: str, hint: str) -> None:
    group, word = line.split()

    assert errors(shell, line) == f"error: dfctl {group} has no command {word!r}\nhint: {hint}\n"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("run --timout 3m", "dfctl run has no option --timout", "did you mean --timeout?"),
        ("run -timeout 3m", "dfctl run has no option -timeout", "did you mean --timeout?"),
        ("run -Z", "dfctl run has no option -Z", "dfctl run --help"),
        ("--versoin", "dfctl has no option --versoin", "did you mean --version?"),
        ("start --follow", "dfctl start has no option --follow", "did you mean --wait?"),
        (
            "run --watch",
            "dfctl run has no option --watch",
            "dfctl run waits by itself: leave it out",
        ),
        (
            "run --no-wait",
            "dfctl run has no option --no-wait",
            "did you mean dfctl start? It does not wait",
        ),
        ("run --json", "dfctl run has no option --json", "did you mean --output json?"),
        (
            "run --profile sales",
            "dfctl run has no option --profile",
            "a profile needs no option: dfctl run PROFILE",
        ),
        (
            "wait --server-wait",
            "dfctl wait has no option --server-wait",
            "--server-wait is an option of dfctl run and dfctl start",
        ),
        (
            "run --ca-file x",
            "dfctl run has no option --ca-file",
            "ca_file is a setting of profiles: dfctl help environment has its variable",
        ),
        (
            "--quiet run sales",
            "dfctl has no option --quiet",
            "it goes behind the command: dfctl run --quiet",
        ),
        ("run -run x -url y -apikey z", "dfctl run has no option -run", DFCMDUTIL),
        ("-run x -url y -apikey z", "dfctl has no option -run", DFCMDUTIL),
        ("wait -URL x", "dfctl wait has no option -url", DFCMDUTIL),
    ],
)
def test_an_option_that_a_command_has_not(shell: Shell, line: str, message: str, hint: str) -> None:
    assert errors(shell, line) == f"error: {message}\nhint: {hint}\n"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("run --timeout", "--timeout needs a value", "dfctl run --help"),
        ("status --open=3", "--open takes no value", "dfctl status --help"),
        (
            "run -o jsn",
            "--output: 'jsn' is not one of text, json, jsonl and ref",
            "did you mean json?",
        ),
        (
            "run --overlap xx",
            "--overlap: 'xx' is not one of allow, refuse and join",
            "dfctl run --help",
        ),
        ("demo --seconds x", "--seconds: 'x' is not a number", "dfctl demo --help"),
        ("demo --seconds -1", "--seconds: must be from 0 to 3600", "dfctl demo --help"),
        ("runs list --limit x", "--limit: 'x' is not a whole number", "dfctl runs list --help"),
        ("runs list --limit 0", "--limit: must be 1 or more", "dfctl runs list --help"),
        ("runs resolve", "RUN is missing", "dfctl runs resolve --help"),
        ("runs resolve sales", "--as is missing", "dfctl runs resolve --help"),
        ("demo now", "dfctl demo takes no arguments", "dfctl demo --help"),
        (
            "profiles show a b",
            "dfctl profiles show takes one argument at the most",
            "dfctl profiles show --help",
        ),
    ],
)
def test_a_value_that_is_wrong_missing_or_too_many(
    shell: Shell, line: str, message: str, hint: str
) -> None:
    assert errors(shell, line) == f"error: {message}\nhint: {hint}\n"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (f"'{CANARY}'", "dfctl has no command of that name", "dfctl --help"),
        (f"runs '{CANARY}'", "dfctl runs has no command of that name", "dfctl runs --help"),
        (
            f"run '--api-key={CANARY}'",
            "dfctl run has no option --api-key",
            "a key is never an option: it is in the variable DFCTL_KEY, or where a profile says",
        ),
        (f"run '-k{CANARY}'", "dfctl run has no option -k", "dfctl run --help"),
        (f"run '--{CANARY}'", "dfctl run has no such option", "dfctl run --help"),
        (f"'-apikey={CANARY}'", "dfctl has no option -apikey", DFCMDUTIL),
        (f"-run x -apikey '{CANARY}'", "dfctl has no option -run", DFCMDUTIL),
        (
            f"run '-o{CANARY}'",
            "--output: the value is not one of text, json, jsonl and ref",
            "dfctl run --help",
        ),
        (f"demo '{CANARY}'", "dfctl demo takes no arguments", "dfctl demo --help"),
        (
            f"demo --seconds '{CANARY}'",
            "--seconds: the value is not a number",
            "dfctl demo --help",
        ),
        (
            f"help '{CANARY}'",
            "there is no help on that",
            "dfctl --help lists the commands; the topics are exit-codes, json, json-schema and "
            "environment",
        ),
    ],
)
def test_what_may_be_a_key_is_not_shown_again(
    shell: Shell, line: str, message: str, hint: str
) -> None:
    assert CANARY in "".join(shlex.split(line))
    assert errors(shell, line) == f"error: {message}\nhint: {hint}\n"


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        (
            "DFCTL_OUTPUT",
            "jsnl",
            "'jsnl' is not one of text, json, jsonl and ref",
            "did you mean jsonl?",
        ),
        (
            "DFCTL_COLOR",
            "green",
            "'green' is not one of auto, always and never",
            "set DFCTL_COLOR to one of them, or unset it",
        ),
        (
            "DFCTL_QUIET",
            "very",
            "'very' is neither true nor false",
            "set DFCTL_QUIET to true or false, or unset it",
        ),
    ],
)
def test_a_variable_that_chooses_nothing(
    shell: Shell, name: str, value: str, message: str, hint: str
) -> None:
    shell.configure("")

    ended = shell("status", variables={name: value})

    assert ended.result == (2, "", f"error: {name}: {message}\nhint: {hint}\n")
