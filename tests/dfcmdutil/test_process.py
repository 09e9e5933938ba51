"""The tool as a process: the console script, what it loads, and signals."""

import os
import re
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.architecture.test_start_up import HEAVY, timed_imports
from tests.dfcmdutil.console import REFERENCE, RUN, Service
from tests.shell import CANARY

ROOT = Path(__file__).parents[2]
ENTRY = "from dfctl.dfcmdutil import entry; entry()"


def begin(*words: str) -> "subprocess.Popen[str]":
    """Begin the tool as its console script does."""
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def test_the_console_script_is_the_entry_that_these_tests_run() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["scripts"]["dfcmdutil"] == "dfctl.dfcmdutil:entry"


def test_the_console_script_starts_a_run_and_exits_with_its_outcome(service: Service) -> None:
    service.starts("Failed")

    process = begin("-run", "updatesales", "-url", service.address, "-apikey", CANARY)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 3
    assert re.fullmatch(rf"env: failed after \S+ \({REFERENCE}\)\n", out)
    assert "env: starting updatesales on invision" in err
    assert CANARY not in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_signal_leaves_the_run_going_and_says_how_to_follow_it(
    service: Service, httpserver: HTTPServer
) -> None:
    looked = threading.Event()

    def look(request: Request) -> Response:
        looked.set()
        return Response(f'{{"runId": "{RUN}", "status": "Running"}}')

    service.starts()
    httpserver.expect_request(
        f"/InVision/api/pub/v1/dataflows/updatesales/runs/{RUN}/status"
    ).respond_with_handler(look)

    process = begin("-run", "updatesales", "-url", service.address, "-apikey", CANARY)
    assert looked.wait(60)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 143
    assert out.endswith(f"({REFERENCE})\n")
    assert err.endswith(
        "error: env: interrupted; the run goes on\n"
        f"hint: to follow it: dfctl wait {REFERENCE} (first set DFCTL_BACKEND=invision, "
        f"DFCTL_ADDRESS={service.address} and DFCTL_KEY)\n"
    )


def test_a_whole_run_loads_neither_typer_nor_rich(service: Service) -> None:
    service.starts("Succeeded")

    words = ("-run", "updatesales", "-url", service.address, "-apikey", CANARY)
    loaded = timed_imports("-c", ENTRY, *words)

    assert "httpx" in loaded
    assert loaded & {"typer", "rich", "pydantic", "dfctl.cli"} == set()


def test_help_and_version_load_nothing_heavy() -> None:
    for page in ("-help", "-version"):
        loaded = timed_imports("-c", ENTRY, page)

        assert "dfctl.dfcmdutil" in loaded
        assert loaded & {*HEAVY, "typer", "dfctl.cli"} == set()
