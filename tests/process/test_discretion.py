"""What a process keeps to itself, whatever others do in it: its memory, and foreign errors."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.told import STARTED
from tests.faults.wire import Wire, answer, json_answer, read, silence
from tests.process.foreign import install
from tests.process.processes import DFCTL, Desk
from tests.shell import CANARY, Ended

Serve = Callable[..., Wire]

# What a package beside dfctl may do in its process, and what goes wrong there.
_BEHAVIOUR = """
import atexit, os, sys, threading

KEY = os.environ["KEY_OF_THE_BACKEND"]

class Finalized:
    def __del__(self):
        raise RuntimeError(KEY)

def raising(*ignored):
    raise RuntimeError(KEY)

def generator():
    try:
        yield
    finally:
        raising()

class Odd(BaseException):
    pass

def go_wrong():
    how = os.environ["GOES_WRONG"]
    if how == "beside":
        thread = threading.Thread(target=raising)
        thread.start()
        thread.join()
        Finalized()
        open_one = generator()
        next(open_one)
        del open_one
        atexit.register(raising)
        # Found by nobody before Python ends.
        sys.left_behind = Finalized()
    if how == "odd":
        raise Odd(KEY)
    if how == "exit":
        sys.exit(KEY)
"""
_LOGGING = """
import http.client, logging, os, sys, warnings

logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
    logging.getLogger(name).setLevel(logging.DEBUG)
logging.getLogger("sitecustomize").debug("logging is on")
"""
_ECHO = f"X-Echo: {CANARY}"


@pytest.fixture
def run(desk: Desk, serve: Serve) -> Callable[..., Ended]:
    """Run the profile of a third party's backend once, which goes wrong in the way that is said."""
    site = install(desk.folder)
    module = site / "acme_flow.py"
    text = module.read_text(encoding="utf-8")
    begin = "    def start(self, settings, parameters, *, server_wait):\n"
    assert begin in text
    module.write_text(_BEHAVIOUR + text.replace(begin, f"{begin}        go_wrong()\n"))
    desk.environment["PYTHONPATH"] += f"{os.pathsep}{site}"
    desk.environment["KEY_OF_THE_BACKEND"] = CANARY

    def run(how: str, *options: str, is_started: bool, **variables: str) -> Ended:
        looks = [answer(json_answer({"job": 7})), answer(json_answer({"is": "done"}))]
        wire = serve(*[looks] * is_started)
        desk.configure(
            f'[profiles.it]\nbackend = "acme"\naddress = "{wire.address}"\nroom = "attic"\n'
            f'key = "{CANARY}"\ninterval = "100ms"\n'
        )
        return desk("run", "it", *options, variables={"GOES_WRONG": how, **variables})

    return run


@pytest.mark.parametrize("debug", ["", "1"])
def test_errors_that_nobody_catches_are_told_without_their_texts(
    debug: str, run: Callable[..., Ended]
) -> None:
    ended = run("beside", "--progress", "none", is_started=True, DFCTL_DEBUG=debug)

    assert ended.exit_code == 0
    assert ended.stdout.startswith("it: succeeded after ")
    lines = [line for line in ended.stderr.splitlines() if "caught by nobody" in line]
    advice = "" if debug else "; DFCTL_DEBUG=1 shows where"
    # Of a thread, a finalizer, a generator and an exit; at the very end there is no telling.
    assert lines[:4] == [f"warning: an error was caught by nobody (RuntimeError){advice}"] * 4
    assert "RuntimeError: " not in ended.stderr
    assert ("acme_flow.py" in ended.stderr) is bool(debug)


