"""The action, the templates and the pages on CI systems do what they say."""

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.ci.runners import azure_commands, dotenv, github_commands, github_file, gitlab_sections
from tests.ci.steps import (
    ROOT,
    Machine,
    document,
    end_of,
    filled,
    interrupt,
    scripts_in,
    snippets,
)
from tests.shell import CANARY, Ended

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the scripts are run as on Linux and macOS"),
    pytest.mark.skipif(not shutil.which("bash"), reason="bash is missing: install it"),
]

BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
PAGES = ["docs/ci/github-actions.md", "docs/ci/azure-pipelines.md", "docs/ci/gitlab.md"]
FLOW = "2b081248-4963-43b3-ba06-5b7403d58b4d"
REFERENCE = f"env/{FLOW}/r1"


class Service:
    """InVision with the flow of the pages: its run ends as `word` says; `starts` are counted."""

    def __init__(self, server: HTTPServer) -> None:
        self.word = "Succeeded"
        self.starts = 0
        flow = f"/api/pub/v1/dataflows/{FLOW}"
        server.expect_request(f"{flow}/start", method="POST").respond_with_handler(self._start)
        server.expect_request(f"{flow}/runs/r1/status").respond_with_handler(self._look)
        self.variables = {
            "DFCTL_BACKEND": "invision",
            "DFCTL_ADDRESS": server.url_for("").rstrip("/"),
            "DFCTL_FLOW": FLOW,
            "DFCTL_KEY": CANARY,
        }

    def _start(self, request: Request) -> Response:
        self.starts += 1
        assert request.headers["x-api-key"] == CANARY
        return self._look(request)

    def _look(self, request: Request) -> Response:
        body = f'{{"runId": "r1", "status": "{self.word}"}}'
        return Response(body, content_type="application/json")


@pytest.fixture
def service(httpserver: HTTPServer) -> Service:
    return Service(httpserver)


class GitHub(Machine):
    """A machine of GitHub: each step has files of its own."""

    steps = 0

    def step(self, script: str, variables: Mapping[str, str]) -> tuple[Ended, dict[str, str], str]:
        """Run a step; return its end, its outputs and its summary."""
        ended = self.run(script, {**variables, **self.files()}, shell=BASH)
        return ended, self.outputs(), self._read("summary")

    def files(self) -> dict[str, str]:
        """Return the variables that name the files of a new step."""
        self.steps += 1
        for name in ("output", "summary"):
            (self.folder / f"{name}{self.steps}").touch()
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.folder / f"output{self.steps}"),
            "GITHUB_STEP_SUMMARY": str(self.folder / f"summary{self.steps}"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(self.folder),
        }

    def outputs(self) -> dict[str, str]:
        return github_file(self._read("output"))

    def _read(self, name: str) -> str:
        return (self.folder / f"{name}{self.steps}").read_text(encoding="utf-8")


@pytest.fixture
def github(tmp_path: Path) -> GitHub:
    return GitHub(tmp_path)


def action_step(number: int, **inputs: str) -> tuple[str, dict[str, str]]:
    """Return script and variables of a step of the action, as the runner makes them of inputs."""
    action = document("action.yml")
    assert set(inputs) <= set(action["inputs"])
    given = {f"inputs.{name}": one["default"] for name, one in action["inputs"].items()}
    given |= {f"inputs.{name}": text for name, text in inputs.items()}
    step = action["runs"]["steps"][number]
    assert step["shell"] == "bash"
    return step["run"], filled(step["env"], given)


def use_action(
    github: GitHub, service: Service, **inputs: str
) -> tuple[Ended, dict[str, str], str]:
    """Use the action as a step of a workflow; return how its second step ended."""
    script, variables = action_step(0, **inputs)
    installed, _, _ = github.step(script, variables)
    assert installed.result == (0, "", "")
    script, variables = action_step(1, **inputs)
    return github.step(script, {**service.variables, **variables})


def test_no_script_has_an_expression_pasted_into_it() -> None:
    documents: list[Any] = [
        document("action.yml"),
        document("docs/ci/dfctl.yml"),
        document("docs/ci/dfctl.gitlab-ci.yml"),
        *[snippet for page in PAGES for snippet in snippets(page)],
    ]
    scripts = [script for one in documents for script in scripts_in(one)]

    assert len(scripts) >= 12
    assert [script for script in scripts if "${{" in script or "$(sales" in script] == []


