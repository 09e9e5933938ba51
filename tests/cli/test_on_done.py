"""`--on-done`: a program that is told how each run ended."""

import shlex
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.services import InVision, Service, final
from tests.journal.conftest import configure
from tests.journal.service import Service as Several
from tests.programs.teller import Teller
from tests.shell import CANARY, Shell


@pytest.fixture
def teller(tmp_path: Path) -> Teller:
    """Return a program that writes down what it is told."""
    return Teller(tmp_path)


def failing(folder: Path, more: str = "") -> Teller:
    """Return a program that says why, and fails."""
    return Teller(folder, f"{more}\nprint('calling ops')\nprint('nobody there')\nsys.exit(22)")


class TestWhatIsTold:
    @pytest.mark.parametrize("line", ["run sales", "start sales --wait"])
    def test_of_a_run_that_succeeded(
        self, shell: Shell, invision: InVision, teller: Teller, line: str
    ) -> None:
        invision.on_start(invision.accepted())
        invision.on_look(invision.seen("Running"), invision.seen("Succeeded"))

        ended = shell(f"{line} --progress none {teller.option}")

        assert ended.result == (0, final(invision, "succeeded after 1s"), "")
        assert teller.told == [
            {
                "PROFILE": "sales",
                "RUN": invision.reference,
                "STATE": "succeeded",
                "EXIT_CODE": "0",
                "EXIT_NAME": "succeeded",
                "ELAPSED": "1",
                "URL": "",
                "MESSAGE": "",
            }
        ]

    def test_of_a_run_that_is_waited_for(
        self, shell: Shell, service: Service, teller: Teller
    ) -> None:
        service.on_look(service.seen(service.running))

        ended = shell(f"wait {service.reference} --timeout 0s {teller.option}")

        assert ended.exit_code == 124
        [told] = teller.told
        assert told["RUN"] == service.reference
        assert (told["STATE"], told["EXIT_CODE"], told["EXIT_NAME"]) == (
            "running",
            "124",
            "timeout",
        )
        assert told["MESSAGE"] == "not ended after 0s (--timeout); the run goes on"

    def test_of_a_start_that_was_refused(
        self, shell: Shell, service: Service, teller: Teller
    ) -> None:
        service.on_start(400)

        assert shell(f"run {service.profile} {teller.option}").exit_code == 2
        [told] = teller.told
        assert (told["PROFILE"], told["RUN"], told["STATE"]) == (service.profile, "", "")
        assert (told["EXIT_CODE"], told["EXIT_NAME"]) == ("2", "usage")
        assert "HTTP 400" in told["MESSAGE"]

    def test_of_a_start_without_an_answer(
        self, shell: Shell, service: Service, teller: Teller
    ) -> None:
        service.on_start(500)

        assert shell(f"run {service.profile} {teller.option}").exit_code == 9
        [told] = teller.told
        assert told["RUN"] == f"{service.profile}/start-0001"
        assert (told["EXIT_CODE"], told["EXIT_NAME"]) == ("9", "unconfirmed")

    @pytest.mark.parametrize("line", ["run nightly", "wait nightly/5678"])
    def test_of_a_key_that_is_missing(
        self, shell: Shell, httpserver: HTTPServer, teller: Teller, line: str
    ) -> None:
        shell.configure_dataform(httpserver.url_for("/v1"), key=None)

        ended = shell(f"{line} {teller.option}")

        assert ended.exit_code == 4
        [told] = teller.told
        assert (told["PROFILE"], told["EXIT_NAME"]) == ("nightly", "key")
        assert told["MESSAGE"] == "the profile nightly has no key"

    def test_of_a_message_is_one_clean_line(
        self, shell: Shell, invision: InVision, teller: Teller
    ) -> None:
        invision.on_start(
            {"detail": "no\x1b[2J\nnever"},
        )
        ended = shell(f"run sales {teller.option}")

        assert ended.exit_code == 9
        assert teller.told[0]["MESSAGE"].isprintable()

    def test_is_the_own_code_of_the_run_and_not_the_mapped_one(
        self, shell: Shell, invision: InVision, teller: Teller
    ) -> None:
        invision.on_look(invision.seen("Failed"))

        ended = shell(f"wait {invision.reference} --exit-map failed=0 {teller.option}")

        assert (ended.exit_code, teller.told[0]["EXIT_CODE"]) == (0, "3")

    def test_of_several_runs_is_told_once_for_each(
        self, shell: Shell, httpserver: HTTPServer, teller: Teller
    ) -> None:
        service = Several(httpserver)
        configure(shell, service.address, "sales", "stock", "bills")
        service.words["sales-1"] = "Failed"
        service.will_answer("bills", 401)

        assert shell(f"run stock sales bills {teller.option}").exit_code == 3
        assert [(told["PROFILE"], told["EXIT_NAME"]) for told in teller.told] == [
            ("bills", "key"),
            ("sales", "failed"),
            ("stock", "succeeded"),
        ]

    def test_of_a_run_that_is_no_longer_followed(
        self, shell: Shell, httpserver: HTTPServer, teller: Teller
    ) -> None:
        service = Several(httpserver)
        configure(shell, service.address, "sales", "stock")
        service.words.update({"sales-1": "Running", "stock-1": "Failed"})

        assert shell(f"run sales stock --fail-fast {teller.option}").exit_code == 3
        assert [told["EXIT_NAME"] for told in teller.told] == ["not_ended", "failed"]


