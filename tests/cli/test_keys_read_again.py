"""A key that changed meanwhile: its source is read once more when the service answers 401."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.cli.services import (
    Answer,
    DataformWeb,
    InVision,
    Service,
    answer,
    error_body,
    final,
    http,
    resume,
    unseen,
)
from tests.shell import CANARY, Ended, Shell

NEW = "2|newKey+/=|77"
NEWER = "3|newerKey+/=|78"


@pytest.fixture
def key_file(shell: Shell, service: Service, tmp_path: Path) -> Path:
    """Return the file in which the profile's key is kept."""
    return keep_in_file(shell, service, tmp_path)


def keep_in_file(shell: Shell, service: Service, folder: Path) -> Path:
    """Keep the key of the service's profile in a file, and return that."""
    file = folder / "key"
    file.write_text(f"{CANARY}\n")
    configure(shell, service, f'{{ file = "{file.as_posix()}" }}')
    return file


def configure(shell: Shell, service: Service, key: str) -> None:
    """Configure the service's profile with `key`, as TOML writes it."""
    own = "" if isinstance(service, InVision) else 'project = "1234"\n'
    shell.configure(
        f"[profiles.{service.profile}]\n"
        f'backend = "{service.backend}"\n'
        f'address = "{service.address}"\n'
        f'flow = "{service.flow}"\n'
        f"key = {key}\n{own}"
    )


def changing(file: Path, key: str, status: int = 401) -> Answer:
    """Return a refusal that comes while the key's file gets another key."""
    return Answer(status, meanwhile=lambda: file.write_text(key))


def with_keys(shell: Shell, line: str) -> Ended:
    """Run a command line that must not show the new keys either."""
    ended = shell(f"{line} -v --progress none")
    assert NEW not in ended.stdout + ended.stderr
    assert NEWER not in ended.stdout + ended.stderr
    return ended


def told_errors(ended: Ended) -> str:
    """Return stderr without the requests."""
    lines = ended.stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("POST ", "GET ")))


