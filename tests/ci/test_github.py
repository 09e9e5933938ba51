"""`--ci github`: what the runner of GitHub Actions is told."""

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.output.ci.github import GitHub
from dfctl.output.ci.system import Command, Written
from tests.ci.hostile import hostile_text
from tests.ci.runners import Obeyed, github_commands, github_file
from tests.cli.services import (
    RUN,
    DataformWeb,
    InVision,
    answer,
    begun,
    final,
    resume,
    told,
)
from tests.core.properties import bounded
from tests.shell import CANARY, Ended, Shell

REFERENCE = f"sales/updatesales/{RUN}"


@dataclass(frozen=True)
class Step:
    """A step of a job, with the files that the runner gives it."""

    shell: Shell

    @property
    def output(self) -> Path:
        return self.shell.folder / "set_output"

    @property
    def summary(self) -> Path:
        return self.shell.folder / "step_summary"

    def __call__(self, line: str) -> Ended:
        """Run a command line, as in the step's script."""
        for file in (self.output, self.summary):
            file.touch()
        files = {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary)}
        ended = self.shell(line, variables={"GITHUB_ACTIONS": "true", **files})
        for file in (self.output, self.summary):
            assert CANARY not in file.read_text(encoding="utf-8"), "a key was shown"
        return ended

    @property
    def outputs(self) -> dict[str, str]:
        """Return what later steps can read."""
        return github_file(self.output.read_text(encoding="utf-8"))


@pytest.fixture
def step(shell: Shell) -> Step:
    return Step(shell)


def a_failed_run(invision: InVision) -> None:
    invision.on_start(invision.accepted())
    invision.on_look(invision.seen("Failed"))


def test_a_run_that_succeeds_leaves_outputs_and_a_summary(
    step: Step, dataform: DataformWeb
) -> None:
    dataform.on_start(dataform.accepted())
    dataform.on_look(dataform.seen("RUNNING"), dataform.seen("SUCCESSFUL", runLogUrl=dataform.url))

    ended = step("run nightly --ci github --progress none")

    assert ended.result == (0, final(dataform, "succeeded after 500ms"), "")
    assert step.outputs == {
        "run": dataform.reference,
        "state": "succeeded",
        "url": dataform.url,
        "elapsed": "0",
        "exit_code": "0",
    }
    assert step.summary.read_text(encoding="utf-8") == (
        "### dfctl\n"
        "\n"
        "| profile | flow | state | length | run |\n"
        "|---|---|---|---|---|\n"
        f"| `nightly` | `nightly` | succeeded | 500ms | [`nightly/5678`](<{dataform.url}>) |\n"
        "\n"
    )


def test_a_run_that_fails_is_an_error_of_the_step(step: Step, invision: InVision) -> None:
    a_failed_run(invision)

    ended = step("run sales --ci github")

    annotation = f"::error title=dfctl%3A sales::sales: failed after 500ms ({invision.reference})\n"
    assert ended.result == (
        3,
        final(invision, "failed after 500ms"),
        told(*begun(invision), "0 sales: pending", "0.5 sales: failed") + annotation,
    )
    assert github_commands(ended.stderr) == [
        Obeyed(
            "error",
            f"sales: failed after 500ms ({invision.reference})",
            {"title": "dfctl: sales"},
        )
    ]
    assert (step.outputs["state"], step.outputs["exit_code"]) == ("failed", "3")


@pytest.mark.parametrize("form", ["", "-o json", "-o jsonl", "-o ref", "-q"])
def test_a_timeout_tells_once_how_to_go_on(step: Step, invision: InVision, form: str) -> None:
    invision.on_look(invision.seen("Running"))

    ended = step(f"wait {invision.reference} --timeout 0s --ci github --progress none {form}")

    message = "not ended after 0s (--timeout); the run goes on"
    hint = resume(invision).removeprefix("hint: ")
    assert ended.exit_code == 124
    assert [one.data for one in github_commands(ended.stderr)] == [f"sales: {message}\n{hint}"]
    assert ended.stderr.count(message) == 1
    assert step.summary.read_text(encoding="utf-8").endswith(f"\n- `sales`: `{message}`\n\n")
    assert step.outputs == {"run": invision.reference, "state": "running", "exit_code": "124"}


@pytest.mark.parametrize("command", ["run sales", "start --wait sales", f"wait {REFERENCE}"])
def test_the_reference_is_there_before_anything_can_happen_to_the_step(
    step: Step, invision: InVision, command: str
) -> None:
    seen: list[dict[str, str]] = []
    if "wait " not in command or "--wait" in command:
        invision.on_start(invision.accepted())
    given = answer(invision.seen("Succeeded"))
    invision.on_look(replace(given, meanwhile=lambda: seen.append(step.outputs)))

    ended = step(f"{command} --ci github")

    invision.server.check()
    assert ended.exit_code == 0
    assert seen == [{"run": REFERENCE}]


