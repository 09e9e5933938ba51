"""Mistakes on the command line and in what a service can do: told, and nothing is sent."""

import json
from pathlib import Path

import pytest

from dfctl.store.config import account_name
from tests.cli.services import DataformWeb, InVision, final, starting, told
from tests.shell import Ended, Shell

UNDOCUMENTED = (
    "warning: InVision does not document that a start over HTTP reads parameters; "
    "they are sent because experimental_parameters is set, and may be ignored"
)


def mistake(message: str, hint: str | None = None) -> tuple[int, str, str]:
    """Return how a command ends that was called wrongly."""
    return 2, "", f"error: {message}\n" + (f"hint: {hint}\n" if hint else "")


class TestParameters:
    def test_are_refused_by_invision_unless_the_profile_says_otherwise(
        self, shell: Shell, invision: InVision
    ) -> None:
        by_param = shell("run sales -p department=100")
        shell.stdin = "{}"
        by_input = shell("start sales --input -")

        expected = mistake(
            "InVision does not document that a start over HTTP reads parameters",
            "to send them all the same, set experimental_parameters = true in the profile",
        )
        assert invision.requests == []
        assert [by_param.result, by_input.result] == [expected] * 2

    def test_are_sent_with_a_warning_where_the_profile_says_so(
        self, shell: Shell, invision: InVision
    ) -> None:
        shell.configure_invision(invision.address, experimental_parameters=True)
        body = '{"globalArguments": {"department": "100", "label": "a=b", "empty": ""}}'
        invision.on_start(invision.seen("Succeeded"), body=body)

        ended = shell("run sales -p department=100 --param label=a=b -p empty=")

        assert invision.requests == [invision.start_line]
        assert ended.result == (
            0,
            final(invision, "succeeded after 0s"),
            told(
                UNDOCUMENTED,
                starting(invision),
                f"0 sales: started {invision.reference}",
                "0 sales: succeeded",
            ),
        )

    @pytest.mark.parametrize("bom", ["", "\ufeff"])
    def test_may_be_a_document_in_a_file_and_values_win_over_it(
        self, shell: Shell, invision: InVision, tmp_path: Path, bom: str
    ) -> None:
        shell.configure_invision(invision.address, experimental_parameters=True)
        document = {"globalArguments": {"a": "1", "b": True}, "dataContext": ""}
        file = tmp_path / "input.json"
        file.write_text(bom + json.dumps(document), encoding="utf-8")
        body = {"globalArguments": {"a": "2", "b": True}, "dataContext": ""}
        invision.on_start(invision.accepted(), body=json.dumps(body))

        ended = shell(f"start sales --input {file.as_posix()} -p a=2 -o ref --progress none")

        assert invision.requests == [invision.start_line]
        assert ended.result == (0, f"{invision.reference}\n", f"{UNDOCUMENTED}\n")

    def test_are_not_dropped_where_the_document_has_another_form(
        self, shell: Shell, invision: InVision
    ) -> None:
        shell.configure_invision(invision.address, experimental_parameters=True)
        shell.stdin = '{"globalArguments": [{"name": "a", "value": "1"}]}'

        ended = shell("start sales --input - -p b=2")

        assert invision.requests == []
        assert ended.exit_code == 2
        assert "globalArguments" in ended.stderr

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "null", '"text"', "{", "NaN", '{"a": NaN}', '{"a": Infinity}', "[" * 100_000],
        ids=range(9),
    )
    def test_that_are_no_json_object_are_refused(
        self, shell: Shell, invision: InVision, text: str
    ) -> None:
        shell.configure_invision(invision.address, experimental_parameters=True)
        shell.stdin = text

        ended = shell("run sales --input -")

        assert invision.requests == []
        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.startswith("error: --input: stdin ")
        assert len(ended.stderr) < 500

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ("-p department", "--param: number 1 has not the form NAME=VALUE"),
            ("-p =100", "--param: number 1 has not the form NAME=VALUE"),
            ("-p a=1 -p department", "--param: number 2 has not the form NAME=VALUE"),
            ("-p a=1 -p b=2 -p a=1", "--param: 'a' is given twice"),
            ("--input gone.json", "--input: gone.json cannot be read: No such file or directory"),
        ],
    )
    def test_that_are_written_wrongly_are_refused(
        self, shell: Shell, invision: InVision, options: str, message: str
    ) -> None:
        ended = shell(f"run sales {options}")

        assert invision.requests == []
        assert ended.result == mistake(message)

    @pytest.mark.parametrize("options", ["-p tag=daily", "--input -"])
    def test_are_refused_by_dataform_web(
        self, shell: Shell, dataform: DataformWeb, options: str
    ) -> None:
        shell.stdin = '{"scheduleName": "other"}'

        ended = shell(f"run nightly {options}")

        assert dataform.requests == []
        assert ended.result == mistake(
            "Dataform Web takes no parameters",
            'choose what runs with tags = ["..."] in the profile',
        )


