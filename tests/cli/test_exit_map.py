"""`--exit-map`: the numbers that a scheduler wants instead of dfctl's own."""

import io
import json
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from dfctl.cli.exit_map import parse_exit_map
from dfctl.core.errors import UsageError
from dfctl.core.exits import ExitCode, ExitMap, name_of
from tests.cli.services import InVision, Service, final, resume, told
from tests.cli.test_exit_codes import interrupting
from tests.journal.conftest import configure
from tests.journal.service import Service as Several
from tests.shell import Shell

EXAMPLE = "such as --exit-map overlap=0"
NAMES = (
    "succeeded, bug, usage, failed, key, cancelled, not_found, lost, not_ended, unconfirmed, "
    "timed_out, not_started, overlap, timeout, hangup, interrupt, pipe and terminated"
)
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX does")
# bug=0 is refused, so it is drawn from 1 on.
MAPS = st.dictionaries(st.sampled_from(ExitCode), st.integers(1, 255), min_size=1)


@pytest.fixture
def failed(invision: InVision) -> InVision:
    """Return InVision with a run that failed."""
    invision.on_look(invision.seen("Failed"))
    return invision


@pytest.mark.parametrize("line", ["wait", "status"])
def test_a_code_is_mapped_and_the_result_stays(shell: Shell, failed: InVision, line: str) -> None:
    ended = shell(f"{line} {failed.reference} --progress none --exit-map failed=99,lost=8")

    assert (ended.exit_code, ended.stdout, ended.stderr) == (99, final(failed, "failed"), "")


@pytest.mark.parametrize("line", ["run", "start --wait"])
def test_run_and_start_are_mapped_too(shell: Shell, invision: InVision, line: str) -> None:
    invision.on_start(invision.seen("Failed"))

    command, _, option = line.partition(" ")
    assert shell(f"{command} sales {option} --exit-map failed=99").exit_code == 99


def test_what_is_not_named_keeps_its_code(shell: Shell, failed: InVision) -> None:
    assert shell(f"wait {failed.reference} --exit-map lost=0,overlap=0").exit_code == 3


def test_the_variable_serves_all_four_commands_and_the_option_wins(
    shell: Shell, invision: InVision
) -> None:
    invision.on_look(invision.seen("Failed"), invision.seen("Failed"))
    shell.variables["DFCTL_EXIT_MAP"] = "failed=33, usage=44"

    assert shell(f"wait {invision.reference}").exit_code == 33
    assert shell(f"status {invision.reference} --exit-map failed=9").exit_code == 9
    assert shell("run nosuch").exit_code == 44
    assert shell("profiles show nosuch").exit_code == 2


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_document_and_process_agree_and_the_run_keeps_its_own_code(
    shell: Shell, failed: InVision, form: str
) -> None:
    ended = shell(f"wait {failed.reference} -o {form} --exit-map failed=99")

    document = json.loads(ended.stdout.splitlines()[-1] if form == "jsonl" else ended.stdout)
    assert ended.exit_code == document["exit_code"] == 99
    assert [run["exit_code"] for run in document["runs"]] == [3]


def test_the_first_of_several_runs_is_chosen_before_it_is_mapped(
    shell: Shell, httpserver: HTTPServer
) -> None:
    service = Several(httpserver)
    configure(shell, service.address, "sales", "stock")
    service.words["sales-1"] = "Failed"
    service.will_answer("stock", 400)

    ended = shell("run sales stock -o json --exit-map failed=0")

    assert (ended.exit_code, ended.document["exit_code"]) == (0, 0)
    assert [run["exit_code"] for run in ended.document["runs"]] == [3, 2]


class TestErrors:
    def test_of_the_configuration_are_mapped(self, shell: Shell, invision: InVision) -> None:
        ended = shell("run nosuch -o json --exit-map usage=50")

        assert ended.exit_code == ended.document["exit_code"] == 50

    @pytest.mark.parametrize("mapping", ["--exit-map usage=50", "--exit-map=usage=50"])
    def test_of_the_command_line_are_mapped(self, shell: Shell, mapping: str) -> None:
        ended = shell(f"run sales {mapping} --nosuch -o json")

        assert ended.exit_code == ended.document["exit_code"] == 50

    def test_of_the_service_are_mapped(self, shell: Shell, service: Service) -> None:
        service.on_start(401, 401)

        assert shell(f"run {service.profile} --exit-map key=77").exit_code == 77

    def test_of_other_commands_are_not(self, shell: Shell) -> None:
        assert shell("profiles list --exit-map usage=50").exit_code == 2

    def test_a_bug_is_mapped(self, shell: Shell, service: Service) -> None:
        shell.random = "no number"  # type: ignore[assignment]
        service.on_look(service.seen(service.running))

        assert shell(f"wait {service.reference} --exit-map bug=70").exit_code == 70


@posix_only
def test_a_signal_is_mapped(shell: Shell, invision: InVision) -> None:
    is_over = threading.Event()
    invision.on_look(interrupting("SIGTERM", is_over))

    ended = shell(f"wait {invision.reference} --progress none --exit-map terminated=7")
    is_over.set()

    assert ended.result == (
        7,
        f"sales: not seen ({invision.reference})\n",
        told("error: sales: interrupted; the run goes on", resume(invision)),
    )


def test_a_closed_stdout_is_mapped(shell: Shell, invision: InVision) -> None:
    shell.stdout = io.StringIO()
    shell.stdout.close()
    invision.on_start(invision.accepted())

    assert shell("start sales --exit-map pipe=14").exit_code == 14


