"""Input without an end, or that is no text: it is read so far, and refused in a sentence."""

import sys
from pathlib import Path

import pytest

from tests.process.processes import Desk
from tests.process.system import before_it
from tests.shell import CANARY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs devices of POSIX")

PROFILE = '[profiles.sales]\nbackend = "invision"\naddress = "http://127.0.0.1:9"\nflow = "f"\n'
TOO_MUCH_JSON = (2, "", "error: --input: more than 8 MiB of text\n")
TOO_MANY_RUNS = (2, "", "error: stdin holds more than 1024 KiB of references\n")
NO_KEY = (
    4,
    "",
    "error: the key cannot be sent: character 1 is a control character\n"
    "hint: a key is visible ASCII without blanks; was more copied than the key?\n",
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with a profile that nobody ever asks anything."""
    desk.configure(PROFILE)
    desk.environment["DFCTL_KEY_SALES"] = CANARY
    return desk


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "sales", "--input", "-"], TOO_MUCH_JSON),
        (["keys", "set", "sales"], NO_KEY),
        (["wait", "-"], TOO_MANY_RUNS),
    ],
    ids=["run", "keys", "wait"],
)
def test_a_stdin_that_never_ends_is_read_so_far(
    words: list[str], told: tuple[int, str, str], desk: Desk
) -> None:
    del desk.environment["DFCTL_KEY_SALES"]
    desk.configure(f'{PROFILE}key = "{CANARY}"\n' if "run" in words else PROFILE)
    with Path("/dev/zero").open("rb") as zeros:
        assert desk(*words, stdin=zeros).result == told


def test_references_that_are_no_text_are_refused(desk: Desk) -> None:
    file = desk.folder / "runs"
    file.write_bytes(b"sales/f/\xff\xfe\n")
    with file.open("rb") as runs:
        # As in a locale that does not let such bytes through.
        ended = desk("wait", "-", stdin=runs, variables={"PYTHONIOENCODING": "utf-8:strict"})

    assert ended.result == (2, "", "error: stdin holds bytes that are not UTF-8\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["keys", "set", "sales"], (4, "", "error: stdin cannot be read: Bad file descriptor\n")),
        (["wait", "-"], (2, "", "error: stdin cannot be read: Bad file descriptor\n")),
    ],
    ids=["keys", "wait"],
)
def test_a_stdin_that_can_only_be_written_is_told(
    words: list[str], told: tuple[int, str, str], desk: Desk
) -> None:
    writable = before_it("os.dup2(os.open(os.devnull, os.O_WRONLY), 0)")

    assert desk(*words, before=writable).result == told


def test_a_run_that_is_named_again_and_again_is_one(desk: Desk) -> None:
    file = desk.folder / "runs"
    file.write_text("sales/no-such-run\n" * 50_000)
    with file.open("rb") as runs:
        ended = desk("wait", "-", stdin=runs)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.count("error: ") == 1