class TestDataformWeb:
    @pytest.mark.parametrize("command", ["run nightly", "start nightly --wait"])
    def test_refuses_server_wait(self, shell: Shell, dataform: DataformWeb, command: str) -> None:
        ended = shell(f"{command} --server-wait")

        assert dataform.requests == []
        assert ended.result == mistake(
            "Dataform Web cannot hold its answer until the run ends",
            "leave out --server-wait: dfctl follows the run all the same",
        )

    @pytest.mark.parametrize(
        "command", ["run", "start", "wait nightly/5678", "status nightly/5678"]
    )
    def test_refuses_a_flow_beside_tags(
        self, shell: Shell, dataform: DataformWeb, command: str
    ) -> None:
        shell.configure_dataform(dataform.address, tags=["daily"])

        ended = shell(command)

        assert dataform.requests == []
        assert ended.result == mistake(
            f"{shell.config}: profile nightly: tags: "
            "stands beside a flow: Dataform Web runs either a schedule or tags",
            "leave one of them out",
        )

    @pytest.mark.parametrize("settings", [{}, {"whole_project": False}, {"tags": []}])
    def test_starts_everything_only_where_the_profile_says_so(
        self, shell: Shell, dataform: DataformWeb, settings: dict[str, object]
    ) -> None:
        shell.configure_dataform(dataform.address, flow=None, **settings)

        ended = shell("run nightly")

        assert dataform.requests == []
        assert ended.result == mistake(
            f"{shell.config}: profile nightly: flow: is missing",
            "set it to the name of a schedule, or set tags; "
            "to run the whole project set whole_project = true",
        )

    @pytest.mark.parametrize("project", ["my-project", "12.5", "-1", "\uff11\uff12"])
    def test_refuses_a_project_that_is_no_number(
        self, shell: Shell, dataform: DataformWeb, project: str
    ) -> None:
        shell.configure_dataform(dataform.address, project=project)

        ended = shell("run nightly")

        assert dataform.requests == []
        assert ended.result == mistake(
            f"{shell.config}: profile nightly: project: {project!r} is not a project's id",
            "it is the number in https://app.dataform.co/#/<number>/",
        )


def test_invision_needs_a_flow(shell: Shell, invision: InVision) -> None:
    shell.configure_invision(invision.address, flow=None)

    ended = shell("run sales")

    assert invision.requests == []
    assert ended.result == mistake(
        f"{shell.config}: profile sales: flow: is missing",
        "set it to the id of the Data Flow, or give --flow ID",
    )


class TestStartWithoutWait:
    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("--timeout", "5s"),
            ("--timeout", "none"),
            ("--queue-timeout", "5s"),
            ("--interval", "5s"),
            ("--heartbeat", "5s"),
            ("--fail-on-warning", ""),
            ("--server-wait", ""),
        ],
    )
    def test_refuses_options_that_are_about_waiting(
        self, shell: Shell, invision: InVision, option: str, value: str
    ) -> None:
        ended = shell(f"start sales {option} {value}")

        assert invision.requests == []
        assert ended.result == mistake(
            f"{option} goes with --wait", "add --wait, or use `dfctl run`"
        )

    def test_ignores_variables_that_are_about_waiting(
        self, shell: Shell, invision: InVision
    ) -> None:
        invision.on_start(invision.accepted())
        names = ("TIMEOUT", "QUEUE_TIMEOUT", "INTERVAL", "HEARTBEAT")

        ended = shell(
            "start sales --max-outage 1s -q",
            variables={f"DFCTL_{name}": "5s" for name in names} | {"DFCTL_FAIL_ON_WARNING": "1"},
        )

        assert invision.requests == [invision.start_line]
        assert ended.result == (0, "", "")


