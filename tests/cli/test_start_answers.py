"""What the answer to a start means: it is never sent twice unless it certainly did not begin."""

import pytest

from tests.cli.services import (
    RUN,
    Answer,
    DataformWeb,
    InVision,
    Service,
    answer,
    begun,
    check_first,
    error_body,
    final,
    http,
    starting,
    told,
)
from tests.shell import Ended, Shell

UNCONFIRMED = [
    *(300, 303, 304, 305, 306, 399),
    *(402, 406, 408, 410, 411, 416, 417, 418, 423, 424, 425, 426, 428),
    *(451, 460, 499),
    *(500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 524, 530, 599),
]
WRONG = [301, 302, 307, 308, 400, 405, 409, 412, 413, 414, 421, 422, 431]
MAY_BE_WRONG = "InVision documents no other error than 500: the flow's id or the key may be wrong"


def refused(service: Service, message: str, hint: str) -> str:
    """Return all of stderr of a run whose start was refused at once."""
    return told(starting(service), f"error: {service.profile}: {message}", f"hint: {hint}")


def unconfirmed(service: Service, message: str, also: str = "") -> tuple[int, str, str]:
    """Return how a run ends that may have begun; `also` comes before the hint of all of them."""
    return 9, "", refused(service, message, f"{also}{check_first(service)}")


def wrong(service: Service, why: str) -> tuple[int, str, str]:
    """Return how a run ends whose start the service called wrong."""
    hint = "nothing was started; check address and settings of the profile"
    return 2, "", refused(service, f"the start was refused: {why}", hint)


def key_refused(service: Service, why: str) -> tuple[int, str, str]:
    """Return how a run ends whose key the service refused."""
    hint = "nothing was started; check the key, and that it may start this flow"
    return 4, "", refused(service, f"the service refused the key: {why}", hint)


def not_found(service: Service, why: str) -> tuple[int, str, str]:
    """Return how a run ends whose flow the service does not know."""
    hint = "nothing was started; check flow and address of the profile"
    message = f"the service does not know the flow {service.flow!r}: {why}"
    return 6, "", refused(service, message, hint)


def run_once(shell: Shell, service: Service, given: Answer | int) -> Ended:
    """Run the profile; its one start is answered with `given`, and nothing else is asked."""
    service.on_start(given)
    ended = shell(f"run {service.profile}")
    assert service.requests == [service.start_line]
    return ended