def test_a_start_that_is_not_followed_leaves_its_reference(step: Step, invision: InVision) -> None:
    invision.on_start(invision.accepted())

    ended = step("start sales --ci github --progress none -o ref")

    assert ended.result == (0, f"{REFERENCE}\n", "")
    assert step.outputs == {"run": REFERENCE, "state": "pending", "exit_code": "0"}
    assert "| pending |" in step.summary.read_text(encoding="utf-8")


def test_a_start_that_may_have_begun_leaves_no_reference(step: Step, invision: InVision) -> None:
    invision.on_start(503)

    ended = step("run sales --ci github --progress none")

    assert ended.exit_code == 9
    assert step.outputs == {"exit_code": "9"}
    assert "| unconfirmed |" in step.summary.read_text(encoding="utf-8")
    [annotation] = github_commands(ended.stderr)
    assert annotation.data.startswith("sales: the start was sent, but it was answered with HTTP")


def test_several_runs_are_told_in_the_order_of_the_command_line(
    step: Step, invision: InVision
) -> None:
    step.shell.configure(
        step.shell.config.read_text(encoding="utf-8")
        + '\n[profiles.stock]\nlike = "sales"\nflow = "count"\n'
        + '\n[profiles.wrong]\nlike = "sales"\nflow = "none"\n'
    )
    for flow, word in (("updatesales", "Failed"), ("count", "Succeeded")):
        path = f"/invision/api/pub/v1/dataflows/{flow}"
        server = invision.server
        server.expect_request(f"{path}/start").respond_with_json({"runId": flow[0]})
        server.expect_request(f"{path}/runs/{flow[0]}/status").respond_with_json(
            {"runId": flow[0], "status": word}
        )
    invision.server.expect_request("/invision/api/pub/v1/dataflows/none/start").respond_with_data(
        status=404
    )

    ended = step("run stock wrong sales --ci github --progress none")

    assert ended.exit_code == 3
    assert step.outputs == {
        "run": "stock/count/c sales/updatesales/u",
        "state": "succeeded failed",
        "elapsed": "0 0",
        "exit_code": "3",
    }
    assert [one.properties["title"] for one in github_commands(ended.stderr)] == [
        "dfctl: wrong",
        "dfctl: sales",
    ]


@pytest.mark.parametrize("key", [CANARY, quote(CANARY, safe="")])
def test_a_key_that_the_service_repeats_reaches_no_file(
    step: Step, dataform: DataformWeb, key: str
) -> None:
    link = f"https://host.example/{key}"
    dataform.on_look(dataform.seen("FAILED", runLogUrl=link))

    step("wait nightly/5678 --ci github")

    assert step.outputs["url"] == "https://host.example/%2A%2A%2A"
    assert quote(CANARY, safe="") not in step.summary.read_text(encoding="utf-8")


def test_an_error_before_any_run_is_told_too(step: Step, invision: InVision) -> None:
    ended = step("run sale --ci github")

    assert invision.requests == []
    assert ended.exit_code == 2
    [annotation] = github_commands(ended.stderr)
    assert annotation.data.startswith("there is no profile 'sale'")
    assert annotation.data.endswith("\ndid you mean sales?")
    assert step.outputs == {"exit_code": "2"}


def test_a_json_document_stays_alone_on_stdout(step: Step, invision: InVision) -> None:
    a_failed_run(invision)

    ended = step("run sales --ci github -o json --progress none")

    assert ended.document["exit_code"] == 3
    assert [one.name for one in github_commands(ended.stderr)] == ["error"]


def test_quiet_says_nothing_of_a_run_that_succeeds_but_to_later_steps(
    step: Step, invision: InVision
) -> None:
    invision.on_look(invision.seen("Succeeded"))

    ended = step(f"wait {invision.reference} --ci github -q")

    assert ended.result == (0, "", "")
    assert step.outputs["state"] == "succeeded"


@pytest.mark.parametrize(
    ("option", "variable", "is_told"),
    [
        ("--ci github", None, True),
        ("--ci auto", None, True),
        ("", "auto", True),
        ("", "GitHub", True),
        ("", "", False),
        ("", None, False),
        ("--ci none", "github", False),
    ],
)
def test_the_system_is_chosen_by_the_option_or_the_variable(
    step: Step, invision: InVision, option: str, variable: str | None, is_told: bool
) -> None:
    a_failed_run(invision)
    if variable is not None:
        step.shell.variables["DFCTL_CI"] = variable

    ended = step(f"run sales {option}")

    assert ended.exit_code == 3
    assert bool(github_commands(ended.stderr)) == is_told
    assert bool(step.output.stat().st_size) == is_told