class TestSeveral:
    @pytest.mark.parametrize("command", ["run", "start", "start --wait", "run --dry-run"])
    def test_profiles_are_refused_before_anything_is_sent_where_one_does_not_exist(
        self, shell: Shell, invision: InVision, command: str
    ) -> None:
        ended = shell(f"{command} sales other")

        assert invision.requests == []
        assert ended.result == mistake(
            f"there is no profile 'other' (account {account_name()}, looked at {shell.config})",
            "the only profile is sales",
        )

    @pytest.mark.parametrize("command", ["run", "start", "start --wait", "run --dry-run"])
    def test_starts_of_one_profile_are_refused(
        self, shell: Shell, invision: InVision, command: str
    ) -> None:
        ended = shell(f"{command} sales sales")

        assert invision.requests == []
        assert ended.result == mistake(
            "the profile 'sales' is named twice", "to start it twice, call dfctl twice"
        )

    @pytest.mark.parametrize("command", ["run", "start"])
    def test_a_run_is_not_started(self, shell: Shell, invision: InVision, command: str) -> None:
        ended = shell(f"{command} {invision.reference}")

        assert invision.requests == []
        assert ended.result == mistake(
            f"{invision.reference!r} is a run, and a profile is started",
            "dfctl wait follows a run, dfctl status looks at it",
        )


class TestDurations:
    @pytest.mark.parametrize("option", ["timeout", "queue-timeout", "interval", "max-outage"])
    @pytest.mark.parametrize(
        ("text", "guess"), [("soon", ""), ("5", "; did you mean 5s?"), ("-5s", ""), ("1w", "")]
    )
    def test_that_cannot_be_read_are_told(
        self, shell: Shell, invision: InVision, option: str, text: str, guess: str
    ) -> None:
        ended = shell(f"run sales --{option}={text}")

        assert invision.requests == []
        assert ended.result == mistake(
            f"--{option}: {text!r} is not a duration such as 500ms, 90s, 5m, 2h30m or none{guess}"
        )

    def test_of_a_variable_are_told_by_its_name(self, shell: Shell, invision: InVision) -> None:
        ended = shell("run sales", variables={"DFCTL_TIMEOUT": "soon"})

        assert invision.requests == []
        assert ended.result == mistake(
            "DFCTL_TIMEOUT: 'soon' is not a duration such as 500ms, 90s, 5m, 2h30m or none"
        )

    @pytest.mark.parametrize("option", ["--interval", "--heartbeat"])
    @pytest.mark.parametrize("text", ["0s", "0ms", "99ms"])
    def test_of_no_time_are_refused_where_they_would_never_rest(
        self, shell: Shell, invision: InVision, option: str, text: str
    ) -> None:
        ended = shell(f"run sales {option} {text}")

        assert invision.requests == []
        assert ended.result == mistake(f"{option}: must be at least 100ms")


