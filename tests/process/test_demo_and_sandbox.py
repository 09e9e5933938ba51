"""`dfctl demo` and `dfctl sandbox`, as people run them."""

import json
import os
import re
import socket
import stat
import sys
import threading
import tomllib
import urllib.error
import urllib.request
from collections import ChainMap
from pathlib import Path

import pytest

from tests.long import sampled
from tests.process.processes import Desk, Process
from tests.shell import Ended

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals")

FLOWS = {"succeeded": "ok", "failed": "fail", "cancelled": "cancelled", "timed_out": "timed-out"}


def _steady(ended: Ended) -> tuple[int, str, str]:
    """Return how it ended, without the times, the lengths and the ids that differ each time."""
    stdout = re.sub(r" after \S+", " after a while", ended.stdout)
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    number = r"\d{16,19}"
    told = []
    for text in (stdout, ended.stderr):
        text = re.sub(rf"/({uuid}|{number})", "/RUN", text)
        told.append(re.sub(r"(?m)^\d{4}-\S+ ", "", text))
    return ended.exit_code, told[0], told[1]


@pytest.mark.parametrize(
    ("outcome", "code", "words", "reference"),
    [
        ("succeeded", 0, "succeeded", "demo/ok/RUN"),
        ("failed", 3, "failed", "demo/fail/RUN"),
        ("cancelled", 5, "cancelled", "demo/RUN"),
        ("timed_out", 10, "timed out", "demo/RUN"),
    ],
)
def test_the_demo_types_the_main_job_and_ends_as_it_does(
    outcome: str, code: int, words: str, reference: str, desk: Desk
) -> None:
    code_now, stdout, stderr = _steady(desk("demo", "--outcome", outcome, "--seconds", "1"))

    assert code_now == code
    assert stdout == (
        "$ dfctl start demo\n"
        f"{reference}\n"
        "exit code 0\n"
        "\n"
        f"$ dfctl wait {reference}\n"
        f"demo: {words} after a while ({reference})\n"
        f"exit code {code}\n"
        "\n"
        f"$ dfctl status {reference}\n"
        f"demo: {words} after a while ({reference})\n"
        f"exit code {code}\n"
        "\n"
    )
    backend = "invision" if "/ok/" in reference or "/fail/" in reference else "dataform-web"
    # What `wait` sees before the end is a matter of time.
    under_way = {"demo: pending", "demo: running"}
    lines = [line for line in stderr.splitlines() if "https://" not in line]
    assert [line for line in lines if line not in under_way] == [
        f"demo: starting {FLOWS[outcome]} on {backend}",
        f"demo: started {reference}",
        f"accepted, not followed; to follow it: dfctl wait {reference}",
        f"demo: following {reference} for up to 24h (--timeout)",
        f"demo: {words}",
    ]
    assert list(desk.temporary.iterdir()) == []
    assert list(desk.home.iterdir()) == []
    assert not desk.state.exists()