def test_the_action_starts_a_run_and_hands_on_its_outputs(github: GitHub, service: Service) -> None:
    ended, outputs, summary = use_action(github, service, arguments="--timeout '5m' --quiet")

    action = document("action.yml")
    assert ended.result == (0, "", "")
    assert github.installed[:2] == ["-m", "pip"]
    assert github.installed[-1] == str(ROOT)
    assert outputs == {"run": REFERENCE, "state": "succeeded", "elapsed": "0", "exit_code": "0"}
    assert f"`{REFERENCE}`" in summary
    assert action["outputs"].keys() == {*outputs, "url"}
    assert [one["value"] for one in action["outputs"].values()] == [
        f"${{{{ steps.{action['runs']['steps'][1]['id']}.outputs.{name} }}}}"
        for name in action["outputs"]
    ]


def test_the_action_ends_as_the_run_does(github: GitHub, service: Service) -> None:
    service.word = "Failed"

    ended, outputs, _ = use_action(github, service, profile="env")

    assert (ended.exit_code, outputs["exit_code"]) == (3, "3")
    assert [command.name for command in github_commands(ended.stderr)] == ["error"]


def test_the_action_follows_a_run_and_starts_none(github: GitHub, service: Service) -> None:
    ended, outputs, _ = use_action(github, service, run=REFERENCE, arguments="--timeout 5m")

    assert (ended.exit_code, service.starts) == (0, 0)
    assert outputs["run"] == REFERENCE


@pytest.mark.parametrize(
    "inputs",
    [
        {"profile": "$(touch forged)"},
        {"profile": '"; touch forged; "'},
        {"profile": "--config=*"},
        {"run": "`touch forged`"},
        {"arguments": "$(touch forged)"},
        {"arguments": "; touch forged"},
        {"arguments": "--timeout 'no end"},
    ],
)
def test_no_input_of_the_action_is_run(
    github: GitHub, service: Service, inputs: dict[str, str]
) -> None:
    script, variables = action_step(0)
    github.step(script, variables)
    script, variables = action_step(1, **inputs)

    ended, _, _ = github.step(script, {**service.variables, **variables})

    assert ended.exit_code in (1, 2, 6)
    assert service.starts == 0
    assert not (github.folder / "forged").exists()


def test_arguments_that_cannot_be_split_are_told_and_start_nothing(
    github: GitHub, service: Service
) -> None:
    ended, _, _ = use_action(github, service, arguments="--timeout 'no end")

    assert service.starts == 0
    assert ended.result == (
        2,
        "",
        "::error title=dfctl::the input arguments cannot be split into words: "
        "No closing quotation\n",
    )


def test_no_input_of_the_action_becomes_the_names_of_files(
    github: GitHub, service: Service
) -> None:
    ended, _, _ = use_action(github, service, profile="*")

    assert (ended.exit_code, service.starts) == (2, 0)
    assert "::there is no profile '*' (" in ended.stderr


def test_a_step_that_is_cancelled_leaves_its_reference(github: GitHub, service: Service) -> None:
    service.word = "Running"
    _, script = scripts_in(snippets("docs/ci/github-actions.md")[1]["jobs"]["sales"]["steps"][:2])

    process = github.begin(script, {**service.variables, **github.files()}, shell=BASH)
    assert process.stderr
    while b"running" not in (line := process.stderr.readline()):
        assert line, "it ended before the run was seen"
    assert github.outputs() == {"run": REFERENCE}
    interrupt(process)
    ended = end_of(process)

    assert ended.exit_code == 130
    assert github.outputs() == {
        "run": REFERENCE,
        "state": "running",
        "elapsed": github.outputs()["elapsed"],
        "exit_code": "130",
    }
    assert f"dfctl wait {REFERENCE}" in ended.stderr


def test_the_page_on_github_uses_the_action_as_it_is() -> None:
    workflow, _ = snippets("docs/ci/github-actions.md")
    action = document("action.yml")

    for step in workflow["jobs"]["sales"]["steps"]:
        assert step["uses"].startswith("OWNER/dfctl@")
        assert set(step["with"]) <= set(action["inputs"])
    text = (ROOT / "docs/ci/github-actions.md").read_text(encoding="utf-8")
    assert set(re.findall(r"steps\.sales\.outputs\.(\w+)", text)) <= set(action["outputs"])
    for name in [*action["inputs"], *action["outputs"]]:
        assert f"\n| `{name}` |" in text


def test_the_page_on_github_works_without_the_action(github: GitHub, service: Service) -> None:
    install, run, tell = snippets("docs/ci/github-actions.md")[1]["jobs"]["sales"]["steps"]

    github.step(install["run"], {})
    env = filled(run["env"], {"secrets.INVISION_KEY": CANARY}) | service.variables
    ended, outputs, _ = github.step(run["run"], env)
    values = {f"steps.sales.outputs.{name}": text for name, text in outputs.items()}
    told, _, _ = github.step(
        tell["run"], filled(tell["env"], {"steps.sales.outputs.url": "", **values})
    )

    assert github.installed == ["install", "git+https://github.com/OWNER/dfctl@VERSION"]
    assert ended.exit_code == 0
    assert told.stdout == "succeeded after 0 s, see \n"