class TestUnknown:
    def test_commands_are_told_and_the_nearest_is_named(
        self, shell: Shell, invision: InVision
    ) -> None:
        ended = shell("statsu sales/x")

        assert ended.result == mistake(
            "dfctl has no command 'statsu'", "did you mean dfctl status?"
        )

    def test_the_version_is_no_command(self, shell: Shell) -> None:
        assert shell("version").result == mistake(
            "dfctl has no command 'version'", "dfctl --version prints it"
        )

    @pytest.mark.parametrize("command", ["run", "start", "wait", "status", "profiles list"])
    def test_options_are_told(self, shell: Shell, invision: InVision, command: str) -> None:
        ended = shell(f"{command} --zzz")

        assert ended.result == mistake(
            f"dfctl {command} has no option --zzz", f"dfctl {command} --help"
        )

    @pytest.mark.parametrize(
        ("line", "name", "nearest"),
        [
            ("run --timeuot 5s", "--timeuot", "--timeout"),
            ("status --nope", "--nope", "--open"),
        ],
    )
    def test_options_get_the_nearest_one(
        self, shell: Shell, invision: InVision, line: str, name: str, nearest: str
    ) -> None:
        command = line.split()[0]

        assert shell(line).result == mistake(
            f"dfctl {command} has no option {name}", f"did you mean {nearest}?"
        )

    @pytest.mark.parametrize(
        "line",
        [
            "run nosuch",
            "start nosuch",
            "wait nosuch/1/2",
            "status nosuch/1/2",
            "profiles show nosuch",
        ],
    )
    def test_profiles_are_told_with_the_account_and_the_files(
        self, shell: Shell, invision: InVision, line: str
    ) -> None:
        ended = shell(line)

        assert invision.requests == []
        assert ended.result == mistake(
            f"there is no profile 'nosuch' (account {account_name()}, looked at {shell.config})",
            "the only profile is sales",
        )

    def test_profiles_get_the_nearest_one(self, shell: Shell, invision: InVision) -> None:
        ended = shell("run salse")

        assert ended.exit_code == 2
        assert ended.stderr.endswith("hint: did you mean sales?\n")

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            ("-o xml", "--output: 'xml' is not one of text, json, jsonl and ref"),
            ("--progress loud", "--progress: 'loud' is not one of auto, live, plain and none"),
            ("--color red", "--color: 'red' is not one of auto, always and never"),
        ],
    )
    def test_choices_are_told(
        self, shell: Shell, invision: InVision, option: str, message: str
    ) -> None:
        assert shell(f"run {option}").result == mistake(message, "dfctl run --help")

    @pytest.mark.parametrize(
        ("name", "value", "problem", "choices"),
        [
            ("OUTPUT", "xml", "not one of text, json, jsonl and ref", "one of them"),
            ("PROGRESS", "loud", "not one of auto, live, plain and none", "one of them"),
            ("COLOR", "red", "not one of auto, always and never", "one of them"),
            ("QUIET", "perhaps", "neither true nor false", "true or false"),
        ],
    )
    def test_choices_of_variables_are_told(
        self,
        shell: Shell,
        invision: InVision,
        name: str,
        value: str,
        problem: str,
        choices: str,
    ) -> None:
        ended = shell("run sales", variables={f"DFCTL_{name}": value})

        assert invision.requests == []
        assert ended.result == mistake(
            f"DFCTL_{name}: {value!r} is {problem}", f"set DFCTL_{name} to {choices}, or unset it"
        )

    @pytest.mark.parametrize("text", ["sales/", "/x", "sa les/x/y", "-x/y"])
    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_references_are_told(
        self, shell: Shell, dataform: DataformWeb, command: str, text: str
    ) -> None:
        ended = shell(f"{command} -- '{text}'")

        assert dataform.requests == []
        assert ended.result == mistake(
            f"{text!r} is not a run reference",
            "a reference is PROFILE/RUN, as `dfctl start` prints it",
        )

    @pytest.mark.parametrize("text", ["nightly", "5678"])
    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_profiles_without_a_start_are_told(
        self, shell: Shell, dataform: DataformWeb, command: str, text: str
    ) -> None:
        ended = shell(f"{command} {text}")

        assert dataform.requests == []
        assert ended.result == (
            6,
            "",
            f"error: this machine's journal has no start {text!r}\n"
            "hint: dfctl runs list shows what it has\n",
        )

    def test_a_word_that_was_meant_for_last_is_told(self, shell: Shell) -> None:
        assert shell("wait @latest").result == (
            6,
            "",
            "error: this machine's journal has no start '@latest'\nhint: did you mean @last?\n",
        )


