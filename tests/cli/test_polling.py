"""Following a run: what is borne, for how long, and what ends it."""

import pytest

from tests.cli.services import (
    Answer,
    DataformWeb,
    InVision,
    Service,
    answer,
    begun,
    error_body,
    final,
    following,
    http,
    resume,
    told,
    unseen,
)
from tests.shell import Shell

FAULTS = [408, 429, 500, 502, 503, 504, 520, 599]
UNREADABLE = [
    ("", "an empty answer"),
    ("<html>502</html>", "a web page instead of JSON"),
    ("Bad Gateway", "text that is not JSON"),
    ("[]", "JSON that is not an object"),
    ('{"status": NaN}', "text that is not JSON"),
    ("[" * 100_000, "text that is not JSON"),
]


def no_news(service: Service, why: str, again: str) -> str:
    """Return the words of a look that failed."""
    return f"{service.profile}: no news: {why}; looking again in {again}"


class TestAFaultWhilePolling:
    @pytest.mark.parametrize("status", FAULTS)
    def test_is_survived_and_told(self, shell: Shell, service: Service, status: int) -> None:
        service.on_look(service.seen(service.running), status, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line] * 3
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {service.profile}: running",
                f"0.5 {no_news(service, http(status), '500ms')}",
                f"1 {service.profile}: succeeded, in contact again",
            ),
        )

    @pytest.mark.parametrize(("body", "words"), UNREADABLE)
    def test_may_be_an_answer_that_cannot_be_read(
        self, shell: Shell, service: Service, body: str, words: str
    ) -> None:
        service.on_look(Answer(200, body), service.seen(service.succeeded))

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {no_news(service, f'it answered with {words}', '500ms')}",
                f"0.5 {service.profile}: succeeded, in contact again",
            ),
        )

    def test_is_followed_by_longer_and_longer_pauses_that_good_news_resets(
        self, shell: Shell, service: Service
    ) -> None:
        running, succeeded = service.seen(service.running), service.seen(service.succeeded)
        service.on_look(500, 500, 500, 500, 500, 500, 500, running, 500, succeeded)

        ended = shell(f"wait {service.reference} --interval 3s")

        name = service.profile
        assert service.requests == [service.look_line] * 10
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {no_news(service, http(500), '500ms')}",
                f"0.5 {no_news(service, http(500), '1s')}",
                f"1.5 {no_news(service, http(500), '2s')}",
                f"3.5 {no_news(service, http(500), '4s')}",
                f"7.5 {no_news(service, http(500), '8s')}",
                f"15.5 {no_news(service, http(500), '10s')}",
                f"25.5 {no_news(service, http(500), '10s')}",
                f"35.5 {name}: running, in contact again",
                f"38.5 {no_news(service, http(500), '500ms')}",
                f"39 {name}: succeeded, in contact again",
            ),
        )

    def test_of_all_kinds_one_after_the_other_is_survived(
        self, shell: Shell, service: Service
    ) -> None:
        pages = [Answer(200, body) for body, _ in UNREADABLE]
        service.on_start(service.accepted())
        service.on_look(*FAULTS, *pages, service.seen(service.succeeded))

        ended = shell(f"run {service.profile} --progress none")

        count = len(FAULTS) + len(pages) + 1
        assert service.requests == [service.start_line, *[service.look_line] * count]
        assert (ended.exit_code, ended.stderr) == (0, "")

    def test_that_grpc_calls_unavailable_is_survived(
        self, shell: Shell, dataform: DataformWeb
    ) -> None:
        dataform.on_look(error_body(14, "try later", 403), dataform.seen("SUCCESSFUL"))

        ended = shell("wait nightly/5678")

        assert dataform.requests == [dataform.look_line] * 2
        assert ended.result == (
            0,
            final(dataform, "succeeded"),
            told(
                following(dataform),
                f"0 {no_news(dataform, http(403, 'try later'), '500ms')}",
                "0.5 nightly: succeeded, in contact again",
            ),
        )