class TestQuiet:
    @pytest.fixture
    def busy(self, shell: Shell, invision: InVision) -> Shell:
        """Return a shell whose profile `sales` has a run that goes on."""
        invision.on_start(invision.accepted())
        invision.on_look(invision.seen("Running"))
        assert shell("start sales -q").exit_code == 0
        return shell

    def test_is_silent_about_what_is_mapped_to_0(self, busy: Shell) -> None:
        ended = busy("run sales -q --overlap refuse --exit-map overlap=0")

        assert ended.result == (0, "", "")

    def test_is_silent_on_stderr_with_json_too(self, busy: Shell) -> None:
        ended = busy("run sales -q -o json --overlap refuse --exit-map overlap=0")

        assert (ended.exit_code, ended.document["exit_code"], ended.stderr) == (0, 0, "")

    def test_tells_all_of_what_is_not(self, busy: Shell) -> None:
        ended = busy("run sales -q --overlap refuse --exit-map overlap=4")

        assert (ended.exit_code, ended.stdout) == (4, "")
        assert "error: sales: not started: an earlier run is open" in ended.stderr

    def test_without_it_what_is_mapped_to_0_is_still_told(self, busy: Shell) -> None:
        ended = busy("run sales --overlap refuse --exit-map overlap=0")

        assert (ended.exit_code, ended.stdout) == (0, "")
        assert "error: sales: not started: an earlier run is open" in ended.stderr

    def test_is_silent_about_an_error_that_is_mapped_to_0(self, shell: Shell) -> None:
        shell.configure("")

        assert shell("run nosuch -q --exit-map usage=0").result == (0, "", "")

    def test_tells_a_success_that_is_mapped_to_another_code(
        self, shell: Shell, invision: InVision
    ) -> None:
        invision.on_look(invision.seen("Succeeded"))

        ended = shell(f"wait {invision.reference} -q --exit-map succeeded=100")

        assert (ended.exit_code, ended.stdout) == (100, final(invision, "succeeded"))


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("overlap", "'overlap' is not NAME=CODE", EXAMPLE),
        ("", "'' is not NAME=CODE", EXAMPLE),
        ("overlap=0,", "'' is not NAME=CODE", EXAMPLE),
        ("overlap=256", "'overlap=256': '256' is not a code from 0 to 255", EXAMPLE),
        ("overlap=-1", "'overlap=-1': '-1' is not a code from 0 to 255", EXAMPLE),
        ("overlap=", "'overlap=': '' is not a code from 0 to 255", EXAMPLE),
        ("lost=0,lost=0", "lost is named twice", "leave out one of the two"),
        (
            "bug=0",
            "'bug=0': after a bug nobody knows what happened, so it is never a success",
            "map it to another code than 0",
        ),
        (
            "key=1,overlaps=0",
            f"'overlaps=0': there is no exit code called 'overlaps'; the names are {NAMES}",
            "did you mean overlap?",
        ),
        (
            "not-started=0",
            f"'not-started=0': there is no exit code called 'not-started'; the names are {NAMES}",
            "did you mean not_started?",
        ),
        (
            "12=0",
            f"'12=0': there is no exit code called '12'; the names are {NAMES}",
            "did you mean overlap?",
        ),
        (
            "warning=0",
            f"'warning=0': there is no exit code called 'warning'; the names are {NAMES}",
            "dfctl help exit-codes tells what each means",
        ),
    ],
)
def test_a_map_that_is_wrong_is_told_and_ends_with_2(
    shell: Shell, invision: InVision, text: str, problem: str, hint: str
) -> None:
    ended = shell(f"run sales --exit-map '{text}'")

    assert ended.result == (2, "", f"error: --exit-map: {problem}\nhint: {hint}\n")
    assert invision.requests == []


def test_a_variable_that_is_wrong_is_told_with_an_example_of_it(shell: Shell) -> None:
    assert shell("run sales", variables={"DFCTL_EXIT_MAP": "overlap"}).result == (
        2,
        "",
        "error: DFCTL_EXIT_MAP: 'overlap' is not NAME=CODE\n"
        "hint: such as DFCTL_EXIT_MAP=overlap=0\n",
    )


def test_a_map_that_is_wrong_ends_with_2_even_if_it_maps_usage(
    shell: Shell, invision: InVision
) -> None:
    assert shell("run sales --exit-map usage=0,nosuch=1").exit_code == 2
    ended = shell("run sales -o json", variables={"DFCTL_EXIT_MAP": "usage=0,nosuch=1"})
    assert ended.exit_code == ended.document["exit_code"] == 2
    assert ended.stderr.startswith("error: DFCTL_EXIT_MAP: 'nosuch=1': ")
    assert invision.requests == []


@given(MAPS, st.sampled_from(["", " "]))
def test_what_is_written_is_what_is_read(exit_map: ExitMap, blank: str) -> None:
    text = ",".join(
        f"{blank}{name_of(code)}{blank}={blank}{number}{blank}" for code, number in exit_map.items()
    )

    assert parse_exit_map(text, "--exit-map") == exit_map


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("=,0129overlap\n\x1b ")))
def test_whatever_is_written_is_a_map_or_an_error_of_one_line(text: str) -> None:
    try:
        exit_map = parse_exit_map(text, "--exit-map")
    except UsageError as error:
        exit_map, problem = {}, error.message
    else:
        problem = "--exit-map: "

    assert problem.startswith("--exit-map: ")
    assert problem.isprintable()
    assert all(0 <= number <= 255 for number in exit_map.values())
