"""`--ci gitlab`: a section of the log, and variables for later jobs."""

import os
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dfctl.core.exits import ExitCode
from dfctl.output.ci.gitlab import VARIABLES, GitLab
from dfctl.output.ci.system import Written
from tests.ci.hostile import hostile_text
from tests.ci.runners import dotenv, gitlab_sections
from tests.ci.stage import shown
from tests.cli.services import RUN, DataformWeb, InVision, begun, final, told
from tests.core.properties import bounded
from tests.output.stages import ENDED, STAMP, STORY, Terminal
from tests.shell import Ended, Shell

REFERENCE = f"sales/updatesales/{RUN}"
SECTION = "dfctl_8000000000000"


def job(shell: Shell, line: str) -> Ended:
    """Run a command line, as in the script of a job."""
    return shell(line, variables={"GITLAB_CI": "true", "CI_PROJECT_DIR": str(shell.folder)})


def for_later_jobs(shell: Shell) -> dict[str, str]:
    """Return the variables that later jobs have."""
    return dotenv((shell.folder / "dfctl.env").read_text(encoding="utf-8"))


def test_the_lines_about_a_run_are_a_section(shell: Shell, invision: InVision) -> None:
    invision.on_start(invision.accepted())
    invision.on_look(invision.seen("Failed"))

    ended = job(shell, "run sales --ci auto")

    # The clock of tests begins at noon on 1 March 2026, in UTC.
    assert ended.result == (
        3,
        final(invision, "failed after 500ms"),
        f"\x1b[0Ksection_start:1772366400:{SECTION}\r\x1b[0Kdfctl\n"
        + told(*begun(invision), "0 sales: pending", "0.5 sales: failed")
        + f"\x1b[0Ksection_end:1772366400:{SECTION}\r\x1b[0K\n",
    )
    assert gitlab_sections(ended.stderr) == [("start", SECTION), ("end", SECTION)]
    assert for_later_jobs(shell) == {
        "DFCTL_RUN": REFERENCE,
        "DFCTL_RUN_STATE": "failed",
        "DFCTL_RUN_ELAPSED": "0",
        "DFCTL_RUN_EXIT_CODE": "3",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_a_pipe_that_nobody_reads_is_not_waited_for(shell: Shell, invision: InVision) -> None:
    if sys.platform != "win32":
        os.mkfifo(shell.folder / "dfctl.env")
    invision.on_look(invision.seen("Succeeded"))

    ended = job(shell, f"wait {REFERENCE} --ci gitlab -q")

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert ended.stderr.startswith("warning: CI_PROJECT_DIR cannot be written: ")


@pytest.mark.parametrize("option", ["-q", "--progress none"])
def test_there_is_no_section_where_there_are_no_lines(
    shell: Shell, invision: InVision, option: str
) -> None:
    invision.on_look(invision.seen("Succeeded"))

    ended = job(shell, f"wait {REFERENCE} --ci gitlab {option}")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert for_later_jobs(shell)["DFCTL_RUN_STATE"] == "succeeded"


def test_a_log_is_not_drawn_on_even_where_the_job_has_a_terminal() -> None:
    err = Terminal(newline="")

    shown("gitlab", ENDED, ExitCode.SUCCEEDED, {}, err=err, events=STORY)

    lines = err.getvalue().split("\n")
    assert lines[1] == f"{STAMP} sales: starting updatesales on invision, " + (
        "to follow it for up to 24h (--timeout)"
    )
    assert len(gitlab_sections(err.getvalue())) == 2
    assert "\x1b" not in "".join(lines[1:-4])


def test_the_file_is_that_of_the_last_command(shell: Shell, invision: InVision) -> None:
    invision.on_start(invision.accepted())

    job(shell, "start sales --ci gitlab")
    first = for_later_jobs(shell)
    job(shell, "run nobody --ci gitlab")

    assert first["DFCTL_RUN"] == REFERENCE
    assert for_later_jobs(shell) == {"DFCTL_RUN_EXIT_CODE": "2"}


def test_an_address_can_end_no_value_and_begin_no_command(
    shell: Shell, dataform: DataformWeb
) -> None:
    url = "https://host.example/a?b=$(c)`d`&e=\"f\"'g'\\|h;i"
    dataform.on_look(dataform.seen("SUCCESSFUL", runLogUrl=url))

    job(shell, "wait nightly/5678 --ci gitlab")

    assert for_later_jobs(shell)["DFCTL_RUN_URL"] == (
        "https://host.example/a?b=%24%28c%29%60d%60&e=%22f%22%27g%27%5C%7Ch%3Bi"
    )


@bounded(100)
@given(
    st.dictionaries(
        st.sampled_from(["run", "state", "url", "elapsed", "exit_code"]),
        st.integers(1, 1500).map(lambda length: "%=/a" * length),
        min_size=1,
    )
)
@example(dict.fromkeys(VARIABLES, "a" * 980))
@example(dict.fromkeys(VARIABLES, "a" * 981))
def test_gitlab_takes_the_file_whatever_the_length_of_its_values(values: dict[str, str]) -> None:
    [written] = GitLab("0", has_sections=True).outputs({}, values)

    assert isinstance(written, Written)
    read = dotenv(written.text)
    assert set(read.values()) <= set(values.values())
    assert len(read) == sum(len(value) <= 980 for value in values.values())


@bounded(50)
@given(hostile_text)
def test_it_is_told_no_text_of_a_service(text: str) -> None:
    system = GitLab("0", has_sections=True)

    assert system.complaint(text, text, is_error=True) == []
    assert system.summary(text) == []