class TestAnOutage:
    def test_that_outlasts_max_outage_ends_a_run_with_7(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_start(service.accepted())
        service.on_look(service.seen(service.running), *[503] * 5)

        ended = shell(f"run {service.profile} --max-outage 5s")

        name, is_invision = service.profile, isinstance(service, InVision)
        first = 1.0 if is_invision else 0.5
        assert service.requests == [service.start_line, *[service.look_line] * 6]
        assert ended.result == (
            7,
            final(service, "running after 6s"),
            told(
                *begun(service),
                *(["0 sales: pending"] if is_invision else []),
                f"{first - 0.5} {name}: running",
                f"{first} {no_news(service, http(503), '500ms')}",
                f"{first + 0.5} {no_news(service, http(503), '1s')}",
                f"{first + 1.5} {no_news(service, http(503), '2s')}",
                # Not past the end of what is borne.
                f"{first + 3.5} {no_news(service, http(503), '2s')}",
                f"{first + 5} {name}: no news: {http(503)}",
                f"error: {name}: no contact for 5s (--max-outage): {http(503)}; the run goes on",
                resume(service),
            ),
        )

    def test_that_outlasts_max_outage_ends_a_wait_with_7(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_look(*[500] * 3)

        ended = shell(f"wait {service.reference} --max-outage 1s --progress none")

        assert service.requests == [service.look_line] * 3
        assert ended.exit_code == 7
        assert ended.stdout == unseen(service)
        assert ended.stderr.startswith(
            f"error: {service.profile}: no contact for 1s (--max-outage): {http(500)}; "
            "the run goes on\n"
        )
        assert ended.stderr.endswith(f"{resume(service)}\n")

    def test_is_borne_for_5_minutes_if_nothing_else_is_said(
        self, shell: Shell, service: Service
    ) -> None:
        # At 0, 0.5, 1.5, 3.5, 7.5, 15.5 s, then every 10 s up to 295.5 s, and at 300 s.
        service.on_look(*[503] * 35)

        ended = shell(f"wait {service.reference} -o json --progress none")

        assert service.requests == [service.look_line] * 35
        assert ended.exit_code == 7
        [run] = ended.document["runs"]
        assert (run["exit_code"], run["run"], run["state"]) == (7, service.reference, None)

    def test_never_tells_that_it_looks_again_in_no_time(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_start(service.accepted())
        service.on_look(500, 500)

        ended = shell(f"run {service.profile} --max-outage 500ms")

        assert service.requests == [service.start_line, *[service.look_line] * 2]
        assert ended.exit_code == 7
        assert "looking again in 500ms" in ended.stderr
        assert "looking again in 0s" not in ended.stderr

    def test_begins_anew_after_good_news(self, shell: Shell, service: Service) -> None:
        running = service.seen(service.running)
        service.on_look(500, 500, running, 500, 500, running, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --max-outage 2s --progress none")

        assert service.requests == [service.look_line] * 7
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_is_borne_without_end_with_max_outage_none(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_look(*[500] * 60, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --max-outage none --progress none")

        assert service.requests == [service.look_line] * 61
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_is_none_while_the_service_throttles(self, shell: Shell, service: Service) -> None:
        service.on_look(*[429] * 10, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --max-outage 1s --progress none")

        assert service.requests == [service.look_line] * 11
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_is_none_while_grpc_says_that_resources_are_exhausted(
        self, shell: Shell, dataform: DataformWeb
    ) -> None:
        throttled = error_body(8, "quota", 403)
        dataform.on_look(*[throttled] * 10, dataform.seen("SUCCESSFUL"))

        ended = shell("wait nightly/5678 --max-outage 1s --progress none")

        assert dataform.requests == [dataform.look_line] * 11
        assert ended.result == (0, final(dataform, "succeeded"), "")

    def test_is_none_while_the_service_asks_for_a_delay(
        self, shell: Shell, service: Service
    ) -> None:
        delayed = answer(503, Retry_After="60")
        service.on_look(*[delayed] * 3, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --max-outage 1m --progress none")

        assert service.requests == [service.look_line] * 4
        assert ended.result == (0, final(service, "succeeded"), "")


class TestADelayThatTheServiceAsksFor:
    @pytest.mark.parametrize("status", [429, 503])
    def test_is_a_floor(self, shell: Shell, service: Service, status: int) -> None:
        delayed = answer(status, Retry_After="7")
        service.on_look(delayed, delayed, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line] * 3
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {no_news(service, http(status), '7s')}",
                f"7 {no_news(service, http(status), '7s')}",
                f"14 {service.profile}: succeeded, in contact again",
            ),
        )

    def test_does_not_shorten_the_pause(self, shell: Shell, service: Service) -> None:
        delayed = answer(503, Retry_After="1")
        service.on_look(*[delayed] * 4, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line] * 5
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {no_news(service, http(503), '1s')}",
                f"1 {no_news(service, http(503), '1s')}",
                f"2 {no_news(service, http(503), '2s')}",
                f"4 {no_news(service, http(503), '4s')}",
                f"8 {service.profile}: succeeded, in contact again",
            ),
        )

    @pytest.mark.parametrize("text", ["301", "86400", "Sun, 01 Mar 2037 12:00:00 GMT"])
    def test_is_capped_at_5_minutes(self, shell: Shell, service: Service, text: str) -> None:
        service.on_look(answer(503, Retry_After=text), service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --heartbeat none")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {no_news(service, http(503), '5m')}",
                f"300 {service.profile}: succeeded, in contact again",
            ),
        )

    def test_is_not_slept_past_the_timeout(self, shell: Shell, service: Service) -> None:
        service.on_look(answer(429, Retry_After="60"), service.seen(service.running))

        ended = shell(f"wait {service.reference} --timeout 5s")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            124,
            final(service, "running"),
            told(
                following(service, "for up to 5s (--timeout)"),
                f"0 {no_news(service, http(429), '5s')}",
                f"5 {service.profile}: running, in contact again",
                f"error: {service.profile}: not ended after 5s (--timeout); the run goes on",
                resume(service),
            ),
        )


class TestARefusalWhilePolling:
    @pytest.mark.parametrize("status", [401, 403])
    def test_loses_a_run_of_ours_with_7(self, shell: Shell, service: Service, status: int) -> None:
        service.on_start(service.accepted())
        service.on_look(status)

        ended = shell(f"run {service.profile}")

        is_invision = isinstance(service, InVision)
        assert service.requests == [service.start_line, service.look_line]
        assert ended.result == (
            7,
            final(service, f"pending after {'500ms' if is_invision else '0s'}"),
            told(
                *begun(service),
                *(["0 sales: pending"] if is_invision else []),
                f"error: {service.profile}: the service no longer answers about the run: "
                f"{http(status)}",
                resume(service),
            ),
        )

    @pytest.mark.parametrize("status", [401, 403])
    def test_ends_a_wait_with_4(self, shell: Shell, service: Service, status: int) -> None:
        service.on_look(status)

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.result == (
            4,
            unseen(service),
            told(
                following(service),
                f"error: {service.profile}: the service refused the key: {http(status)}",
                "hint: check the key and what it may see",
            ),
        )

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_after_good_news_loses_a_wait_with_7(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        service.on_look(service.seen(service.running), status)

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            7,
            final(service, "running"),
            told(
                following(service),
                f"0 {service.profile}: running",
                f"error: {service.profile}: the service no longer answers about the run: "
                f"{http(status)}",
                resume(service),
            ),
        )

    @pytest.mark.parametrize(
        ("status", "grpc_code", "run_code", "wait_code"),
        [(403, 7, 7, 4), (500, 7, 7, 4), (500, 16, 7, 4), (400, 16, 7, 4)],
    )
    def test_may_be_told_by_grpc(
        self,
        shell: Shell,
        dataform: DataformWeb,
        status: int,
        grpc_code: int,
        run_code: int,
        wait_code: int,
    ) -> None:
        refusal = error_body(grpc_code, "not yours", status)
        dataform.on_start(dataform.accepted())
        dataform.on_look(refusal, refusal)

        run = shell("run nightly --progress none")
        wait = shell("wait nightly/5678 --progress none")

        assert dataform.requests == [dataform.start_line, *[dataform.look_line] * 2]
        assert (run.exit_code, wait.exit_code) == (run_code, wait_code)
        assert http(status, "not yours") in run.stderr
        assert http(status, "not yours") in wait.stderr

    @pytest.mark.parametrize("status", [301, 400, 405, 409, 412, 415, 422])
    def test_as_a_wrong_question_ends_a_wait_with_2(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        service.on_look(status)

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.result == (
            2,
            unseen(service),
            told(
                following(service),
                f"error: {service.profile}: the service refused the request: {http(status)}",
                "hint: check the reference, and the address of the profile",
            ),
        )


class TestARunThatIsNotFound:
    def test_ends_a_wait_with_6(self, shell: Shell, service: Service) -> None:
        service.on_look(404)

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.result == (
            6,
            unseen(service),
            told(
                following(service),
                f"error: {service.profile}: the service does not know the run: {http(404)}",
                "hint: check the reference, and the address of the profile",
            ),
        )

    def test_by_grpc_ends_a_wait_with_6(self, shell: Shell, dataform: DataformWeb) -> None:
        dataform.on_look(error_body(5, "run not found", 500))

        ended = shell("wait nightly/5678 --progress none")

        assert dataform.requests == [dataform.look_line]
        assert ended.result == (
            6,
            unseen(dataform),
            f"error: nightly: the service does not know the run: {http(500, 'run not found')}\n"
            "hint: check the reference, and the address of the profile\n",
        )

    def test_is_borne_for_a_moment_after_its_start(self, shell: Shell, service: Service) -> None:
        service.on_start(service.accepted())
        service.on_look(404, 404, 404, service.seen(service.succeeded))

        ended = shell(f"run {service.profile} --progress none")

        took = "4s"  # 3.5 s, and 0.5 s before the first look where the start named a state
        assert service.requests == [service.start_line, *[service.look_line] * 4]
        assert ended.result == (0, final(service, f"succeeded after {took}"), "")

    def test_30_seconds_after_its_start_is_lost_with_7(
        self, shell: Shell, service: Service
    ) -> None:
        # From 0 or 0.5 s on after pauses of 0.5, 1, 2, 4, 8, 10 and 10 s: the last one at 35.5 s.
        service.on_start(service.accepted())
        service.on_look(*[404] * 8)

        ended = shell(f"run {service.profile} --progress none")

        assert service.requests == [service.start_line, *[service.look_line] * 8]
        assert ended.result == (
            7,
            final(service, "pending after 36s"),
            f"error: {service.profile}: the service no longer answers about the run: "
            f"{http(404)}\n{resume(service)}\n",
        )


class TestATimeout:
    def test_ends_a_run_with_124_after_a_last_look(self, shell: Shell, service: Service) -> None:
        service.on_start(service.accepted())
        looks = 2 if isinstance(service, InVision) else 3
        service.on_look(*[service.seen(service.running)] * looks)

        ended = shell(f"run {service.profile} --timeout 2s --interval 1s")

        is_invision = isinstance(service, InVision)
        assert service.requests == [service.start_line, *[service.look_line] * looks]
        assert ended.result == (
            124,
            final(service, "running after 2s"),
            told(
                *begun(service, "for up to 2s (--timeout)"),
                *(["0 sales: pending"] if is_invision else []),
                f"{1 if is_invision else 0} {service.profile}: running",
                f"error: {service.profile}: not ended after 2s (--timeout); the run goes on",
                resume(service),
            ),
        )

    def test_ends_a_wait_with_124_and_the_way_to_resume(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_look(*[service.seen(service.running)] * 2)

        ended = shell(f"wait {service.reference} --timeout 10s --interval 1m")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            124,
            final(service, "running"),
            told(
                following(service, "for up to 10s (--timeout)"),
                f"0 {service.profile}: running",
                f"error: {service.profile}: not ended after 10s (--timeout); the run goes on",
                resume(service),
            ),
        )

    def test_is_no_end_where_the_last_look_sees_the_outcome(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_look(service.seen(service.running), service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --timeout 10s --interval 1m")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service, "for up to 10s (--timeout)"),
                f"0 {service.profile}: running",
                f"10 {service.profile}: succeeded",
            ),
        )

    def test_of_no_time_still_looks_once(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --timeout 0s --progress none")

        assert service.requests == [service.look_line]
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_ends_a_wait_whose_last_look_fails(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen(service.running), 500)

        ended = shell(f"wait {service.reference} --timeout 5s --interval 1m")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            124,
            final(service, "running"),
            told(
                following(service, "for up to 5s (--timeout)"),
                f"0 {service.profile}: running",
                f"5 {service.profile}: no news: {http(500)}",
                f"error: {service.profile}: not ended after 5s (--timeout); the run goes on",
                resume(service),
            ),
        )

    def test_is_24_hours_if_nothing_else_is_said(self, shell: Shell, service: Service) -> None:
        service.on_look(*[service.seen(service.running)] * 25)

        ended = shell(f"wait {service.reference} --interval 1h --progress none")

        assert service.requests == [service.look_line] * 25
        assert ended.result == (
            124,
            final(service, "running"),
            f"error: {service.profile}: not ended after 24h (--timeout); the run goes on\n"
            f"{resume(service)}\n",
        )

    def test_is_lifted_by_none(self, shell: Shell, service: Service) -> None:
        looks = [service.seen(service.running)] * 30
        service.on_look(*looks, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --interval 1h --timeout none --heartbeat none")

        assert service.requests == [service.look_line] * 31
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service, "with no timeout"),
                f"0 {service.profile}: running",
                f"108000 {service.profile}: succeeded",
            ),
        )

    def test_may_come_from_the_profile_and_the_variable_wins_and_the_option_over_it(
        self, shell: Shell, service: Service
    ) -> None:
        settings = {"timeout": "3s", "interval": "1s"}
        if isinstance(service, InVision):
            shell.configure_invision(service.address, **settings)
        else:
            shell.configure_dataform(service.address, **settings)
        service.on_look(*[service.seen(service.running)] * (4 + 3 + 2))
        line = f"wait {service.reference} --progress none"

        by_profile = shell(line)
        by_variable = shell(line, variables={"DFCTL_TIMEOUT": "2s"})
        by_option = shell(f"{line} --timeout 1s", variables={"DFCTL_TIMEOUT": "2s"})

        assert service.requests == [service.look_line] * 9
        assert [ended.exit_code for ended in (by_profile, by_variable, by_option)] == [124] * 3
        assert "after 3s (--timeout)" in by_profile.stderr
        assert "after 2s (--timeout)" in by_variable.stderr
        assert "after 1s (--timeout)" in by_option.stderr


class TestAQueueTimeout:
    def test_ends_a_run_that_stays_pending_with_124(self, shell: Shell, invision: InVision) -> None:
        invision.on_start(invision.accepted())
        invision.on_look(*[invision.seen("Pending")] * 3)

        ended = shell("run sales --queue-timeout 3s --interval 1s")

        assert invision.requests == [invision.start_line, *[invision.look_line] * 3]
        assert ended.result == (
            124,
            final(invision, "pending after 3s"),
            told(
                *begun(invision),
                "0 sales: pending",
                "error: sales: still pending after 3s (--queue-timeout); the run goes on",
                resume(invision),
            ),
        )

    def test_looks_once_more_when_it_runs_out(self, shell: Shell, invision: InVision) -> None:
        invision.on_look(*map(invision.seen, ("Pending", "Running", "Succeeded")))
        options = "--queue-timeout 3s --interval 1m --heartbeat none"

        ended = shell(f"wait {invision.reference} {options}")

        assert invision.requests == [invision.look_line] * 3
        assert ended.result == (
            0,
            final(invision, "succeeded"),
            told(
                following(invision),
                "0 sales: pending",
                "3 sales: running",
                "63 sales: succeeded",
            ),
        )

    def test_does_not_concern_a_run_that_runs(self, shell: Shell, service: Service) -> None:
        running = service.seen(service.running)
        service.on_look(*[running] * 9, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --queue-timeout 3s --interval 1s --progress none")

        assert service.requests == [service.look_line] * 10
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_does_not_count_the_time_that_a_run_ran_before_it_went_back(
        self, shell: Shell, invision: InVision
    ) -> None:
        words = ["Running"] * 6 + ["Pending", "Running", "Succeeded"]
        invision.on_look(*map(invision.seen, words))

        ended = shell(f"wait {invision.reference} --queue-timeout 3s --interval 1s --progress none")

        assert invision.requests == [invision.look_line] * 9
        assert ended.result == (0, final(invision, "succeeded"), "")


class TestThePace:
    def test_slows_down_as_the_run_grows_older(self, shell: Shell, service: Service) -> None:
        # Every 8 % of the run's age, but at least 0.5 s and at most 14 s.
        looks = [service.seen(service.running)] * 100
        service.on_look(*looks, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --heartbeat none")

        at = 0.0
        for _ in looks:
            at += min(max(0.08 * at, 0.5), 14.0)
        assert service.requests == [service.look_line] * 101
        assert ended.exit_code == 0
        assert ended.stderr.endswith(told(f"{at} {service.profile}: succeeded"))

    @pytest.mark.parametrize("random", [0.0, 1.0])
    def test_spreads_by_15_percent(self, shell: Shell, service: Service, random: float) -> None:
        shell.random = random
        looks = [service.seen(service.running)] * 20
        service.on_look(*looks, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference}")

        at = 0.0
        for _ in looks:
            at += max(0.08 * at, 0.5) * (1.15 if random else 0.85)
        assert service.requests == [service.look_line] * 21
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {service.profile}: running",
                f"{at} {service.profile}: succeeded",
            ),
        )

    def test_is_what_interval_says(self, shell: Shell, service: Service) -> None:
        service.on_look(*[service.seen(service.running)] * 4, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --interval 10s")

        assert service.requests == [service.look_line] * 5
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {service.profile}: running",
                f"40 {service.profile}: succeeded",
            ),
        )