class TestAStartThatIsAnsweredWith:
    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refusal_of_the_key_exits_4(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        ended = run_once(shell, service, status)

        assert ended.result == key_refused(service, http(status))

    def test_404_exits_6(self, shell: Shell, service: Service) -> None:
        ended = run_once(shell, service, 404)

        assert ended.result == not_found(service, http(404))

    @pytest.mark.parametrize("status", WRONG)
    def test_a_refusal_of_the_request_exits_2(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        ended = run_once(shell, service, status)

        assert ended.result == wrong(service, http(status))

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, shell: Shell, service: Service, status: int) -> None:
        location = f"{service.address}/elsewhere"

        ended = run_once(shell, service, answer(status, Location=location))

        assert ended.exit_code == (9 if status == 303 else 2)
        assert http(status, location=location) in ended.stderr

    def test_a_proxy_s_demand_for_a_password_exits_2_and_names_the_variables(
        self, shell: Shell, service: Service
    ) -> None:
        ended = run_once(shell, service, 407)

        hint = (
            "nothing was started; give the proxy's user and password in its address: "
            "http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY or HTTP_PROXY"
        )
        assert ended.exit_code == 2
        assert ended.stderr == refused(service, f"the start was refused: {http(407)}", hint)

    @pytest.mark.parametrize("status", UNCONFIRMED)
    def test_anything_else_exits_9_and_is_not_repeated(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        ended = run_once(shell, service, status)

        is_documented = status == 500 and isinstance(service, InVision)
        also = f"{MAY_BE_WRONG}; " if is_documented else ""
        message = f"the start was sent, but it was answered with {http(status)}"
        assert ended.result == unconfirmed(service, message, also)

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    def test_a_fault_with_a_delay_exits_9_and_is_not_repeated(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        ended = run_once(shell, service, answer(status, Retry_After="1"))

        assert ended.exit_code == 9
        assert ended.stdout == ""

    @pytest.mark.parametrize("status", [401, 403, 404, 400, 500])
    def test_a_page_of_html_tells_no_more_than_its_status(
        self, shell: Shell, service: Service, status: int
    ) -> None:
        page = Answer(status, "<html><h1>Sign in</h1></html>", {"Content-Type": "text/html"})

        ended = run_once(shell, service, page)

        expected = {401: 4, 403: 4, 404: 6, 400: 2, 500: 9}
        assert ended.exit_code == expected[status]
        assert http(status) in ended.stderr
        assert "html" not in ended.stderr

    def test_a_problem_is_told_in_the_words_of_the_service(
        self, shell: Shell, invision: InVision
    ) -> None:
        problem = {"title": "Bad Request", "detail": "The data flow is disabled.\x1b[2J"}

        ended = run_once(shell, invision, answer(problem, 400))

        assert ended.result == wrong(invision, http(400, "The data flow is disabled.\ufffd[2J"))


class TestThrottling:
    def test_is_waited_out(self, shell: Shell, service: Service) -> None:
        service.on_start(429, 429, service.accepted())
        service.on_look(service.seen(service.succeeded))

        ended = shell(f"run {service.profile}")

        name = service.profile
        pending = ["1.5 sales: pending"] if isinstance(service, InVision) else []
        end, took = (2, "500ms") if isinstance(service, InVision) else (1.5, "0s")
        delayed = f"nothing started yet: {http(429)}; trying again in"
        assert service.requests == [*[service.start_line] * 3, service.look_line]
        assert ended.result == (
            0,
            final(service, f"succeeded after {took}"),
            told(
                starting(service),
                f"0 {name}: {delayed} 500ms",
                f"0.5 {name}: {delayed} 1s",
                f"1.5 {name}: started {service.reference}",
                *pending,
                f"{end} {name}: succeeded",
            ),
        )

    def test_that_outlasts_max_outage_exits_11(self, shell: Shell, service: Service) -> None:
        # At 0, 0.5, 1.5 and 3.5 s, and for a last time when the 5 s are over.
        service.on_start(*[429] * 5)

        ended = shell(f"run {service.profile} --max-outage 5s")

        name = service.profile
        delayed = f"{name}: nothing started yet: {http(429)}; trying again in"
        assert service.requests == [service.start_line] * 5
        assert ended.result == (
            11,
            "",
            told(
                starting(service),
                f"0 {delayed} 500ms",
                f"0.5 {delayed} 1s",
                f"1.5 {delayed} 2s",
                f"3.5 {delayed} 2s",
                f"error: {name}: nothing was started: {http(429)}",
                "hint: gave up after 5s (--max-outage); it is safe to run the same command again",
            ),
        )

    def test_is_borne_for_5_minutes_if_nothing_else_is_said(
        self, shell: Shell, service: Service
    ) -> None:
        # At 0, 0.5, 1.5, 3.5, 7.5, 15.5 s, then every 10 s up to 295.5 s, and at 300 s.
        service.on_start(*[429] * 35)

        ended = shell(f"start {service.profile} --progress none")

        assert service.requests == [service.start_line] * 35
        assert ended.result == (
            11,
            "",
            f"error: {service.profile}: nothing was started: {http(429)}\n"
            "hint: gave up after 5m (--max-outage); it is safe to run the same command again\n",
        )

    def test_is_not_borne_at_all_with_max_outage_0s(self, shell: Shell, service: Service) -> None:
        service.on_start(429)

        ended = shell(f"run {service.profile} --max-outage 0s")

        assert service.requests == [service.start_line]
        assert ended.exit_code == 11

    def test_waits_as_long_as_the_service_asks(self, shell: Shell, service: Service) -> None:
        service.on_start(answer(429, Retry_After="7"), service.accepted())

        ended = shell(f"start {service.profile}")

        name = service.profile
        assert service.requests == [service.start_line] * 2
        assert ended.result == (
            0,
            f"{service.reference}\n",
            told(
                f"0 {name}: starting {service.flow} on {service.backend}",
                f"0 {name}: nothing started yet: {http(429)}; trying again in 7s",
                f"7 {name}: started {service.reference}",
                f"accepted, not followed; to follow it: dfctl wait {service.reference}",
            ),
        )

    def test_waits_for_the_date_that_the_service_names_but_no_more_than_5_minutes(
        self, shell: Shell, service: Service
    ) -> None:
        far_off = answer(429, Retry_After="Sun, 01 Mar 2037 12:00:00 GMT")
        service.on_start(far_off, service.accepted())

        ended = shell(f"start {service.profile} --max-outage 10m")

        name = service.profile
        assert service.requests == [service.start_line] * 2
        assert ended.result == (
            0,
            f"{service.reference}\n",
            told(
                f"0 {name}: starting {service.flow} on {service.backend}",
                f"0 {name}: nothing started yet: {http(429)}; trying again in 5m",
                f"300 {name}: started {service.reference}",
                f"accepted, not followed; to follow it: dfctl wait {service.reference}",
            ),
        )

    def test_waits_no_longer_where_the_date_has_passed(
        self, shell: Shell, service: Service
    ) -> None:
        passed = answer(429, Retry_After="Sun, 01 Mar 2020 12:00:00 GMT")
        service.on_start(passed, service.accepted())

        ended = shell(f"start {service.profile}")

        assert service.requests == [service.start_line] * 2
        assert f"{http(429)}; trying again in 500ms\n" in ended.stderr
        assert ended.exit_code == 0

    @pytest.mark.parametrize(
        "text", ["soon", "-5", "1.5", "²", "7 s", "", "0", "Sun, 99 Mar 2026", "9" * 400]
    )
    def test_with_a_delay_that_cannot_be_read_is_retried_as_usual(
        self, shell: Shell, service: Service, text: str
    ) -> None:
        service.on_start(answer(429, Retry_After=text), service.accepted())

        ended = shell(f"start {service.profile} --max-outage 10m")

        seconds = "5m" if text.startswith("9") else "500ms"
        assert service.requests == [service.start_line] * 2
        assert ended.exit_code == 0
        assert f"{http(429)}; trying again in {seconds}\n" in ended.stderr

    def test_with_a_delay_beyond_max_outage_gives_up_at_once_and_says_so(
        self, shell: Shell, service: Service
    ) -> None:
        service.on_start(answer(429, Retry_After="120"))

        ended = shell(f"run {service.profile} --max-outage 1m")

        assert service.requests == [service.start_line]
        assert ended.exit_code == 11
        # No minute has passed, so nothing was given up after one.
        assert "gave up after 1m" not in ended.stderr
        assert "2m" in ended.stderr

    def test_with_a_delay_of_5_minutes_is_waited_out_by_default(
        self, shell: Shell, service: Service
    ) -> None:
        # A delay that the service asks for is no outage.
        service.on_start(answer(429, Retry_After="300"), service.accepted())

        ended = shell(f"start {service.profile} --progress none")

        assert service.requests == [service.start_line] * 2
        assert ended.exit_code == 0


class Test415OnInVision:
    def test_is_answered_with_an_empty_body_once(self, shell: Shell, invision: InVision) -> None:
        invision.on_start(415)
        invision.on_start(invision.accepted(), body="")
        invision.on_look(invision.seen("Succeeded"))

        ended = shell("run sales")

        assert invision.requests == [*[invision.start_line] * 2, invision.look_line]
        assert ended.result == (
            0,
            final(invision, "succeeded after 500ms"),
            told(*begun(invision), "0 sales: pending", "0.5 sales: succeeded"),
        )

    def test_exits_2_when_the_empty_body_is_refused_too(
        self, shell: Shell, invision: InVision
    ) -> None:
        invision.on_start(415)
        invision.on_start(415, body="")

        ended = shell("run sales")

        assert invision.requests == [invision.start_line] * 2
        assert ended.result == wrong(invision, http(415))

    @pytest.mark.parametrize(("status", "code"), [(500, 9), (401, 4), (404, 6), (503, 9)])
    def test_is_followed_by_what_the_second_answer_says(
        self, shell: Shell, invision: InVision, status: int, code: int
    ) -> None:
        invision.on_start(415)
        invision.on_start(status, body="")

        ended = shell("run sales")

        assert invision.requests == [invision.start_line] * 2
        assert ended.exit_code == code

    def test_may_come_after_throttling_and_before_it(
        self, shell: Shell, invision: InVision
    ) -> None:
        invision.on_start(429, 415)
        invision.on_start(429, invision.seen("Succeeded"), body="")

        ended = shell("run sales --progress none")

        assert invision.requests == [invision.start_line] * 4
        assert ended.result == (0, final(invision, "succeeded after 0s"), "")

    def test_is_not_repeated_with_parameters(self, shell: Shell, invision: InVision) -> None:
        shell.configure_invision(invision.address, experimental_parameters=True)
        invision.on_start(415, body='{"globalArguments": {"department": "100"}}')

        ended = shell("run sales -p department=100")

        assert invision.requests == [invision.start_line]
        assert ended.exit_code == 2
        assert http(415) in ended.stderr

    def test_is_a_refusal_on_dataform_web(self, shell: Shell, dataform: DataformWeb) -> None:
        ended = run_once(shell, dataform, 415)

        assert ended.result == wrong(dataform, http(415))


GRPC_CODES = [
    (400, 16, 4),
    (401, 16, 4),
    (500, 16, 4),
    (403, 7, 4),
    (500, 7, 4),
    (500, 5, 6),
    (404, 5, 6),
    (400, 5, 6),
    (400, 3, 2),
    (500, 3, 2),
    (409, 6, 2),
    (412, 9, 2),
    (400, 11, 2),
    (501, 12, 2),
    (503, 14, 9),
    (403, 14, 9),
    (404, 14, 9),
    (408, 4, 9),
    (400, 4, 9),
    (409, 10, 9),
    (499, 1, 9),
    (500, 2, 9),
    (500, 13, 9),
    (500, 15, 9),
]


class TestTheErrorBodyOfDataformWeb:
    @pytest.mark.parametrize(("status", "grpc_code", "code"), GRPC_CODES)
    def test_says_more_than_the_status(
        self, shell: Shell, dataform: DataformWeb, status: int, grpc_code: int, code: int
    ) -> None:
        ended = run_once(shell, dataform, error_body(grpc_code, "those words", status))

        why = http(status, "those words")
        expected = {
            2: wrong(dataform, why),
            4: key_refused(dataform, why),
            6: not_found(dataform, why),
            9: unconfirmed(dataform, f"the start was sent, but it was answered with {why}"),
        }
        assert ended.result == expected[code]

    @pytest.mark.parametrize("status", [403, 429, 500, 503])
    def test_may_say_that_the_service_throttles(
        self, shell: Shell, dataform: DataformWeb, status: int
    ) -> None:
        throttled = error_body(8, "quota exhausted", status)
        dataform.on_start(throttled, throttled, throttled)

        ended = shell("start nightly --max-outage 1s")

        delayed = f"nightly: nothing started yet: {http(status, 'quota exhausted')}"
        assert dataform.requests == [dataform.start_line] * 3
        assert ended.result == (
            11,
            "",
            told(
                "0 nightly: starting nightly on dataform-web",
                f"0 {delayed}; trying again in 500ms",
                f"0.5 {delayed}; trying again in 500ms",
                f"error: nightly: nothing was started: {http(status, 'quota exhausted')}",
                "hint: gave up after 1s (--max-outage); it is safe to run the same command again",
            ),
        )

    @pytest.mark.parametrize(
        ("status", "body", "code"),
        [
            (403, {"error": "no"}, 4),
            (404, {"message": "no", "code": "5"}, 6),
            (400, {"message": "no", "code": None}, 2),
            (500, {"message": "no", "code": True}, 9),
            (500, {"code": 5}, 6),
            (404, {"message": "no", "code": 404}, 6),
            (401, {"message": "no", "code": 401}, 4),
        ],
    )
    def test_leaves_the_word_to_the_status_where_it_has_no_grpc_code(
        self, shell: Shell, dataform: DataformWeb, status: int, body: dict[str, object], code: int
    ) -> None:
        ended = run_once(shell, dataform, answer(body, status))

        assert ended.exit_code == code

    def test_is_told_where_it_comes_with_200(self, shell: Shell, dataform: DataformWeb) -> None:
        ended = run_once(shell, dataform, error_body(5, "no such schedule", 200))

        message = "the start was answered with an object without id: no such schedule"
        assert ended.result == unconfirmed(dataform, message)


DEEP = "[" * 100_000 + "]" * 100_000
UNREADABLE = [
    ("", "an empty answer"),
    (" \r\n", "an empty answer"),
    ("<html>Sign in</html>", "a web page instead of JSON"),
    ("OK", "text that is not JSON"),
    ('{"%s": "1"', "text that is not JSON"),
    ('{"%s": NaN}', "text that is not JSON"),
    ('{"%s": "1", "more": -Infinity}', "text that is not JSON"),
    (DEEP, "text that is not JSON"),
    ('{"%s": "1", "more": ' + DEEP + "}", "text that is not JSON"),
    (b'{"%s": "\xff\xfe"}', "text that is not JSON"),
    ('{"%s": ' + "9" * 5000 + "}", "text that is not JSON"),
    ("[]", "JSON that is not an object"),
    ('[{"%s": "1"}]', "JSON that is not an object"),
    ('"1"', "JSON that is not an object"),
    ("null", "JSON that is not an object"),
    ("5", "JSON that is not an object"),
    ("{}", "an object without %s"),
    ('{"%s": null}', "an object without %s"),
    ('{"%s": ""}', "an object without %s"),
    ('{"%s": "  "}', "an object without %s"),
    ('{"%s": true}', "an object without %s"),
    ('{"%s": 1.5}', "an object without %s"),
    ('{"%s": {"id": "1"}}', "an object without %s"),
    ('{"%s": ["1"]}', "an object without %s"),
    ('{"%s": ".."}', "an object whose %s cannot be used"),
    ('{"%s": "\\ud800"}', "an object whose %s cannot be used"),
    ('{"%s": "' + "1" * 600 + '"}', "an object whose %s cannot be used"),
]


def named(text: str | bytes, name: str) -> str | bytes:
    """Return the text with the name of the id in the place of %s."""
    if isinstance(text, bytes):
        return text.replace(b"%s", name.encode())
    return text.replace("%s", name)


@pytest.mark.parametrize(
    ("text", "words"), UNREADABLE, ids=[str(n) for n in range(len(UNREADABLE))]
)
@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_that_cannot_be_read_exits_9_after_one_start(
    shell: Shell, service: Service, text: str | bytes, words: str, status: int
) -> None:
    name = "runId" if isinstance(service, InVision) else "id"

    ended = run_once(shell, service, Answer(status, named(text, name)))

    message = f"the start was answered with {words.replace('%s', name)}"
    assert ended.result == unconfirmed(service, message)


@pytest.mark.parametrize(
    "text", ['{"%s": "1", "%s": "2"}', '{"%s": "1", "%S": "2"}', '{"%S": "2", "%s": "1"}']
)
def test_an_answer_that_names_two_runs_exits_9_after_one_start(
    shell: Shell, service: Service, text: str
) -> None:
    name = "runId" if isinstance(service, InVision) else "id"
    body = text.replace("%s", name).replace("%S", name.upper())

    ended = run_once(shell, service, Answer(200, body))

    assert (ended.exit_code, ended.stdout) == (9, "")
    assert ended.stderr.endswith(f"hint: {check_first(service)}\n")


@pytest.mark.parametrize("status", [201, 202])
def test_any_success_with_an_id_is_a_start(shell: Shell, service: Service, status: int) -> None:
    service.on_start(answer(service.accepted(), status))

    ended = shell(f"start {service.profile} -q")

    assert service.requests == [service.start_line]
    assert ended.result == (0, "", "")


def test_204_names_no_run(shell: Shell, service: Service) -> None:
    ended = run_once(shell, service, 204)

    assert ended.result == unconfirmed(service, "the start was answered with an empty answer")


def test_an_answer_that_is_compressed_unasked_exits_9(shell: Shell, service: Service) -> None:
    ended = run_once(shell, service, Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}))

    message = "the start was sent, but the answer is compressed, though dfctl asked for plain"
    assert ended.result == unconfirmed(service, message)


def test_an_answer_beyond_8_mib_exits_9(shell: Shell, service: Service) -> None:
    ended = run_once(shell, service, Answer(200, b" " * (8 * 1024 * 1024 + 1)))

    message = "the start was sent, but the answer is larger than 8 MiB"
    assert ended.result == unconfirmed(service, message)


def test_an_answer_that_breaks_off_exits_9(shell: Shell, service: Service) -> None:
    ended = run_once(shell, service, Answer(200, b"{", {"Content-Length": "1000"}))

    assert (ended.exit_code, ended.stdout) == (9, "")
    assert "error: " in ended.stderr
    assert ended.stderr.endswith(f"hint: {check_first(service)}\n")


def test_a_number_is_an_id_too_and_is_kept_digit_by_digit(
    shell: Shell, dataform: DataformWeb
) -> None:
    dataform.on_start({"id": 9007199254740993})

    ended = shell("start nightly -o ref --progress none")

    assert dataform.requests == [dataform.start_line]
    assert ended.result == (0, "nightly/9007199254740993\n", "")


def test_a_flow_that_was_not_found_is_the_one_that_the_command_line_names(
    shell: Shell, invision: InVision
) -> None:
    invision.expect("POST /invision/api/pub/v1/dataflows/other/start", 404, headers={}, body="{}")

    ended = shell("run sales --flow other --progress none")

    assert invision.requests == ["POST /invision/api/pub/v1/dataflows/other/start"]
    assert ended.result == (
        6,
        "",
        f"error: sales: the service does not know the flow 'other': {http(404)}\n"
        "hint: nothing was started; check flow and address of the profile\n",
    )


def test_a_start_that_was_refused_has_no_run_in_json(shell: Shell, invision: InVision) -> None:
    invision.on_start(404)

    ended = shell("run sales -o json --progress none")

    assert invision.requests == [invision.start_line]
    [run] = ended.document["runs"]
    assert (run["run"], run["locator"], run["state"]) == (None, None, None)
    assert (ended.document["exit_code"], run["exit_code"], ended.exit_code) == (6, 6, 6)
    assert RUN not in ended.stdout
