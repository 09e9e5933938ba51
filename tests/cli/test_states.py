"""Each state of each service, through `run`, `wait` and `status`."""

import json

import pytest

from tests.cli.services import (
    RUN,
    DataformWeb,
    InVision,
    Service,
    answer,
    begun,
    final,
    following,
    strange,
    told,
)
from tests.shell import Shell

OUTCOMES = [
    ("invision", "Succeeded", "succeeded", 0),
    ("invision", "Failed", "failed", 3),
    ("invision", "SUCCEEDED", "succeeded", 0),
    ("invision", "succeeded", "succeeded", 0),
    ("invision", "fAILED", "failed", 3),
    ("dataform", "SUCCESSFUL", "succeeded", 0),
    ("dataform", "FAILED", "failed", 3),
    ("dataform", "CANCELLED", "cancelled", 5),
    ("dataform", "TIMED_OUT", "timed out", 10),
]
OPEN = [
    ("invision", "Pending", "pending"),
    ("invision", "pending", "pending"),
    ("invision", "Running", "running"),
    ("invision", "RUNNING", "running"),
    ("dataform", "RUNNING", "running"),
]
STRANGE = [
    ("invision", "Paused"),
    ("invision", "Succeeded with errors"),
    ("invision", "Cancelled"),
    ("invision", None),
    ("dataform", "UNKNOWN"),
    ("dataform", "SUCCEEDED"),
    ("dataform", "CANCELING"),
    ("dataform", "successful"),
    ("dataform", None),
]


@pytest.mark.parametrize(("service", "word", "words", "code"), OUTCOMES, indirect=["service"])
class TestAnOutcome:
    def test_is_the_exit_code_of_run(
        self, shell: Shell, service: Service, word: str, words: str, code: int
    ) -> None:
        service.on_start(service.accepted())
        service.on_look(service.seen(service.running), service.seen(word))

        ended = shell(f"run {service.profile}")

        pending = ["0 sales: pending"] if isinstance(service, InVision) else []
        running, end = (0.5, 1) if isinstance(service, InVision) else (0, 0.5)
        assert service.requests == [service.start_line, service.look_line, service.look_line]
        assert ended.result == (
            code,
            final(service, f"{words} after {'1s' if end == 1 else '500ms'}"),
            told(
                *begun(service),
                *pending,
                f"{running} {service.profile}: running",
                f"{end} {service.profile}: {words}",
            ),
        )

    def test_is_the_exit_code_of_wait(
        self, shell: Shell, service: Service, word: str, words: str, code: int
    ) -> None:
        service.on_look(service.seen(service.running), service.seen(word))

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line, service.look_line]
        assert ended.result == (
            code,
            final(service, words),
            told(
                following(service),
                f"0 {service.profile}: running",
                f"0.5 {service.profile}: {words}",
            ),
        )

    def test_is_the_exit_code_of_status(
        self, shell: Shell, service: Service, word: str, words: str, code: int
    ) -> None:
        service.on_look(service.seen(word))

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.result == (code, final(service, words), "")


@pytest.mark.parametrize(("service", "word", "words"), OPEN, indirect=["service"])
class TestAStateThatIsNotFinal:
    def test_is_told_by_status_with_8(
        self, shell: Shell, service: Service, word: str, words: str
    ) -> None:
        service.on_look(service.seen(word))

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.result == (8, final(service, words), "")

    def test_is_waited_through(self, shell: Shell, service: Service, word: str, words: str) -> None:
        service.on_look(service.seen(word), service.seen(word), service.seen(service.succeeded))

        ended = shell(f"wait {service.reference}")

        assert service.requests == [service.look_line] * 3
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                f"0 {service.profile}: {words}",
                f"1 {service.profile}: succeeded",
            ),
        )


