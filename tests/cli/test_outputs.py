"""The forms of results, what is silenced, and what is shown of requests."""

from dataclasses import replace

import pytest

from tests.cli.services import (
    RUN,
    DataformWeb,
    InVision,
    Service,
    begun,
    check_first,
    final,
    http,
    resume,
    starting,
    strange,
    told,
    unsettled,
)
from tests.shell import Shell

BEGAN = "2026-03-01T12:00:00.000Z"


def a_run(service: Service, **members: object) -> dict[str, object]:
    """Return the JSON form of a run, with `members` of its own."""
    return {
        "run": service.reference,
        "profile": service.profile,
        "backend": service.backend,
        "flow": service.flow,
        "locator": service.reference.partition("/")[2],
        "state": None,
        "service_state": None,
        "started_at": BEGAN,
        "ended_at": None,
        "elapsed_s": None,
        "url": None,
        "exit_code": 0,
        "message": None,
        "hint": None,
        **members,
    }


def a_document(code: int, *runs: dict[str, object]) -> dict[str, object]:
    """Return the JSON document of a command that ended with `code`."""
    return {"schema": 1, "exit_code": code, "runs": list(runs), "error": None}


class TestJson:
    def test_is_one_document_about_a_run_that_ended(self, shell: Shell, invision: InVision) -> None:
        invision.on_start(invision.accepted())
        invision.on_look(invision.seen("Failed"))

        ended = shell("run sales -o json")

        assert invision.requests == [invision.start_line, invision.look_line]
        assert ended.document == a_document(
            3,
            a_run(
                invision,
                state="failed",
                service_state="Failed",
                ended_at="2026-03-01T12:00:00.500Z",
                elapsed_s=0.5,
                exit_code=3,
            ),
        )
        assert (ended.exit_code, ended.stderr) == (
            3,
            told(*begun(invision), "0 sales: pending", "0.5 sales: failed"),
        )

    def test_tells_a_link(self, shell: Shell, dataform: DataformWeb) -> None:
        dataform.on_start(dataform.accepted())
        dataform.on_look(dataform.seen("SUCCESSFUL", runLogUrl=dataform.url))

        ended = shell("run nightly -o json --progress none")

        assert dataform.requests == [dataform.start_line, dataform.look_line]
        assert (ended.exit_code, ended.stderr) == (0, "")
        assert ended.document == a_document(
            0,
            a_run(
                dataform,
                state="succeeded",
                service_state="SUCCESSFUL",
                ended_at=BEGAN,
                elapsed_s=0.0,
                url=dataform.url,
            ),
        )

    def test_tells_a_start_that_is_not_followed(self, shell: Shell, service: Service) -> None:
        service.on_start(service.accepted())

        ended = shell(f"start {service.profile} -o json --progress none")

        assert service.requests == [service.start_line]
        assert (ended.exit_code, ended.stderr) == (0, "")
        [run] = ended.document["runs"]
        assert run == a_run(service, state="pending", service_state=run["service_state"])

    def test_tells_a_start_that_may_have_begun(self, shell: Shell, service: Service) -> None:
        service.on_start(503)

        ended = shell(f"run {service.profile} -o json --progress none")

        message = f"the start was sent, but it was answered with {http(503)}"
        assert service.requests == [service.start_line]
        assert ended.exit_code == 9
        assert ended.document == a_document(
            9,
            a_run(
                service,
                run=unsettled(service),
                locator=None,
                started_at=None,
                exit_code=9,
                message=message,
                hint=check_first(service),
            ),
        )
        assert ended.stderr == told(
            f"error: {service.profile}: {message}", f"hint: {check_first(service)}"
        )

    def test_tells_a_timeout(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen(service.running))

        ended = shell(f"wait {service.reference} --timeout 0s -o json --progress none")

        message = "not ended after 0s (--timeout); the run goes on"
        assert service.requests == [service.look_line]
        assert ended.exit_code == 124
        [run] = ended.document["runs"]
        assert run == a_run(
            service,
            flow=run["flow"],
            state="running",
            service_state=service.running,
            started_at=None,
            exit_code=124,
            message=message,
            hint=resume(service).removeprefix("hint: "),
        )
        assert ended.stderr == (f"error: {service.profile}: {message}\n{resume(service)}\n")

    def test_is_ascii(self, shell: Shell, invision: InVision) -> None:
        shell.configure_invision(invision.address, flow="Umsätze")
        invision.expect(
            "POST /invision/api/pub/v1/dataflows/Ums%C3%A4tze/start",
            {"runId": RUN, "status": "Erledigt ✓"},
            headers={},
        )
        invision.expect(
            f"GET /invision/api/pub/v1/dataflows/Ums%C3%A4tze/runs/{RUN}/status",
            {"runId": RUN, "status": "Erledigt ✓"},
            headers={},
        )

        ended = shell("run sales -o json --progress none --timeout 500ms")

        assert ended.exit_code == 124
        assert ended.stdout.isascii()
        [run] = ended.document["runs"]
        assert (run["flow"], run["service_state"]) == ("Umsätze", "Erledigt ✓")

    def test_may_be_asked_for_by_a_variable(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen(service.succeeded))

        ended = shell(f"status {service.reference}", variables={"DFCTL_OUTPUT": "json"})

        assert service.requests == [service.look_line]
        assert (ended.document["exit_code"], ended.stderr) == (0, "")

    @pytest.mark.parametrize("command", ["run", "start"])
    def test_is_the_form_of_a_dry_run_too(
        self, shell: Shell, service: Service, command: str
    ) -> None:
        ended = shell(f"{command} {service.profile} --dry-run -o json")

        assert service.requests == []
        assert ended.exit_code == 0
        assert ended.document["schema"] == 1