def test_the_page_on_azure_works(tmp_path: Path, service: Service) -> None:
    agent = Machine(tmp_path, {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)})
    install, run, follow = snippets("docs/ci/azure-pipelines.md")[0]["steps"]
    secret = {"InVisionKey": CANARY}
    service.word = "Failed"

    agent.run(install["bash"], {}, shell=BASH)
    ended = agent.run(run["bash"], filled(run["env"], secret) | service.variables, shell=BASH)
    values = outputs_of(ended)
    known = {f"{run['name']}.{name}": text for name, text in values.items()}
    followed = agent.run(
        follow["bash"], filled(follow["env"], secret | known) | service.variables, shell=BASH
    )

    assert agent.installed[-1] == "git+https://github.com/OWNER/dfctl@VERSION"
    assert (ended.exit_code, followed.exit_code, service.starts) == (3, 3, 1)
    assert values == {"run": REFERENCE, "state": "failed", "elapsed": "0", "exit_code": "3"}
    assert [one.name for one in azure_commands(ended.stderr) if "log" in one.name] == [
        "task.logissue"
    ]
    [uploaded] = [
        one.data for one in azure_commands(ended.stderr) if one.name == "task.uploadsummary"
    ]
    assert "| failed |" in Path(uploaded).read_text(encoding="utf-8")


def outputs_of(ended: Ended) -> dict[str, str]:
    """Return the output variables that a step of Azure has set."""
    return {
        one.properties["variable"]: one.data
        for one in azure_commands(ended.stdout + ended.stderr)
        if one.name == "task.setvariable"
    }


def test_the_template_for_azure_works(tmp_path: Path, service: Service) -> None:
    agent = Machine(tmp_path, {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)})
    template = document("docs/ci/dfctl.yml")
    given = snippets("docs/ci/azure-pipelines.md")[1]["steps"][0]["parameters"]
    known = {one["name"]: one.get("default") for one in template["parameters"]} | given
    values = {f"parameters.{name}": str(value) for name, value in known.items()}
    install, run = template["steps"]
    inserted = run["env"].pop("${{ insert }}")

    agent.run(install["bash"], filled(install["env"], values), shell=BASH)
    env = filled(run["env"], values) | filled(known["env"], {"InVisionKey": CANARY})
    ended = agent.run(run["bash"], env | service.variables, shell=BASH)

    assert set(given) <= {one["name"] for one in template["parameters"]}
    assert inserted == "${{ parameters.env }}"
    assert agent.installed[-1] == known["source"]
    assert ended.exit_code == 0
    assert "to follow it for up to 50m (--timeout)" in ended.stderr
    assert outputs_of(ended)["run"] == REFERENCE


def test_the_page_on_gitlab_works(tmp_path: Path, service: Service) -> None:
    job = document("docs/ci/dfctl.gitlab-ci.yml")[".dfctl"]
    [page] = snippets("docs/ci/gitlab.md")
    runner = Machine(tmp_path, {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(tmp_path)})
    runner.variables |= {name: str(text) for name, text in job["variables"].items()}

    for name in ("sales", "follow"):
        assert page[name]["extends"] == ".dfctl"
        assert page[name]["variables"].keys() <= {*service.variables, "INSTALL_FROM"}
    runner.run("\n".join(job["before_script"]), page["sales"]["variables"])
    service.word = "Running"
    started = runner.run("\n".join(job["script"]), {**service.variables, "DFCTL_TIMEOUT": "0s"})
    report = tmp_path / job["artifacts"]["reports"]["dotenv"]
    later = dotenv(report.read_text(encoding="utf-8"))
    service.word = "Succeeded"
    follow = "\n".join(page["follow"]["script"])
    followed = runner.run(follow, {**service.variables, **later})
    refused = runner.run(follow, {**service.variables, **later, "DFCTL_RUN_EXIT_CODE": "9"})

    assert runner.installed[-1] == page["sales"]["variables"]["INSTALL_FROM"]
    assert (started.exit_code, followed.exit_code, refused.exit_code) == (124, 0, 1)
    assert later["DFCTL_RUN"] == REFERENCE
    assert len(gitlab_sections(started.stderr)) == 2
    assert service.starts == 1
    text = (ROOT / "docs/ci/gitlab.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(DFCTL_RUN\w*)` \|", text, re.MULTILINE)) == {
        *later,
        "DFCTL_RUN_URL",
    }