class TestTheProgram:
    def test_gets_arguments_as_a_shell_would_split_them(
        self, shell: Shell, invision: InVision, teller: Teller
    ) -> None:
        invision.on_look(invision.seen("Succeeded"))
        teller.command += """ --to "the ops" 'a b' $HOME "" c\\ d""".replace("'", '"')

        shell(f"wait {invision.reference}", variables={"DFCTL_ON_DONE": teller.command})

        [call] = teller.calls
        assert call["arguments"] == ["--to", "the ops", "a b", "$HOME", "", "c d"]
        assert call["stdin"] == ""

    def test_has_the_variables_of_the_caller_but_no_key(
        self, shell: Shell, httpserver: HTTPServer, teller: Teller
    ) -> None:
        service = InVision(httpserver)
        shell.configure(
            f'[profiles.sales]\nbackend = "invision"\naddress = "{service.address}"\n'
            'flow = "updatesales"\nkey = { env = "SALES_SECRET" }\n'
            '[profiles.other]\nlike = "sales"\nkey = { env = "Other_Secret" }\n'
        )
        service.on_look(service.seen("Succeeded"))
        keys = ("SALES_SECRET", "Other_Secret", "DFCTL_KEY", "DFCTL_KEY_OTHER", "DFCTL_KEY_X")
        around = {"MAILTO": "ops", "DFCTL_DONE_URL": "stale", "DFCTL_OUTPUT": "text"}

        shell(
            f"wait {service.reference} {teller.option}",
            variables={**dict.fromkeys(keys, CANARY), **around, "DFCTL_ON_DONE": "elsewhere"},
        )

        [call] = teller.calls
        assert CANARY not in str(call)
        assert not {*keys, "DFCTL_ON_DONE"} & set(call["variables"])
        assert call["variables"]["MAILTO"] == "ops"
        assert call["variables"]["DFCTL_OUTPUT"] == "text"
        assert call["variables"]["DFCTL_DONE_URL"] == ""

    def test_is_named_by_the_variable_too_and_the_option_wins(
        self, shell: Shell, invision: InVision, teller: Teller
    ) -> None:
        invision.on_look(invision.seen("Succeeded"), invision.seen("Succeeded"))
        variables = {"DFCTL_ON_DONE": teller.command}

        shell(f"wait {invision.reference}", variables=variables)
        shell(f"wait {invision.reference} --on-done /nowhere", variables=variables)

        assert len(teller.calls) == 1

    def test_is_not_called_by_status_or_a_start_that_is_not_followed(
        self, shell: Shell, invision: InVision, teller: Teller
    ) -> None:
        invision.on_start(invision.accepted())
        invision.on_look(invision.seen("Succeeded"))
        shell.variables["DFCTL_ON_DONE"] = teller.command

        assert shell("start sales").exit_code == 0
        assert shell("status sales").exit_code == 0
        assert shell("run sales --dry-run").exit_code == 0
        assert teller.calls == []

    def test_may_write_what_is_then_told_on_stderr(
        self, shell: Shell, invision: InVision, tmp_path: Path
    ) -> None:
        teller = Teller(tmp_path, r"print('OK\n\x1b[2J fine')")
        invision.on_look(invision.seen("Succeeded"))

        ended = shell(f"wait {invision.reference} --progress none {teller.option}")

        assert ended.result == (
            0,
            final(invision, "succeeded"),
            "sales: --on-done: OK\nsales: --on-done: \N{REPLACEMENT CHARACTER}[2J fine\n",
        )