def test_a_signal_that_came_in_a_finalizer_is_no_error(tmp_path: Path) -> None:
    code = """
from dfctl.core.errors import Interrupted
from dfctl.process.discretion import withhold_error_texts

class Finalized:
    def __init__(self, error):
        self.error = error

    def __del__(self):
        raise self.error

withhold_error_texts({})
Finalized(Interrupted(15))
Finalized(RuntimeError())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")

    told = "warning: an error was caught by nobody (RuntimeError); DFCTL_DEBUG=1 shows where\n"
    assert (ended.returncode, ended.stderr) == (0, told)


@pytest.mark.parametrize(
    ("how", "name", "debug"), [("odd", "Odd", ""), ("odd", "Odd", "1"), ("exit", "SystemExit", "")]
)
def test_an_error_that_is_no_ordinary_one_is_a_bug_without_its_text(
    how: str, name: str, debug: str, run: Callable[..., Ended]
) -> None:
    ended = run(how, "-o", "json", is_started=False, DFCTL_DEBUG=debug)

    assert ended.exit_code == 1
    assert ended.document["error"]["message"] == f"this is a bug in dfctl ({name})"
    assert f"error: this is a bug in dfctl ({name})\n" in ended.stderr
    assert ("acme_flow.py" in ended.stderr) is bool(debug)


def test_whoever_sets_up_logging_reads_nothing_of_requests_and_answers(
    desk: Desk, serve: Serve
) -> None:
    wire = serve(
        [
            answer(json_answer({"runId": "7", "status": "Pending"}, "200 OK", _ECHO)),
            answer(json_answer({"runId": "7", "status": "Succeeded"}, "200 OK", _ECHO)),
        ]
    )
    site = desk.folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_LOGGING)
    python = {
        "PYTHONPATH": f"{desk.environment['PYTHONPATH']}{os.pathsep}{site}",
        "PYTHONDEVMODE": "1",
        "PYTHONFAULTHANDLER": "1",
        "HTTPX_LOG_LEVEL": "trace",
    }

    ended = desk("run", "sales", "-v", variables=python)

    assert ended.exit_code == 0
    assert "DEBUG:sitecustomize:logging is on\n" in ended.stderr
    assert "httpcore" not in ended.stderr
    assert "Warning" not in ended.stderr
    assert wire.requests[0].header("x-api-key") == CANARY


# No image of the memory

_ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows limits as files")
# A shell that lets core dumps be written, as far as it may, before it becomes dfctl.
_WITH_DUMPS = ("sh", "-c", 'ulimit -c "$(ulimit -H -c)"; exec "$@"', "sh")


def _limit(number: int) -> list[str]:
    limits = Path(f"/proc/{number}/limits").read_text(encoding="ascii")
    match = re.search("^Max core file size +(.*)$", limits, re.MULTILINE)
    assert match
    return match[1].split()[:2]


@_ON_LINUX
@pytest.mark.parametrize("name", ["SIGABRT", "SIGQUIT"])
def test_a_process_that_is_aborted_leaves_no_image_of_its_memory(
    name: str, desk: Desk, serve: Serve
) -> None:
    wire = serve([answer(STARTED), read, silence])
    process = desk.begin("run", "sales", before=_WITH_DUMPS)
    wire.wait_for_requests(2)
    before = _limit(os.getpid())[1]

    soft, hard = _limit(process.popen.pid)
    process.send(name)

    assert soft in ("0", "1")
    assert hard == before
    assert process.ended().exit_code == -signal.Signals[name]
    assert [path.name for path in desk.folder.glob("core*")] == []


@_ON_LINUX
def test_dfcmdutil_and_the_programs_that_give_keys_leave_none_either(desk: Desk) -> None:
    program = desk.folder / "give-key"
    program.write_text(f"#!/bin/sh\ngrep 'Max core' /proc/self/limits > limits\necho {CANARY!r}\n")
    program.chmod(0o700)
    desk.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "http://127.0.0.1:1"\nflow = "f"\n'
        'key = { command = ["./give-key"] }\n'
    )

    assert desk("run", "sales", "--dry-run", before=_WITH_DUMPS).exit_code == 0
    assert (desk.folder / "limits").read_text().split()[4] in ("0", "1")

    code = "from dfctl.dfcmdutil import entry\nentry()"
    shown = "import atexit, resource; atexit.register(lambda: print(resource.getrlimit(4)[0]))"
    done = subprocess.run(
        [*_WITH_DUMPS, DFCTL[0], "-c", f"{shown}\n{code}", "-help"],
        env=desk.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] in ("0", "1")
