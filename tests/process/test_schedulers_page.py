"""docs/schedulers.md: what it shows is run, as far as this machine can."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pytest_httpserver import HTTPServer

from dfctl.programs.splitting import split_as_windows
from tests.journal.conftest import configure
from tests.journal.service import Service
from tests.process.processes import PATIENCE, SOURCES
from tests.shell import CANARY, Ended, Shell

PAGE = Path(__file__).parents[2] / "docs" / "schedulers.md"
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Five fields of times, then the command.
LINE = re.compile(r"(?:[\d*/]+\s+){5}(?P<command>.*)")
PROFILES = ("sales", "stock", "nightly", "weekly")
WINDOWS_PROGRAM = r"C:\Program Files\dfctl\Scripts\dfctl.exe"

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX is needed")
with_curl = pytest.mark.skipif(not shutil.which("curl"), reason="install curl to run this")
with_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="install systemd to check its units"
)


def blocks(language: str) -> list[str]:
    """Return the page's blocks of a language, in their order."""
    found = [text for name, text in BLOCKS.findall(PAGE.read_text("utf-8")) if name == language]
    assert found, f"the page has no block of {language}"
    return found


def crontab(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables and the commands of a crontab."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    commands = [match["command"] for line in lines if (match := LINE.fullmatch(line))]
    settings = dict(line.split("=", 1) for line in lines if not LINE.fullmatch(line))
    return settings, commands


class Machine:
    """A home folder with a configuration, and dfctl where its PATH leads first."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        program = self.bin / "dfctl"
        program.write_text(
            f"#!/bin/sh\nPYTHONPATH={shlex.quote(SOURCES)} PYTHONDONTWRITEBYTECODE=1 "
            f'exec {shlex.quote(sys.executable)} -m dfctl "$@"\n'
        )
        program.chmod(0o700)

    def write(self, name: str, text: str) -> Path:
        """Write a private file below the home folder."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path

    def run(
        self, command: str, variables: dict[str, str] | None = None, shell: str = "/bin/sh"
    ) -> Ended:
        """Run a line as cron does, with few variables."""
        around = {"HOME": str(self.home), "LOGNAME": "me", "SHELL": "/bin/sh", **(variables or {})}
        path = around.get("PATH", "/usr/bin:/bin")
        done = subprocess.run(
            [shell, "-c", command],
            env={**around, "PATH": f"{self.bin}:{path}"},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        assert CANARY not in done.stdout + done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(shell: Shell, tmp_path: Path) -> Shell:
    shell.variables["DFCTL_STATE_DIR"] = str(tmp_path / "state")
    return shell


@pytest.fixture
def service(httpserver: HTTPServer, shell: Shell) -> Iterator[Service]:
    service = Service(httpserver)
    configure(shell, service.address, *PROFILES)
    yield service
    httpserver.check()


@pytest.fixture
def machine(tmp_path: Path, service: Service, shell: Shell) -> Machine:
    """Return a machine whose account has the profiles of the page."""
    machine = Machine(tmp_path / "machine")
    text = shell.config.read_text("utf-8")
    machine.write(".config/dfctl/config.toml", text)
    machine.write("Library/Application Support/dfctl/config.toml", text)
    return machine


@on_posix
class TestCron:
    def test_its_lines_say_nothing_when_all_is_well(
        self, machine: Machine, service: Service
    ) -> None:
        machine.write(".config/dfctl/keys.sh", f"export DFCTL_KEY_WEEKLY='{CANARY}'\n")
        settings, commands = crontab(blocks("cron")[0])

        assert settings["MAILTO"]
        assert [machine.run(line, settings).result for line in commands] == [(0, "", "")] * 3
        started = [request for request in service.requests if request.startswith("POST")]
        assert sorted(started) == ["POST nightly", "POST sales", "POST stock", "POST weekly"]

    def test_its_lines_tell_the_whole_story_of_a_failure(
        self, machine: Machine, service: Service
    ) -> None:
        service.words["stock-1"] = "Failed"
        settings, [line, *_] = crontab(blocks("cron")[0])

        ended = machine.run(line, settings)

        assert ended.exit_code == 3
        assert re.findall(r"(?m)^(\w+): (\w+)", ended.stdout) == [
            ("sales", "succeeded"),
            ("stock", "failed"),
        ]
        told = [line.split(" ", 1)[1] for line in ended.stderr.splitlines()]
        assert [line for line in told if line.startswith("stock: ")] == [
            "stock: starting stock on invision, to follow it for up to 24h (--timeout)",
            "stock: started stock/stock/stock-1",
            "stock: pending",
            "stock: failed",
        ]

    def test_the_line_that_stands_back_does_so_in_silence(
        self, machine: Machine, service: Service
    ) -> None:
        service.words["nightly-1"] = "Running"
        settings, [_, line, _] = crontab(blocks("cron")[0])
        assert machine.run("dfctl start nightly --quiet", settings).exit_code == 0

        assert machine.run(line, settings).result == (0, "", "")
        assert service.requests == ["POST nightly", "GET nightly-1"]


@on_posix
@with_curl
class TestHealthchecks:
    def test_the_line_for_cron_pings_with_the_exit_code(
        self, machine: Machine, service: Service, httpserver: HTTPServer
    ) -> None:
        service.words["stock-1"] = "Failed"
        httpserver.expect_oneshot_request("/your-uuid-here/3").respond_with_data("OK")
        _, [line] = crontab(blocks("cron")[1])

        ended = machine.run(line.replace("https://hc-ping.com", httpserver.url_for("").rstrip("/")))

        assert ended.exit_code == 0
        assert httpserver.log[-1][0].path == "/your-uuid-here/3"

    def test_the_program_on_done_pings_a_check_for_each_profile(
        self, machine: Machine, service: Service, httpserver: HTTPServer
    ) -> None:
        service.words["stock-1"] = "Failed"
        pings = {"/your-ping-key/sales/0", "/your-ping-key/stock/3"}
        for path in pings:
            httpserver.expect_request(path, method="POST").respond_with_data("OK")
        [line] = [text for text in blocks("bash") if "hc-ping.com" in text]

        ended = machine.run(line.replace("https://hc-ping.com", httpserver.url_for("").rstrip("/")))

        assert ended.exit_code == 3
        bodies = {
            request.path: request.get_data(as_text=True)
            for request, _ in httpserver.log
            if request.path in pings
        }
        assert bodies == {
            "/your-ping-key/sales/0": "sales/sales/sales-1 ",
            "/your-ping-key/stock/3": "stock/stock/stock-1 ",
        }


class TestSystemd:
    UNITS = ("dfctl-sales.service", "dfctl-sales.timer", "tell-ops@.service")

    def units(self, folder: Path) -> list[Path]:
        """Write the units into a folder; the programs that they name are this Python."""
        paths = []
        for name, text in zip(self.UNITS, blocks("systemd"), strict=True):
            assert f"/etc/systemd/system/{name}" in PAGE.read_text("utf-8")
            path = folder / name
            path.write_text(re.sub(r"/usr/local/bin/\S+", sys.executable, text))
            paths.append(path)
        return paths

    def verify(self, *units: Path) -> tuple[int, str]:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *map(str, units)],
            env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units[0].parent}:"},
            capture_output=True,
            encoding="utf-8",
        )
        return done.returncode, done.stdout + done.stderr

    @with_systemd
    def test_its_units_are_good(self, tmp_path: Path) -> None:
        service, timer, template = self.units(tmp_path)
        instance = template.with_name("tell-ops@dfctl-sales.service.service")
        instance.write_text(template.read_text())

        assert self.verify(service, timer, instance) == (0, "")

    @with_systemd
    def test_the_check_of_units_sees_what_is_wrong(self, tmp_path: Path) -> None:
        service, *_ = self.units(tmp_path)
        service.write_text(service.read_text().replace("RestartSec", "RestartSeconds"))

        assert "RestartSeconds" in self.verify(service)[1]

    @on_posix
    def test_its_command_runs_with_what_the_unit_gives_it(
        self, machine: Machine, service: Service
    ) -> None:
        unit = blocks("systemd")[0]
        [command] = re.findall(r"(?m)^ExecStart=/usr/local/bin/(.*)$", unit)
        variables = dict(re.findall(r"(?m)^Environment=(\w+)=(.*)$", unit))
        key = machine.write("credentials/sales", f"{CANARY}\n")
        profile = tomllib.loads(blocks("toml")[0])["profiles"]["sales"]
        assert profile["key"] == {"file": "/run/credentials/dfctl-sales.service/sales"}
        config = blocks("toml")[0].replace(profile["key"]["file"], str(key))
        config = config.replace(profile["address"], service.address)
        config = config.replace(profile["flow"], "sales")

        ended = machine.run(
            command,
            {
                "HOME": "/",
                "DFCTL_CONFIG": str(machine.write("config.toml", config)),
                "DFCTL_STATE_DIR": variables["DFCTL_STATE_DIR"].replace("%S", str(machine.home)),
            },
        )

        assert set(variables) == {"DFCTL_CONFIG", "DFCTL_STATE_DIR"}
        assert (ended.exit_code, service.requests) == (0, ["POST sales", "GET sales-1"])
        assert (machine.home / "dfctl" / "journal.db").exists()