class TestAFailure:
    def test_is_a_warning_and_changes_nothing(
        self, shell: Shell, invision: InVision, tmp_path: Path
    ) -> None:
        teller = failing(tmp_path)
        invision.on_look(invision.seen("Succeeded"))

        ended = shell(f"wait {invision.reference} --progress none {teller.option}")

        assert ended.result == (
            0,
            final(invision, "succeeded"),
            "sales: --on-done: calling ops\n"
            f"warning: sales: --on-done: {shlex.split(teller.command)[0]} exited with 22: "
            "nobody there\n",
        )

    def test_is_told_by_quiet_too_and_nothing_else(
        self, shell: Shell, invision: InVision, tmp_path: Path
    ) -> None:
        teller = failing(tmp_path)
        invision.on_look(invision.seen("Succeeded"))

        ended = shell(f"wait {invision.reference} -q {teller.option}")

        assert (ended.exit_code, ended.stdout) == (0, "")
        assert ended.stderr == (
            f"warning: sales: --on-done: {shlex.split(teller.command)[0]} exited with 22: "
            "nobody there\n"
        )

    def test_is_an_event_of_json_lines(
        self, shell: Shell, invision: InVision, tmp_path: Path
    ) -> None:
        invision.on_look(invision.seen("Succeeded"))

        ended = shell(f"wait {invision.reference} -o jsonl {failing(tmp_path).option}")

        *_, warning, document = ended.stdout.splitlines()
        assert '"event": "warning"' in warning
        assert "exited with 22: nobody there" in warning
        assert '"exit_code": 0' in document

    def test_quiet_success_is_wholly_silent(
        self, shell: Shell, invision: InVision, tmp_path: Path
    ) -> None:
        teller = Teller(tmp_path, "print('OK')")
        invision.on_look(invision.seen("Succeeded"))

        assert shell(f"wait {invision.reference} -q {teller.option}").result == (0, "", "")
        assert len(teller.calls) == 1


@pytest.mark.parametrize(
    ("command", "problem", "hint"),
    [
        (
            "no-such-program --now",
            "no-such-program was not found, or is no program",
            "name it by its whole path; no shell reads it: for what a shell does, "
            "write sh -c '...'",
        ),
        ("notify 'ops", "cannot be split into words: no closing quotation", "quote it as a whole, "
         "and within it the arguments that have blanks"),
        ("", "names no program", "such as --on-done '/path/to/notify'"),
        ("'' a", "names no program", "such as --on-done '/path/to/notify'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", ["run sales", "start sales --wait", "wait sales/updatesales/1"])
def test_a_program_that_is_missing_is_told_before_anything_is_sent(
    shell: Shell, invision: InVision, line: str, command: str, problem: str, hint: str
) -> None:
    ended = shell(f"{line} --on-done {shlex.quote(command)}")

    assert ended.result == (2, "", f"error: --on-done: {problem}\nhint: {hint}\n")
    assert invision.requests == []


def test_the_variable_is_named_where_it_is_wrong(shell: Shell, invision: InVision) -> None:
    ended = shell("run sales", variables={"DFCTL_ON_DONE": "no-such-program"})

    assert ended.exit_code == 2
    assert ended.stderr.startswith("error: DFCTL_ON_DONE: no-such-program was not found")


def test_start_without_wait_has_no_use_for_it(shell: Shell, invision: InVision) -> None:
    assert shell("start sales --on-done true").result == (
        2,
        "",
        "error: --on-done goes with --wait\nhint: add --wait, or use `dfctl run`\n",
    )