class TestRef:
    @pytest.mark.parametrize(("is_well", "code"), [(True, 0), (False, 3)])
    def test_is_the_reference_whatever_the_outcome(
        self, shell: Shell, service: Service, is_well: bool, code: int
    ) -> None:
        service.on_start(service.accepted())
        failed = "Failed" if isinstance(service, InVision) else "FAILED"
        service.on_look(service.seen(service.succeeded if is_well else failed))

        ended = shell(f"run {service.profile} -o ref --progress none")

        assert service.requests == [service.start_line, service.look_line]
        assert ended.result == (code, f"{service.reference}\n", "")

    def test_is_nothing_where_no_run_is_known(self, shell: Shell, service: Service) -> None:
        service.on_start(404)

        ended = shell(f"run {service.profile} -o ref --progress none")

        assert service.requests == [service.start_line]
        assert (ended.exit_code, ended.stdout) == (6, "")

    def test_is_ascii(self, shell: Shell, dataform: DataformWeb) -> None:
        dataform.on_start({"id": "Läufe/1"})

        ended = shell("start nightly -o ref --progress none")

        assert dataform.requests == [dataform.start_line]
        assert ended.result == (0, "nightly/L%C3%A4ufe%2F1\n", "")

    def test_is_written_even_with_quiet(self, shell: Shell, service: Service) -> None:
        service.on_start(service.accepted())

        ended = shell(f"start {service.profile} -q -o ref")

        assert service.requests == [service.start_line]
        assert ended.result == (0, f"{service.reference}\n", "")