class TestWindows:
    def words(self, command: str) -> str:
        """Return the command line of dfctl behind the program, as Windows would split it."""
        program, *words = split_as_windows(command)
        assert program == WINDOWS_PROGRAM
        return shlex.join(words)

    def test_the_command_of_schtasks_runs(self, shell: Shell, service: Service) -> None:
        words = split_as_windows(blocks("bat")[-1].strip())

        assert words[:2] == ["schtasks", "/create"]
        assert shell(self.words(words[words.index("/tr") + 1])).result == (0, "", "")

    def test_the_task_in_xml_runs(self, shell: Shell, service: Service) -> None:
        task = ElementTree.fromstring(blocks("xml")[0].encode("utf-16"))
        space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
        [action] = task.findall("t:Actions/t:Exec", space)
        command = f'"{action.findtext("t:Command", "", space)}" '
        command += action.findtext("t:Arguments", "", space)

        assert shell(self.words(command)).result == (0, "", "")

    def test_the_step_of_sql_server_agent_runs(self, shell: Shell, service: Service) -> None:
        [command] = re.findall(r"@command = N'(.*)'", blocks("sql")[0])

        assert shell(self.words(command)).result == (0, "", "")

    def test_the_step_of_powershell_runs(self, shell: Shell, service: Service) -> None:
        first, second = blocks("powershell")[0].splitlines()
        words = shlex.split(first.replace("\\", "/"))

        assert words[:2] == ["&", WINDOWS_PROGRAM.replace("\\", "/")]
        assert shell(shlex.join(words[2:])).result == (0, "", "")
        assert second.startswith("if ($LASTEXITCODE -ne 0) { throw ")