class TestAKeyThatChanged:
    def test_cures_a_start(self, shell: Shell, service: Service, key_file: Path) -> None:
        service.on_start(changing(key_file, NEW))
        service.on_start(service.accepted(), key=NEW)

        ended = with_keys(shell, f"start {service.profile} -o ref")

        assert service.requests == [service.start_line] * 2
        assert (ended.exit_code, ended.stdout) == (0, f"{service.reference}\n")
        assert told_errors(ended) == ""

    def test_that_cured_a_start_is_used_for_the_looks_too(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        service.on_start(changing(key_file, NEW))
        service.on_start(service.accepted(), key=NEW)
        service.on_look(service.seen(service.succeeded), key=NEW)

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line, service.start_line, service.look_line]
        assert ended.exit_code == 0
        assert told_errors(ended) == ""

    def test_cures_a_look_of_run(self, shell: Shell, service: Service, key_file: Path) -> None:
        service.on_start(service.accepted())
        service.on_look(service.seen(service.running), changing(key_file, NEW))
        service.on_look(service.seen(service.running), service.seen(service.succeeded), key=NEW)

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line, *[service.look_line] * 4]
        assert ended.exit_code == 0
        assert told_errors(ended) == ""

    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_cures_a_look(
        self, shell: Shell, service: Service, key_file: Path, command: str
    ) -> None:
        service.on_look(changing(key_file, NEW))
        service.on_look(service.seen(service.succeeded), key=NEW)

        ended = with_keys(shell, f"{command} {service.reference}")

        assert service.requests == [service.look_line] * 2
        assert (ended.exit_code, ended.stdout) == (0, final(service, "succeeded"))
        assert told_errors(ended) == ""

    def test_may_change_more_than_once_during_a_wait(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        service.on_look(service.seen(service.running), changing(key_file, NEW))
        service.on_look(service.seen(service.running), changing(key_file, NEWER), key=NEW)
        service.on_look(service.seen(service.succeeded), key=NEWER)

        ended = with_keys(shell, f"wait {service.reference}")

        assert service.requests == [service.look_line] * 5
        assert (ended.exit_code, ended.stdout) == (0, final(service, "succeeded"))

    def test_cures_what_grpc_calls_unauthenticated(
        self, shell: Shell, dataform: DataformWeb, tmp_path: Path
    ) -> None:
        file = keep_in_file(shell, dataform, tmp_path)
        refusal = error_body(16, "token expired", 500)
        change = Answer(500, refusal.body, meanwhile=lambda: file.write_text(NEW))
        dataform.on_start(change)
        dataform.on_start(dataform.accepted(), key=NEW)

        ended = with_keys(shell, "start nightly -o ref")

        assert dataform.requests == [dataform.start_line] * 2
        assert (ended.exit_code, ended.stdout) == (0, "nightly/5678\n")


class TestAKeyThatIsRefusedAgain:
    def test_ends_a_start_with_4_after_two_tries(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        service.on_start(changing(key_file, NEW))
        service.on_start(changing(key_file, NEWER), key=NEW)

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line] * 2
        assert (ended.exit_code, ended.stdout) == (4, "")
        assert told_errors(ended) == (
            f"error: {service.profile}: the service refused the key: {http(401)}\n"
            "hint: nothing was started; check the key, and that it may start this flow\n"
        )

    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_ends_a_look_with_4_after_two_tries(
        self, shell: Shell, service: Service, key_file: Path, command: str
    ) -> None:
        service.on_look(changing(key_file, NEW))
        service.on_look(changing(key_file, NEWER), key=NEW)

        ended = with_keys(shell, f"{command} {service.reference}")

        assert service.requests == [service.look_line] * 2
        assert (ended.exit_code, ended.stdout) == (4, unseen(service))
        assert told_errors(ended) == (
            f"error: {service.profile}: the service refused the key: {http(401)}\n"
            "hint: check the key and what it may see\n"
        )

    def test_loses_a_run_of_ours_with_7_after_two_tries(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        service.on_start(service.accepted())
        service.on_look(changing(key_file, NEW))
        service.on_look(changing(key_file, NEWER), key=NEW)

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line, *[service.look_line] * 2]
        assert ended.exit_code == 7
        assert told_errors(ended) == (
            f"error: {service.profile}: the service no longer answers about the run: "
            f"{http(401)}\n{resume(service)}\n"
        )

    def test_does_not_keep_a_source_busy_that_makes_a_new_key_each_time(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        keys: Iterator[int] = count()
        change = Answer(401, meanwhile=lambda: key_file.write_text(f"key-{next(keys)}"))
        path = service.look_line.removeprefix("GET ")
        service.server.expect_request(path).respond_with_handler(change.response)

        ended = with_keys(shell, f"wait {service.reference}")

        assert service.requests == [service.look_line] * 2
        assert ended.exit_code == 4


class TestAKeyThatDidNotChange:
    def test_is_not_sent_again_by_a_start(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        service.on_start(401)

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line]
        assert ended.exit_code == 4

    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_is_not_sent_again_by_a_look(
        self, shell: Shell, service: Service, key_file: Path, command: str
    ) -> None:
        service.on_look(401)

        ended = with_keys(shell, f"{command} {service.reference}")

        assert service.requests == [service.look_line]
        assert ended.exit_code == 4


class TestA403:
    def test_is_no_reason_to_read_the_key_again(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        service.on_start(changing(key_file, NEW, 403))

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line]
        assert ended.exit_code == 4


class TestAKeyThatWentAway:
    def test_ends_a_start_with_4(self, shell: Shell, service: Service, key_file: Path) -> None:
        service.on_start(Answer(401, meanwhile=key_file.unlink))

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line]
        assert (ended.exit_code, ended.stdout) == (4, "")
        assert told_errors(ended).startswith("error: ")

    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_ends_a_look_with_4(
        self, shell: Shell, service: Service, key_file: Path, command: str
    ) -> None:
        service.on_look(Answer(401, meanwhile=key_file.unlink))

        ended = with_keys(shell, f"{command} {service.reference}")

        assert service.requests == [service.look_line]
        assert (ended.exit_code, ended.stdout) == (4, unseen(service))

    def test_loses_a_run_of_ours_with_7(
        self, shell: Shell, service: Service, key_file: Path
    ) -> None:
        service.on_start(service.accepted())
        service.on_look(Answer(401, meanwhile=key_file.unlink))

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line, service.look_line]
        assert ended.exit_code == 7
        assert ended.stderr.endswith(f"{resume(service)}\n")

    @pytest.mark.parametrize("text", ["", "two words", "schlüssel", "a\nb"])
    def test_for_an_unusable_one_loses_a_run_of_ours_with_7(
        self, shell: Shell, service: Service, key_file: Path, text: str
    ) -> None:
        service.on_start(service.accepted())
        change = Answer(401, meanwhile=lambda: key_file.write_text(text, encoding="utf-8"))
        service.on_look(change)

        ended = with_keys(shell, f"run {service.profile}")

        assert service.requests == [service.start_line, service.look_line]
        assert ended.exit_code == 7
        assert ended.stderr.endswith(f"{resume(service)}\n")


def test_a_key_that_the_service_repeats_is_masked(shell: Shell, service: Service) -> None:
    service.on_start(answer({"message": f"the key {CANARY} is unknown"}, 401))

    ended = shell(f"run {service.profile} -v --progress none")

    assert service.requests == [service.start_line]
    assert ended.exit_code == 4
    assert http(401, "the key *** is unknown") in ended.stderr