class TestQuiet:
    @pytest.mark.parametrize("command", ["run", "start --wait", "run --server-wait"])
    def test_says_nothing_of_a_run_that_succeeds(
        self, shell: Shell, invision: InVision, command: str
    ) -> None:
        if "server" in command:
            invision.on_awaited_start(invision.seen("Succeeded"))
        else:
            invision.on_start(invision.accepted())
            invision.on_look(invision.seen("Paused"), 500, invision.seen("Succeeded"))

        ended = shell(f"{command} sales -q -v")

        invision.server.check()
        assert ended.result == (0, "", "")

    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_says_nothing_of_a_run_that_has_succeeded(
        self, shell: Shell, service: Service, command: str
    ) -> None:
        service.on_look(503, service.seen(service.succeeded))

        ended = shell(f"{command} {service.reference} --quiet")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (0, "", "")

    def test_says_nothing_of_a_start_that_was_accepted(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_start(429, service.accepted())

        ended = shell(f"start {service.profile}", variables={"DFCTL_QUIET": "1"})

        assert service.requests == [service.start_line] * 2
        assert ended.result == (0, "", "")

    def test_tells_the_whole_story_of_a_run_that_fails(
        self, shell: Shell, invision: InVision
    ) -> None:
        invision.on_start(429, invision.accepted())
        invision.on_look(invision.seen("Paused"), 500, invision.seen("Failed"))

        quiet = shell("run sales -q")

        assert invision.requests == [
            *[invision.start_line] * 2,
            *[invision.look_line] * 3,
        ]
        assert quiet.result == (
            3,
            final(invision, "failed after 2s"),
            told(
                starting(invision),
                f"0 sales: nothing started yet: {http(429)}; trying again in 500ms",
                f"0.5 sales: started {invision.reference}",
                "0.5 sales: pending",
                strange(invision, "Paused"),
                "1 sales: unknown (Paused)",
                f"1.5 sales: no news: {http(500)}; looking again in 500ms",
                "2 sales: failed, in contact again",
            ),
        )

    @pytest.mark.parametrize("status", [401, 404, 500])
    def test_tells_the_whole_story_of_a_start_that_fails(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        service.on_start(status, status)

        loud, quiet = (shell(f"run {service.profile}{options}") for options in ("", " -q"))

        # What may have begun is a start of its own each time.
        first, second = (check_first(service, number) for number in (1, 2))
        assert service.requests == [service.start_line] * 2
        assert loud.exit_code != 0
        assert (first in loud.stderr) == (status == 500)
        assert quiet == replace(loud, stderr=loud.stderr.replace(first, second))

    def test_tells_that_a_run_has_not_ended(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen(service.running))

        ended = shell(f"status {service.reference} -q")

        assert service.requests == [service.look_line]
        assert ended.result == (8, final(service, "running"), "")

    def test_tells_mistakes(self, shell: Shell, service: Service) -> None:
        ended = shell("run -q --timeout soon")

        assert service.requests == []
        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.startswith("error: --timeout: 'soon' is not a duration")


class TestProgress:
    def test_none_says_nothing_but_the_result(self, shell: Shell, service: Service) -> None:
        service.on_start(429, service.accepted())
        service.on_look(503, service.seen(service.running), service.seen(service.succeeded))

        ended = shell(f"run {service.profile} --progress none")

        assert service.requests == [*[service.start_line] * 2, *[service.look_line] * 3]
        assert (ended.exit_code, ended.stderr) == (0, "")
        assert ended.stdout.startswith(f"{service.profile}: succeeded after ")

    def test_none_still_warns_and_complains(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen("PAUSED"), 403)

        ended = shell(f"wait {service.reference} --progress none")

        assert service.requests == [service.look_line] * 2
        assert ended.exit_code == 7
        assert ended.stderr.startswith(f"warning: {service.title} calls the state 'PAUSED'")
        assert ended.stderr.endswith(f"{resume(service)}\n")

    def test_plain_is_what_a_pipe_gets_anyway(self, shell: Shell, service: Service) -> None:
        service.on_look(*[service.seen(service.succeeded)] * 3)
        line = f"wait {service.reference}"

        endings = [
            shell(line),
            shell(f"{line} --progress plain"),
            shell(line, variables={"DFCTL_PROGRESS": "plain"}),
        ]

        assert service.requests == [service.look_line] * 3
        assert endings[0].exit_code == 0
        assert endings == [endings[0]] * 3

    @pytest.mark.parametrize("color", ["auto", "always", "never"])
    def test_has_no_colours_in_plain_lines(
        self, shell: Shell, service: Service, color: str
    ) -> None:
        service.on_look(service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --color {color}")

        assert service.requests == [service.look_line]
        assert "\x1b" not in ended.stdout + ended.stderr


class TestVerbose:
    def test_shows_each_request(self, shell: Shell, invision: InVision) -> None:
        invision.on_start(invision.accepted())
        invision.on_look(502, invision.seen("Succeeded"))

        ended = shell("run sales -v --progress none")

        root = f"{invision.address}/api/pub/v1/dataflows/updatesales"
        assert invision.requests == [invision.start_line, *[invision.look_line] * 2]
        assert ended.result == (
            0,
            final(invision, "succeeded after 1s"),
            f"POST {root}/start: HTTP 200, 70 bytes (0s)\n"
            f"GET {root}/runs/{RUN}/status: HTTP 502, 0 bytes (0s)\n"
            f"GET {root}/runs/{RUN}/status: HTTP 200, 72 bytes (0s)\n",
        )

    def test_masks_a_key_in_the_query(self, shell: Shell, invision: InVision) -> None:
        shell.configure_invision(invision.address, key_in="query")
        line = f"{invision.look_line}?api_key=canary%7C7kQ%2Bp%2FZr9%3D%7C0451"
        invision.expect(line, invision.seen("Succeeded"), headers={})

        ended = shell(f"status {invision.reference} -v")

        root = f"{invision.address}/api/pub/v1/dataflows/updatesales"
        assert invision.requests == [line]
        assert ended.result == (
            0,
            final(invision, "succeeded"),
            f"GET {root}/runs/{RUN}/status?api_key=***: HTTP 200, 72 bytes (0s)\n",
        )

    def test_shows_why_nothing_was_sent(self, shell: Shell, service: Service) -> None:
        # A port that nobody listens at: the server's own is never 1.
        shell.configure(
            '[profiles.p]\nbackend = "invision"\nkey = "4711-0815"\nflow = "f"\n'
            'address = "http://127.0.0.1:1"\n'
        )

        ended = shell("run -v --progress none --max-outage 0s")

        assert (ended.exit_code, ended.stdout) == (11, "")
        first, error, hint = ended.stderr.splitlines()
        why = first.partition(" cannot connect to 127.0.0.1:1: ")[2].removesuffix(" (0s)")
        assert first.startswith(
            "POST http://127.0.0.1:1/api/pub/v1/dataflows/f/start: cannot connect"
        )
        assert error == f"error: p: nothing was started: cannot connect to 127.0.0.1:1: {why}"
        assert hint.endswith("it is safe to run the same command again")
        assert service.requests == []


class TestDryRun:
    @pytest.mark.parametrize("command", ["run", "start", "start --wait"])
    @pytest.mark.parametrize("options", ["", " -q", " -v", " --progress none", " -o text"])
    def test_prints_the_first_request_and_sends_nothing(
        self, shell: Shell, invision: InVision, command: str, options: str
    ) -> None:
        ended = shell(f"{command} sales --dry-run{options}")

        assert invision.requests == []
        assert ended.result == (
            0,
            f"curl --request POST {invision.address}/api/pub/v1/dataflows/updatesales/start "
            "--header 'Content-Type: application/json' --header 'x-api-key: ***' --data '{}'\n",
            "",
        )

    def test_prints_what_dataform_web_would_get(self, shell: Shell, dataform: DataformWeb) -> None:
        shell.configure_dataform(dataform.address, environment="it's production")

        ended = shell("run nightly --dry-run")

        assert dataform.requests == []
        assert ended.result == (
            0,
            f"curl --request POST {dataform.address}/project/1234/run "
            "--header 'Content-Type: application/json' --header 'Authorization: Bearer ***' "
            '--data \'{"environmentName": "it\'"\'"\'s production", '
            '"scheduleName": "nightly"}\'\n',
            "",
        )

    def test_masks_a_key_in_the_query(self, shell: Shell, invision: InVision) -> None:
        shell.configure_invision(invision.address, key_in="query")

        ended = shell("run sales --dry-run --server-wait --flow 'a b'")

        assert invision.requests == []
        assert ended.result == (
            0,
            "curl --request POST "
            f"'{invision.address}/api/pub/v1/dataflows/a%20b/start?await=true&api_key=***' "
            "--header 'Content-Type: application/json' --data '{}'\n",
            "",
        )

    def test_checks_the_key_all_the_same(self, shell: Shell, invision: InVision) -> None:
        shell.configure_invision(invision.address, key=None)

        ended = shell("run sales --dry-run")

        assert invision.requests == []
        assert (ended.exit_code, ended.stdout) == (4, "")
        assert ended.stderr.startswith("error: the profile sales has no key")


class TestStart:
    def test_prints_the_reference_and_says_how_to_follow(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_start(service.accepted())

        ended = shell(f"start {service.profile}")

        name = service.profile
        assert service.requests == [service.start_line]
        assert ended.result == (
            0,
            f"{service.reference}\n",
            told(
                f"0 {name}: starting {service.flow} on {service.backend}",
                f"0 {name}: started {service.reference}",
                f"accepted, not followed; to follow it: dfctl wait {service.reference}",
            ),
        )

    @pytest.mark.parametrize("word", ["Failed", "Succeeded", "Paused"])
    def test_is_accepted_whatever_the_answer_says_of_the_state(
        self, shell: Shell, invision: InVision, word: str
    ) -> None:
        invision.on_start(invision.seen(word))

        ended = shell("start sales --progress none")

        assert invision.requests == [invision.start_line]
        assert (ended.exit_code, ended.stdout) == (0, f"{invision.reference}\n")

    def test_with_wait_does_what_run_does(self, shell: Shell, service: Service) -> None:
        for _ in range(2):
            service.on_start(service.accepted())
            service.on_look(service.seen(service.running), service.seen(service.succeeded))

        waiting = "--timeout 1h --queue-timeout 1h --interval 1s --heartbeat 1m --fail-on-warning"
        started = shell(f"start {service.profile} --wait {waiting}")
        run = shell(f"run {service.profile} {waiting}")

        lines = [service.start_line, service.look_line, service.look_line]
        assert service.requests == lines * 2
        assert started.exit_code == 0
        assert started == run