class TestAirflow:
    def operators(self) -> dict[str, dict[str, ast.expr]]:
        """Return the arguments of each BashOperator by its task's id."""
        tree = ast.parse(blocks("python")[0])
        calls = [
            {word.arg or "": word.value for word in node.keywords}
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "BashOperator"
        ]
        return {ast.literal_eval(call["task_id"]): call for call in calls}

    @on_posix
    def test_its_commands_give_the_reference_and_skip_with_99(
        self, machine: Machine, service: Service
    ) -> None:
        sales, stock = (
            ast.literal_eval(self.operators()[name]["bash_command"]) for name in ("sales", "stock")
        )
        service.words["stock-1"] = "Running"
        assert machine.run("dfctl start stock --quiet").exit_code == 0

        joined = machine.run(sales, shell="bash")

        assert (joined.exit_code, joined.stdout) == (0, "sales/sales/sales-1\n")
        assert machine.run(stock, shell="bash").exit_code == 99

    def test_whatever_retries_joins(self) -> None:
        for arguments in self.operators().values():
            if "retries" in arguments:
                assert "--overlap join" in ast.literal_eval(arguments["bash_command"])


class TestKubernetes:
    def test_its_command_runs_with_the_profile_of_the_environment(
        self, shell: Shell, service: Service
    ) -> None:
        [command] = re.findall(r"(?m)^ +command: (\[.*\])$", blocks("yaml")[0])
        program, *words = json.loads(command)
        variables = {
            "DFCTL_BACKEND": "invision",
            "DFCTL_ADDRESS": service.address,
            "DFCTL_FLOW": "sales",
            "DFCTL_KEY": CANARY,
        }

        ended = shell(shlex.join(words), variables=variables)

        assert (program, ended.exit_code) == ("dfctl", 0)
        assert ended.stdout == "env: succeeded after 500ms (env/sales/sales-1)\n"


def test_a_retried_command_of_the_page_joins_unless_it_says_why_not() -> None:
    for language in ("systemd", "bat", "xml", "sql", "powershell"):
        for text in blocks(language):
            if "dfctl" in text and re.search(r"\brun\b", text):
                assert "--overlap join" in text