@pytest.mark.parametrize(("service", "word"), STRANGE, indirect=["service"])
class TestAStrangeState:
    def test_ends_no_run_and_is_warned_of_once(
        self, shell: Shell, service: Service, word: str | None
    ) -> None:
        service.on_start(service.accepted())
        service.on_look(*[service.seen(word)] * 3, service.seen(service.succeeded))

        ended = shell(f"run {service.profile}")

        is_invision = isinstance(service, InVision)
        raw = "" if word is None else f" ({word})"
        assert service.requests == [service.start_line, *[service.look_line] * 4]
        assert ended.result == (
            0,
            final(service, "succeeded after 2s"),
            told(
                *begun(service),
                *(["0 sales: pending"] if is_invision else []),
                strange(service, word),
                f"{0.5 if is_invision else 0} {service.profile}: unknown{raw}",
                f"{2 if is_invision else 1.5} {service.profile}: succeeded",
            ),
        )

    def test_ends_no_wait_and_is_warned_of_once(
        self, shell: Shell, service: Service, word: str | None
    ) -> None:
        service.on_look(*[service.seen(word)] * 3, service.seen(service.succeeded))

        ended = shell(f"wait {service.reference}")

        raw = "" if word is None else f" ({word})"
        assert service.requests == [service.look_line] * 4
        assert ended.result == (
            0,
            final(service, "succeeded"),
            told(
                following(service),
                strange(service, word),
                f"0 {service.profile}: unknown{raw}",
                f"1.5 {service.profile}: succeeded",
            ),
        )

    def test_is_8_for_status_and_its_word_is_told(
        self, shell: Shell, service: Service, word: str | None
    ) -> None:
        service.on_look(service.seen(word))

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.exit_code == 8
        assert ended.stdout.startswith(f"{service.profile}: unknown")
        assert (word or "") in ended.stdout + ended.stderr


def test_a_state_that_comes_and_goes_as_unknown_is_warned_of_once(
    shell: Shell, service: Service
) -> None:
    running, paused = service.seen(service.running), service.seen("PAUSED")
    service.on_look(paused, running, paused, running, paused, service.seen(service.succeeded))

    ended = shell(f"wait {service.reference}")

    assert service.requests == [service.look_line] * 6
    assert ended.exit_code == 0
    assert ended.stderr.count("warning:") == 1


def test_an_unknown_state_in_the_answer_of_the_start_is_warned_of(
    shell: Shell, invision: InVision
) -> None:
    invision.on_start(invision.seen("Paused"))
    invision.on_look(invision.seen("Paused"), invision.seen("Succeeded"))

    ended = shell("run sales")

    assert invision.requests == [invision.start_line, *[invision.look_line] * 2]
    assert ended.result == (
        0,
        final(invision, "succeeded after 1s"),
        told(
            *begun(invision),
            strange(invision, "Paused"),
            "0 sales: unknown (Paused)",
            "1 sales: succeeded",
        ),
    )


def test_an_unknown_state_lasts_until_the_timeout(shell: Shell, service: Service) -> None:
    service.on_look(*[service.seen("PAUSED")] * 3)

    ended = shell(f"wait {service.reference} --timeout 2s --interval 1s --progress none")

    assert service.requests == [service.look_line] * 3
    assert ended.exit_code == 124
    assert ended.stderr == told(
        strange(service, "PAUSED"),
        f"error: {service.profile}: not ended after 2s (--timeout); the run goes on",
        f"hint: to follow it: dfctl wait {service.reference}",
    )
    assert ended.stdout.startswith(f"{service.profile}: unknown")


def test_a_run_may_go_back_from_running_to_pending(shell: Shell, invision: InVision) -> None:
    words = ("Pending", "Running", "Pending", "Running", "Succeeded")
    invision.on_start(invision.accepted())
    invision.on_look(*map(invision.seen, words))

    ended = shell("run sales")

    assert invision.requests == [invision.start_line, *[invision.look_line] * 5]
    assert ended.result == (
        0,
        final(invision, "succeeded after 2s"),
        told(
            *begun(invision),
            "0 sales: pending",
            "1 sales: running",
            "1.5 sales: pending",
            "2 sales: running",
            "2.5 sales: succeeded",
        ),
    )