class TestMistakesInJson:
    @pytest.mark.parametrize(
        "asked", ["-o json", "-ojson", "--output json", "--output=json", "-qo json", "-qojson"]
    )
    def test_are_told_in_a_document_and_on_stderr(
        self, shell: Shell, invision: InVision, asked: str
    ) -> None:
        ended = shell(f"run sales {asked} --timeout soon")

        self.is_told(ended, "--timeout: 'soon' is not a duration", None)

    @pytest.mark.parametrize(
        "asked", ["-o json", "-ojson", "--output json", "--output=json", "-qo json", "-qojson"]
    )
    @pytest.mark.parametrize("wrong", ["--nope", "--color red", "--timeout"])
    def test_are_told_where_the_line_cannot_be_parsed(
        self, shell: Shell, invision: InVision, asked: str, wrong: str
    ) -> None:
        ended = shell(f"run sales {asked} {wrong}")

        self.is_told(ended, "", "")

    def test_are_told_for_an_unknown_command(self, shell: Shell, invision: InVision) -> None:
        ended = shell("trigger sales -o json")

        self.is_told(
            ended, "dfctl has no command 'trigger'", "did you mean dfctl run or dfctl start?"
        )

    def test_are_told_where_a_variable_asks_for_it(self, shell: Shell, invision: InVision) -> None:
        ended = shell("run --nope", variables={"DFCTL_OUTPUT": "json"})

        self.is_told(ended, "dfctl run has no option --nope", "dfctl run --help")

    def test_are_told_in_text_where_the_option_overrules_the_variable(
        self, shell: Shell, invision: InVision
    ) -> None:
        ended = shell("run --nope -o text", variables={"DFCTL_OUTPUT": "json"})

        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.startswith("error: dfctl run has no option --nope\n")

    @staticmethod
    def is_told(ended: Ended, message: str, hint: str | None) -> None:
        document = ended.document
        error = document.pop("error")
        assert ended.exit_code == 2
        assert document == {"schema": 1, "exit_code": 2, "runs": []}
        assert error["message"].startswith(message)
        assert (error["hint"] or "").startswith(hint or "")
        assert ended.stderr.startswith(f"error: {error['message']}\n")


class TestHttp:
    ADDRESS = "http://dfctl-test.invalid/invision"

    def test_to_another_machine_is_warned_of_once(self, shell: Shell) -> None:
        shell.configure_invision(self.ADDRESS)

        ended = shell("run sales --max-outage 0s")

        lines = ended.stderr.splitlines()
        assert (ended.exit_code, ended.stdout, len(lines)) == (11, "", 4)
        assert lines[0] == f"warning: {self.ADDRESS} is not https: the key is sent unprotected"
        assert lines[1].endswith(
            " sales: starting updatesales on invision, to follow it for up to 24h (--timeout)"
        )
        assert lines[2].startswith(
            "error: sales: nothing was started: cannot connect to dfctl-test.invalid: "
        )
        assert lines[3] == (
            "hint: gave up after 0s (--max-outage); it is safe to run the same command again"
        )

    @pytest.mark.parametrize("command", ["run sales --dry-run", "start sales --dry-run"])
    def test_is_warned_of_by_a_dry_run(self, shell: Shell, command: str) -> None:
        shell.configure_invision(self.ADDRESS)

        ended = shell(command)

        assert ended.exit_code == 0
        assert ended.stderr == (
            f"warning: {self.ADDRESS} is not https: the key is sent unprotected\n"
        )

    @pytest.mark.parametrize(
        "address", ["http://localhost/x", "http://127.0.0.1/x", "http://[::1]/x", "https://a.b/x"]
    )
    def test_to_this_machine_is_not_warned_of(self, shell: Shell, address: str) -> None:
        shell.configure_invision(address)

        ended = shell("run sales --dry-run")

        assert (ended.exit_code, ended.stderr) == (0, "")

    def test_that_the_profile_allows_is_not_warned_of(self, shell: Shell) -> None:
        shell.configure_invision(self.ADDRESS, allow_http=True)

        ended = shell("run sales --dry-run")

        assert (ended.exit_code, ended.stderr) == (0, "")


class TestAnAddress:
    @pytest.mark.parametrize(
        "address",
        [
            "https://user:pw@app.profitbase.biz/x",
            "ftp://app.profitbase.biz/x",
            "app.profitbase.biz/x",
            "https://",
            "https://app.profitbase.biz/x?api_key=1",
            "https://app.profitbase.biz:99999/x",
            "",
        ],
    )
    def test_that_cannot_be_used_is_refused_before_anything_is_sent(
        self, shell: Shell, address: str
    ) -> None:
        shell.configure_invision(address)

        ended = shell("run sales")

        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.startswith(f"error: {shell.config}: profile sales: address: ")
        assert "pw" not in ended.stderr