def test_auto_tells_nobody_where_no_system_is(shell: Shell, invision: InVision) -> None:
    a_failed_run(invision)

    ended = shell("run sales --ci auto --progress none")

    assert ended.result == (3, final(invision, "failed after 500ms"), "")


def test_a_word_that_names_no_system_is_a_mistake(shell: Shell, invision: InVision) -> None:
    ended = shell("run sales", variables={"DFCTL_CI": "gitlub"})

    assert invision.requests == []
    assert ended.result == (
        2,
        "",
        "error: DFCTL_CI: 'gitlub' is not one of none, auto, github, azure and gitlab\n"
        "hint: did you mean gitlab?\n",
    )


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        ("--timout 50m --ci github", None),
        ("--ci=auto --timout 50m", None),
        ("--timout 50m", "github"),
    ],
)
def test_a_command_line_that_is_wrong_is_told_too(
    step: Step, invision: InVision, words: str, variable: str | None
) -> None:
    step.shell.variables["DFCTL_CI"] = variable or ""

    ended = step(f"run sales {words}")

    assert invision.requests == []
    assert ended.result == (
        2,
        "",
        "::error title=dfctl::dfctl run has no option --timout%0Adid you mean --timeout?\n",
    )
    assert step.outputs == {"exit_code": "2"}


@pytest.mark.parametrize(
    "line", ["run sales --timout 50m --ci none", "run --ci gitlub", "keys chek", "--ci"]
)
def test_a_command_line_that_asks_for_no_system_tells_none(step: Step, line: str) -> None:
    step.shell.variables["DFCTL_CI"] = "github"

    ended = step(line)

    assert (ended.exit_code, github_commands(ended.stderr)) == (2, [])
    assert step.output.read_text() == ""


def test_files_that_cannot_be_written_cost_a_warning_each(shell: Shell, invision: InVision) -> None:
    invision.on_start(invision.accepted())
    invision.on_look(invision.seen("Succeeded"))
    away = shell.folder / "away" / "file"

    ended = shell("run sales --ci github --progress none", variables={"GITHUB_OUTPUT": str(away)})

    assert ended.result == (
        0,
        final(invision, "succeeded after 500ms"),
        "warning: GITHUB_OUTPUT cannot be written: [Errno 2] No such file or directory: "
        f"{str(away)!r}\n"
        "warning: GITHUB_STEP_SUMMARY is not set: the CI system is told less; "
        "outside of one, leave out --ci and DFCTL_CI\n",
    )


def test_what_another_program_left_without_an_end_of_line_is_not_spoilt(
    step: Step, invision: InVision
) -> None:
    step.output.write_text("theirs=1", encoding="utf-8")
    invision.on_look(invision.seen("Succeeded"))

    step(f"wait {invision.reference} --ci github")

    assert step.outputs["theirs"] == "1"
    assert step.outputs["run"] == invision.reference


@bounded(80)
@given(st.text(alphabet="0123456789abcdef"), hostile_text.filter(lambda text: "\r" not in text))
def test_any_value_is_read_back_as_it_was(token: str, value: str) -> None:
    values = {"run": f"{value}dfctl_{token}\ndfctl_{token}", "url": value}

    [written] = GitHub(token).outputs(values, values)

    assert isinstance(written, Written)
    assert github_file(written.text) == values


@bounded(80)
@given(hostile_text, hostile_text, st.booleans())
def test_any_annotation_is_one_command_with_the_text_as_it_was(
    title: str, text: str, is_error: bool
) -> None:
    [command] = GitHub("0").complaint(f"x{title}x", text, is_error=is_error)

    assert isinstance(command, Command)
    level = "error" if is_error else "warning"
    assert github_commands(command.line) == [Obeyed(level, text, {"title": f"x{title}x"})]


def test_an_end_that_the_exit_map_takes_for_good_is_a_warning(
    step: Step, invision: InVision
) -> None:
    a_failed_run(invision)

    ended = step("run sales --ci github --exit-map failed=0 --progress none")

    assert ended.exit_code == 0
    [warning] = github_commands(ended.stderr)
    assert (warning.name, warning.properties) == ("warning", {"title": "dfctl: sales"})
    assert (step.outputs["state"], step.outputs["exit_code"]) == ("failed", "0")