@pytest.mark.parametrize(("word", "code"), [("Succeeded", 0), ("FAILED", 3)])
def test_a_final_state_in_the_answer_of_the_start_ends_the_wait_without_a_look(
    shell: Shell, invision: InVision, word: str, code: int
) -> None:
    invision.on_start(invision.seen(word))

    ended = shell("run sales")

    words = word.lower()
    assert invision.requests == [invision.start_line]
    assert ended.result == (
        code,
        final(invision, f"{words} after 0s"),
        told(*begun(invision), f"0 sales: {words}"),
    )


@pytest.mark.parametrize(("word", "code"), [("Succeeded", 0), ("Failed", 3)])
def test_server_wait_asks_for_an_answer_at_the_end(
    shell: Shell, invision: InVision, word: str, code: int
) -> None:
    invision.on_awaited_start(invision.seen(word))

    ended = shell("run sales --server-wait")

    assert invision.requests == [invision.await_line]
    assert ended.result == (
        code,
        final(invision, f"{word.lower()} after 0s"),
        told(*begun(invision), f"0 sales: {word.lower()}"),
    )


def test_server_wait_follows_on_where_the_answer_came_before_the_end(
    shell: Shell, invision: InVision
) -> None:
    invision.on_awaited_start(invision.seen("Running"))
    invision.on_look(invision.seen("Succeeded"))

    ended = shell("start sales --wait --server-wait")

    assert invision.requests == [invision.await_line, invision.look_line]
    assert ended.result == (
        0,
        final(invision, "succeeded after 500ms"),
        told(*begun(invision), "0 sales: running", "0.5 sales: succeeded"),
    )


@pytest.mark.parametrize("names", [("RUNID", "STATUS"), ("runid", "status"), ("RunId", "Status")])
def test_invision_may_write_names_in_any_case(
    shell: Shell, invision: InVision, names: tuple[str, str]
) -> None:
    run, status = names
    invision.on_start({run: RUN, status: "PENDING"})
    invision.on_look({run: RUN.upper(), status: "SUCCEEDED", "more": {"status": "Failed"}})

    ended = shell("run sales")

    assert invision.requests == [invision.start_line, invision.look_line]
    assert ended.result == (
        0,
        final(invision, "succeeded after 500ms"),
        told(*begun(invision), "0 sales: pending", "0.5 sales: succeeded"),
    )


