"""`--ci azure`: what the agent of Azure Pipelines is told."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.exits import ExitCode
from dfctl.core.states import State
from dfctl.output.ci.azure import Azure
from dfctl.output.ci.system import Command
from tests.ci.hostile import hostile_text
from tests.ci.runners import Obeyed, azure_commands
from tests.ci.stage import shown
from tests.cli.services import RUN, InVision, begun, final, told
from tests.core.properties import bounded
from tests.output.stages import ENDED
from tests.shell import Ended, Shell

REFERENCE = f"sales/updatesales/{RUN}"
TOKEN = "8000000000000"


def step(shell: Shell, line: str, *, folder: Path | None = None) -> Ended:
    """Run a command line, as in a script of a step."""
    place = str(folder or shell.folder)
    return shell(line, variables={"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": place})


def output(name: str, value: str) -> Obeyed:
    """Return the command that sets an output of the step."""
    return Obeyed("task.setvariable", value, {"variable": name, "isOutput": "true"})


def test_a_run_that_fails_is_an_error_of_the_step_with_outputs_and_a_summary(
    shell: Shell, invision: InVision
) -> None:
    invision.on_start(invision.accepted())
    invision.on_look(invision.seen("Failed"))

    ended = step(shell, "run sales --ci auto")

    summary = f"{shell.folder}/dfctl-{TOKEN}.md"
    first, accepted, *rest = told(*begun(invision), "0 sales: pending", "0.5 sales: failed").split(
        "\n"
    )[:-1]
    failed = f"sales: failed after 500ms ({REFERENCE})"
    assert ended.result == (
        3,
        final(invision, "failed after 500ms"),
        "\n".join(
            [
                first,
                f"##vso[task.setvariable variable=run;isOutput=true]{REFERENCE}",
                accepted,
                *rest,
                f"##vso[task.logissue type=error]{failed}",
                f"##vso[task.uploadsummary]{summary}",
                "##vso[task.setvariable variable=state;isOutput=true]failed",
                "##vso[task.setvariable variable=elapsed;isOutput=true]0",
                "##vso[task.setvariable variable=exit_code;isOutput=true]3",
                "",
            ]
        ),
    )
    assert azure_commands(ended.stderr) == [
        output("run", REFERENCE),
        Obeyed("task.logissue", failed, {"type": "error"}),
        Obeyed("task.uploadsummary", summary),
        output("state", "failed"),
        output("elapsed", "0"),
        output("exit_code", "3"),
    ]
    assert f"| `sales` | `updatesales` | failed | 500ms | `{REFERENCE}` |" in Path(
        summary
    ).read_text(encoding="utf-8")


def test_a_run_that_succeeds_says_nothing_but_outputs_and_the_summary(
    shell: Shell, invision: InVision
) -> None:
    invision.on_look(invision.seen("Succeeded"))

    ended = step(shell, f"wait {REFERENCE} --ci azure -q")

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert [command.name for command in azure_commands(ended.stderr)] == [
        "task.setvariable",
        "task.uploadsummary",
        "task.setvariable",
        "task.setvariable",
    ]


def test_a_run_with_warnings_makes_the_step_succeed_with_issues(tmp_path: Path) -> None:
    run = replace(ENDED, state=State.WARNING)
    variables = {"AGENT_TEMPDIRECTORY": str(tmp_path)}

    well = azure_commands(shown("azure", run, ExitCode.SUCCEEDED, variables))
    strict = replace(run, exit_code=ExitCode.FAILED)
    badly = azure_commands(shown("azure", strict, ExitCode.FAILED, variables))

    words = "sales: succeeded with warnings after 1m30s (sales/updatesales/r1)"
    assert well[0] == Obeyed("task.logissue", words, {"type": "warning"})
    assert well[-1] == Obeyed("task.complete", "", {"result": "SucceededWithIssues"})
    assert badly[0] == Obeyed("task.logissue", words, {"type": "error"})
    assert "task.complete" not in [command.name for command in badly]


def test_a_run_with_warnings_is_a_warning_for_github_too() -> None:
    run = replace(ENDED, state=State.WARNING)

    assert shown("github", run, ExitCode.SUCCEEDED, {}).startswith(
        "::warning title=dfctl%3A sales::sales: succeeded with warnings after 1m30s"
    )


def test_no_summary_is_uploaded_that_could_not_be_written(shell: Shell, invision: InVision) -> None:
    invision.on_look(invision.seen("Succeeded"))
    away = shell.folder / "away"

    ended = step(shell, f"wait {REFERENCE} --ci azure --progress none", folder=away)

    assert ended.exit_code == 0
    assert "task.uploadsummary" not in [one.name for one in azure_commands(ended.stderr)]
    assert "warning: AGENT_TEMPDIRECTORY cannot be written: [Errno 2]" in ended.stderr


@bounded(80)
@given(hostile_text, st.booleans())
def test_any_text_is_one_command_with_the_text_as_it_was(text: str, is_error: bool) -> None:
    level = "error" if is_error else "warning"
    values = {"run": text}

    [issue] = Azure("0").complaint("title", text, is_error=is_error)
    [variable] = Azure("0").outputs(values, values)

    assert isinstance(issue, Command)
    assert isinstance(variable, Command)
    assert azure_commands(issue.line) == [Obeyed("task.logissue", text, {"type": level})]
    assert azure_commands(variable.line) == [output("run", text)]