class TestAHeartbeat:
    def test_tells_every_minute_that_a_run_goes_on(self, shell: Shell, service: Service) -> None:
        service.on_look(*[service.seen(service.running)] * 3, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --interval 50s")

        # At 60 s and 120 s; at 150 s the run has ended.
        lines = ended.stderr.splitlines()
        assert service.requests == [service.look_line] * 4
        assert ended.exit_code == 0
        assert [line[:25] for line in lines] == [
            f"2026-03-01T12:{moment}+00:00"
            for moment in ("00:00", "00:00", "01:00", "02:00", "02:30")
        ]
        assert all(service.profile in line and "still" in line for line in lines[2:4])

    def test_is_as_frequent_as_asked(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen(service.running), service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --interval 45s --heartbeat 10s")

        assert service.requests == [service.look_line] * 2
        assert ended.stderr.count("still") == 4

    def test_is_silenced_by_none(self, shell: Shell, service: Service) -> None:
        service.on_look(service.seen(service.running), service.seen(service.succeeded))

        ended = shell(f"wait {service.reference} --interval 10m --heartbeat none")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {service.profile}: running",
                f"600 {service.profile}: succeeded",
            ),
        )


class TestStatus:
    @pytest.mark.parametrize("status", [408, 500, 502, 503])
    def test_tries_three_times_and_exits_with_7(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        service.on_look(status, status, status)

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line] * 3
        assert ended.result == (
            7,
            unseen(service),
            told(
                f"0 {no_news(service, http(status), '500ms')}",
                f"0.5 {no_news(service, http(status), '1s')}",
                f"error: {service.profile}: no answer about the run: {http(status)}",
                "hint: the run itself goes on",
            ),
        )

    def test_is_content_with_a_third_answer(self, shell: Shell, service: Service) -> None:
        service.on_look(503, Answer(200, "<html>"), service.seen(service.running))

        ended = shell(f"status {service.reference}")

        page = "it answered with a web page instead of JSON"
        assert service.requests == [service.look_line] * 3
        assert ended.result == (
            8,
            final(service, "running"),
            told(
                f"0 {no_news(service, http(503), '500ms')}",
                f"0.5 {no_news(service, page, '1s')}",
            ),
        )

    def test_waits_for_a_delay_that_fits_into_its_30_seconds(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_look(answer(429, Retry_After="20"), service.seen(service.running))

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line] * 2
        assert ended.result == (
            8,
            final(service, "running"),
            told(f"0 {no_news(service, http(429), '20s')}"),
        )

    def test_gives_up_at_once_where_the_delay_does_not_fit(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_look(answer(429, Retry_After="60"))

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.result == (
            7,
            unseen(service),
            f"error: {service.profile}: no answer about the run: {http(429)}\n"
            "hint: the run itself goes on\n",
        )

    @pytest.mark.parametrize(
        ("status", "code", "message", "hint"),
        [
            (401, 4, "the service refused the key", "check the key and what it may see"),
            (403, 4, "the service refused the key", "check the key and what it may see"),
            (
                404,
                6,
                "the service does not know the run",
                "check the reference, and the address of the profile",
            ),
            (
                400,
                2,
                "the service refused the request",
                "check the reference, and the address of the profile",
            ),
        ],
    )
    def test_believes_a_refusal_at_once(
        self, shell: Shell, service: Service, status: int, code: int, message: str, hint: str
    ) -> None:
        service.on_look(status)

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.result == (
            code,
            unseen(service),
            f"error: {service.profile}: {message}: {http(status)}\nhint: {hint}\n",
        )

    @pytest.mark.parametrize(("grpc_code", "code"), [(5, 6), (7, 4), (16, 4), (3, 2)])
    def test_believes_grpc_before_http(
        self, shell: Shell, dataform: DataformWeb, grpc_code: int, code: int
    ) -> None:
        dataform.on_look(error_body(grpc_code, "those words", 500))

        ended = shell("status nightly/5678")

        assert dataform.requests == [dataform.look_line]
        assert (ended.exit_code, ended.stdout) == (code, unseen(dataform))
        assert http(500, "those words") in ended.stderr