class TestALink:
    def test_is_told_once_by_run(self, shell: Shell, dataform: DataformWeb) -> None:
        looks = [dataform.seen(word, runLogUrl=dataform.url) for word in ("RUNNING", "SUCCESSFUL")]
        dataform.on_start(dataform.accepted())
        dataform.on_look(*looks)

        ended = shell("run nightly")

        assert dataform.requests == [dataform.start_line, *[dataform.look_line] * 2]
        assert ended.result == (
            0,
            final(dataform, "succeeded after 500ms"),
            told(
                *begun(dataform),
                "0 nightly: running",
                f"0 nightly: {dataform.url}",
                "0.5 nightly: succeeded",
            ),
        )

    def test_is_told_by_wait(self, shell: Shell, dataform: DataformWeb) -> None:
        dataform.on_look(dataform.seen("FAILED", runLogUrl=dataform.url))

        ended = shell("wait nightly/5678")

        assert dataform.requests == [dataform.look_line]
        assert ended.result == (
            3,
            final(dataform, "failed"),
            told(following(dataform), "0 nightly: failed", f"0 nightly: {dataform.url}"),
        )

    def test_is_told_by_status(self, shell: Shell, dataform: DataformWeb) -> None:
        dataform.on_look(dataform.seen("FAILED", runLogUrl=dataform.url))

        ended = shell("status nightly/5678")

        assert dataform.requests == [dataform.look_line]
        assert ended.exit_code == 3
        assert ended.stdout.startswith("nightly: failed")
        assert dataform.url in ended.stdout + ended.stderr

    def test_is_in_the_json_document(self, shell: Shell, dataform: DataformWeb) -> None:
        dataform.on_look(dataform.seen("FAILED", runLogUrl=dataform.url))

        ended = shell("status nightly/5678 -o json")

        assert dataform.requests == [dataform.look_line]
        assert ended.document["runs"][0]["url"] == dataform.url
        assert (ended.exit_code, ended.stderr) == (3, "")

    @pytest.mark.parametrize(
        "link",
        [
            "javascript:alert(1)",
            "JavaScript:alert(1)//https://app.dataform.co/",
            "data:text/html,<script>alert(1)</script>",
            "file:///etc/passwd",
            "//app.dataform.co/",
            "https://app.dataform.co/\x1b]8;;https://evil.invalid\x1b\\",
            "https://app.dataform.co/\x1b[2J",
            "https://app.dataform.co/\x9b2J",
            "https://app.dataform.co/\u202egro.live",
            "https://app.dataform.co/\nerror: forged",
            "https://app.dataform.co/ \u2028x",
        ],
    )
    @pytest.mark.parametrize("command", ["wait", "status", "status -o json", "wait -v"])
    def test_is_not_shown_where_it_is_no_safe_web_address(
        self, shell: Shell, dataform: DataformWeb, link: str, command: str
    ) -> None:
        dataform.on_look(dataform.seen("SUCCESSFUL", runLogUrl=link))

        ended = shell(f"{command} nightly/5678")

        shown = ended.stdout + ended.stderr
        assert dataform.requests == [dataform.look_line]
        assert ended.exit_code == 0
        assert link not in shown
        assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
        assert "forged" not in shown
        if "json" in command:
            assert ended.document["runs"][0]["url"] is None


@pytest.mark.parametrize(
    "word",
    [
        "Done\x1b[2J\x1b]0;owned\x07",
        "Done\r\nerror: forged",
        "\u202edeliaF",
        "[bold red]Failed[/]",
        "Done\ud800",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize("options", ["", " -o json", " -v"])
def test_a_word_of_the_service_is_made_safe_to_show(
    shell: Shell, service: Service, word: str, options: str
) -> None:
    service.on_look(service.seen(word))

    ended = shell(f"wait {service.reference} --timeout 0s{options}")

    shown = ended.stdout + ended.stderr
    assert service.requests == [service.look_line]
    assert ended.exit_code == 124
    assert not any(character < " " for character in shown.replace("\n", ""))
    assert not {"\x7f", "\x9b", "\u202e", "\ud800"} & set(shown)
    assert not any(line.startswith("error: forged") for line in shown.splitlines())
    assert max(map(len, shown.splitlines())) < 500
    if "[bold" in word:
        assert word in shown


def test_a_run_is_never_taken_for_another_one(shell: Shell, service: Service) -> None:
    other = dict.fromkeys(service.seen(None), "4711")
    service.on_look({**other, "status": service.succeeded}, service.seen(service.running))

    ended = shell(f"wait {service.reference} --timeout 500ms")

    assert service.requests == [service.look_line] * 2
    assert ended.result == (
        124,
        final(service, "running"),
        told(
            following(service, "for up to 500ms (--timeout)"),
            f"0 {service.profile}: no news: it answered with an object about another run; "
            "looking again in 500ms",
            f"0.5 {service.profile}: running, in contact again",
            f"error: {service.profile}: not ended after 500ms (--timeout); the run goes on",
            f"hint: to follow it: dfctl wait {service.reference}",
        ),
    )


def test_an_answer_that_is_an_error_with_200_is_no_sighting(
    shell: Shell, dataform: DataformWeb
) -> None:
    body = json.dumps({"error": "shard moved", "code": 14, "message": "shard moved"})
    dataform.on_look(answer(json.loads(body)), dataform.seen("SUCCESSFUL"))

    ended = shell("wait nightly/5678 --progress none")

    assert dataform.requests == [dataform.look_line] * 2
    assert ended.result == (0, final(dataform, "succeeded"), "")