VARIABLES: list[dict[str, str]] = [
    {"DFCTL_KEY_DEMO": "another"},
    {"DFCTL_PROFILE": "another"},
    {"DFCTL_BACKEND": "invision", "DFCTL_KEY": "k", "DFCTL_ADDRESS": "https://nowhere.invalid"},
    {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9"},
    {"DFCTL_CONFIG": "/nonexistent"},
    {"DFCTL_STATE_DIR": "/dev/null"},
    {"DFCTL_QUIET": "1"},
    {"DFCTL_OUTPUT": "json"},
]


# All at once say as much while none does harm; one by one they say which does.
@sampled("variables", [dict(ChainMap(*VARIABLES)), *VARIABLES], short=1)
def test_the_demo_works_whatever_the_variables_say(variables: dict[str, str], desk: Desk) -> None:
    ended = desk("demo", "--seconds", "0", variables=variables)

    assert ended.exit_code == 0
    assert "exit code 0" in ended.stdout
    assert "error" not in ended.stderr


@on_posix
def test_ctrl_c_in_the_demo_leaves_nothing_behind(desk: Desk) -> None:
    process = desk.begin("demo", "--seconds", "3600")
    process.says("demo: following ")

    process.send("SIGINT")

    assert process.ended().exit_code == 130
    assert list(desk.temporary.iterdir()) == []


# The sandbox


def _config_of(process: Process) -> Path:
    process.says("What becomes of a profile's run:", "stdout")
    process.says("html", "stdout")
    [path] = re.findall(r"Its profiles and keys are in (.*)", process.text("stdout"))
    return Path(path)


def _ask(address: str, headers: dict[str, str]) -> tuple[int, object]:
    request = urllib.request.Request(
        f"{address}/api/pub/v1/dataflows/ok/start",
        b"{}",
        {"Content-Type": "application/json", **headers},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, None


@pytest.mark.parametrize(
    ("signal", "code"),
    [
        pytest.param("SIGINT", 130, marks=on_posix),
        pytest.param("SIGTERM", 143, marks=on_posix),
    ],
    ids=["SIGINT", "SIGTERM"],
)
def test_the_sandbox_answers_who_has_its_key_until_a_signal_and_leaves_nothing_behind(
    signal: str, code: int, desk: Desk
) -> None:
    process = desk.begin("sandbox", "--seconds", "0")
    path = _config_of(process)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    profile = tomllib.loads(path.read_text())["profiles"]["invision"]
    key = profile["key"]

    assert _ask(profile["address"], {"x-api-key": "wrong"})[0] == 401
    assert _ask(profile["address"], {})[0] == 401
    assert _ask(profile["address"], {"x-api-key": key})[0] == 200
    ran = desk("run", "fail", "--config", str(path))
    assert ran.exit_code == 3

    process.send(signal)

    ended = process.ended()
    assert ended.exit_code == code
    assert key not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert "POST /invision/api/pub/v1/dataflows/ok/start 401\n" in ended.stderr
    assert "POST /invision/api/pub/v1/dataflows/ok/start 200\n" in ended.stderr
    assert list(desk.temporary.iterdir()) == []


@on_posix
def test_the_sandbox_leaves_the_configuration_that_it_was_told_to_write(desk: Desk) -> None:
    path = desk.folder / "sandbox.toml"
    process = desk.begin("sandbox", "--write-config", path.name, "--quiet")
    assert _config_of(process) == path
    process.send("SIGTERM")

    ended = process.ended()

    assert (ended.exit_code, ended.stderr) == (143, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(desk.temporary.iterdir()) == []


def test_the_sandbox_does_not_overwrite_a_file(desk: Desk) -> None:
    path = desk.folder / "precious.toml"
    path.write_text("mine")

    ended = desk("sandbox", "--write-config", str(path))

    assert ended.result == (
        2,
        "",
        f"error: {path} exists already\nhint: name another file, or remove this one\n",
    )
    assert path.read_text() == "mine"
    assert list(desk.temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["no/such/folder/sandbox.toml", ""])
def test_the_sandbox_says_where_it_cannot_write(name: str, desk: Desk) -> None:
    ended = desk("sandbox", "--write-config", name)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")
    assert "bug" not in ended.stderr


def test_the_sandbox_says_that_its_port_is_taken(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ended = desk("sandbox", "--port", str(port))

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"error: port {port} cannot be used: ")
    assert ended.stderr.endswith("hint: leave out --port to take a free one\n")


@on_posix
def test_the_sandbox_whose_reader_left_ends_with_141(desk: Desk) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = desk.begin("sandbox", stdout=writing)
    os.close(writing)

    assert process.ended().result == (141, "", "")
    assert list(desk.temporary.iterdir()) == []


@on_posix
def test_the_sandbox_ends_while_it_holds_an_answer_back(desk: Desk) -> None:
    process = desk.begin("sandbox", "--seconds", "3600")
    path = _config_of(process)
    held = desk.begin("run", "ok", "--server-wait", "--config", str(path))
    held.says("starting ok")
    reached = threading.Event()
    process.wait_until(lambda: reached.is_set() or _is_connected(path))

    process.send("SIGTERM")

    assert process.ended().exit_code == 143
    assert held.ended().exit_code == 9


def _is_connected(path: Path) -> bool:
    """Return whether somebody is connected to the sandbox (Linux), else True at once."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return True
    address = tomllib.loads(path.read_text())["profiles"]["invision"]["address"]
    port = int(re.findall(r":(\d+)/", address)[0])
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)
