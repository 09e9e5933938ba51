"""A key that shows nowhere: no stream, no file, no argument, no variable of another process."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.told import RUNNING, STARTED, SUCCEEDED
from tests.faults.wire import Wire, answer, json_answer, read, silence, wait_for
from tests.process.processes import Desk, Process
from tests.shell import CANARY

Serve = Callable[..., Wire]


def _configure(desk: Desk, wire: Wire, key: str) -> None:
    desk.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{wire.address}"\n'
        f'flow = "updatesales"\nkey = {key}\ninterval = "100ms"\n'
    )


def _files_with_the_key(desk: Desk) -> set[str]:
    return {
        str(path.relative_to(desk.folder))
        for path in desk.folder.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    }


def _family(process: Process) -> list[int]:
    """Return the process and its descendants (Linux)."""
    family = [process.popen.pid]
    for number in family:
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            family += [int(word) for word in children.read_text().split()]
    return family


@pytest.mark.parametrize("options", [["-v"], ["-o", "json"]], ids=" ".join)
def test_a_key_is_left_in_no_file(options: list[str], desk: Desk, serve: Serve) -> None:
    refused = json_answer({"detail": f"who is {CANARY}?"}, "401 Unauthorized")
    wire = serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)], [answer(refused)])
    _configure(desk, wire, f'"{CANARY}"')

    codes = [desk("run", "sales", *options).exit_code for _ in range(2)]

    assert codes == [0, 4]
    assert _files_with_the_key(desk) == {"config.toml"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows processes as files")
def test_a_key_from_a_file_is_in_no_argument_and_no_variable(desk: Desk, serve: Serve) -> None:
    wire = serve([answer(STARTED), read, silence])
    key = desk.folder / "key"
    key.write_text(f"{CANARY}\n")
    _configure(desk, wire, f'{{ file = "{key}" }}')
    process = desk.begin("run", "sales", "-v")
    wire.wait_for_requests(2)

    for number in _family(process):
        for name in ("cmdline", "environ"):
            assert CANARY.encode() not in Path(f"/proc/{number}/{name}").read_bytes()
    assert wire.requests[0].header("x-api-key") == CANARY
    assert _files_with_the_key(desk) == {"key"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows processes as files")
def test_a_key_from_a_command_is_in_no_argument_and_no_variable(desk: Desk, serve: Serve) -> None:
    # The second reading of the key, after a 401, is watched while it runs.
    go_on = desk.folder / "go-on"
    script = desk.folder / "give-key"
    script.write_text(
        "#!/bin/sh\n"
        "if test -e second; then while ! test -e go-on; do sleep 0.05; done; fi\n"
        "touch second\ncat secret\n"
    )
    script.chmod(0o700)
    (desk.folder / "secret").write_text(CANARY)
    is_refused = threading.Event()
    wire = serve(
        [
            lambda peer: peer.read_request(),
            wait_for(is_refused),
            lambda peer: peer.send(json_answer({}, "401 Unauthorized")),
        ]
    )
    _configure(desk, wire, '{ command = ["./give-key"] }')
    process = desk.begin("run", "sales")
    wire.wait_for_requests(1)
    is_refused.set()
    process.wait_until(lambda: len(_family(process)) > 1)

    for number in _family(process):
        for name in ("cmdline", "environ"):
            assert CANARY.encode() not in _proc(number, name)
    go_on.touch()

    ended = process.ended()
    assert ended.exit_code == 4
    assert _files_with_the_key(desk) == {"secret"}


def _proc(number: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{number}/{name}").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("text", [f"{CANARY} and more", f"{CANARY}\u00e4", f"{CANARY}\x07"])
def test_a_key_that_cannot_be_sent_is_not_quoted(text: str, desk: Desk, serve: Serve) -> None:
    wire = serve()
    _configure(desk, wire, '{ env = "SALES_KEY" }')

    ended = desk("run", "sales", "-v", variables={"SALES_KEY": text, "DFCTL_DEBUG": "1"})

    assert (ended.exit_code, ended.stdout) == (4, "")
    assert ended.stderr.startswith("error: the key of the profile sales (env SALES_KEY) cannot be")


@pytest.mark.parametrize(
    "words",
    [
        ["run", "sales", "--dry-run"],
        ["profiles", "show", "sales"],
        ["profiles", "list", "-o", "json"],
        ["profiles", "show", "sales", "-o", "json"],
    ],
    ids=" ".join,
)
def test_a_key_is_not_shown_by_what_shows_profiles(
    words: list[str], desk: Desk, serve: Serve
) -> None:
    serve()

    ended = desk(*words)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "sales" in ended.stdout or "updatesales" in ended.stdout
