"""A source of keys that hangs when it is read again: every limit holds."""

import sys
from pathlib import Path

import pytest

from tests.cli.services import InVision, http
from tests.shell import CANARY, Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX is needed")

LATE = "the service refused the key, and it could not be read again in time"


@pytest.fixture(autouse=True)
def _hanging_source(shell: Shell, invision: InVision, tmp_path: Path) -> None:
    """Let a command give the key once, and hang from then on."""
    key = tmp_path / "key"
    key.write_text(CANARY)
    script = f"[ -e {key} ] || exec sleep 600; cat {key}; rm {key}"
    shell.configure(
        f'[profiles.{invision.profile}]\nbackend = "invision"\naddress = "{invision.address}"\n'
        f'flow = "{invision.flow}"\nkey = {{ command = ["/bin/sh", "-c", "{script}"] }}\n'
    )
    # So long does the clock take a source for one that may still answer.
    shell.stall = 0.1


def test_a_timeout_holds_while_a_key_is_read_again(shell: Shell, invision: InVision) -> None:
    invision.on_start(invision.accepted())
    invision.on_look(401)

    ended = shell(f"run {invision.profile} --timeout 40s")

    assert invision.requests == [invision.start_line, invision.look_line]
    assert ended.exit_code == 124
    assert f"no news: {LATE}" in ended.stderr
    assert "not ended after 40s (--timeout); the run goes on\n" in ended.stderr
    # Not the minute that the source may take by itself.
    assert "T12:00:45+00:00" in ended.stderr


def test_a_start_whose_key_is_not_read_again_in_time_is_refused(
    shell: Shell, invision: InVision
) -> None:
    invision.on_start(401)

    ended = shell(f"run {invision.profile}")

    assert invision.requests == [invision.start_line]
    assert (ended.exit_code, ended.stdout) == (4, "")
    assert f"error: {invision.profile}: the service refused the key: {http(401)}" in ended.stderr


def test_a_look_whose_key_is_not_read_again_in_time_has_no_answer(
    shell: Shell, invision: InVision
) -> None:
    invision.on_look(401)

    ended = shell(f"status {invision.reference}")

    assert invision.requests == [invision.look_line]
    assert ended.exit_code == 7
    assert f"no answer about the run: {LATE}" in ended.stderr
