"""dfctl under strace: a key is written to the service's connection alone, however it was given."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.told import RUN
from tests.faults.wire import Step, Wire, answer, http, json_answer
from tests.process.processes import Desk
from tests.shell import CANARY

Serve = Callable[..., Wire]

_CALLS = "trace=execve,write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg"
_STRACE = ("strace", "-f", "-qq", "-yy", "-v", "-s", "100000", "-e", _CALLS, "-o")
_KEYS = Path("home/.config/dfctl/keys.toml")
_KEYRING = """
import os
from keyring.backend import KeyringBackend

class Kept(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        with open(os.environ["STORE"]) as file:
            return file.read()

    def set_password(self, service, username, password):
        raise NotImplementedError
"""
_ECHO = f"X-Echo: {CANARY}"
_STARTED = answer(json_answer({"runId": RUN, "status": "Pending", "key": CANARY}, "200 OK", _ECHO))


def _says(word: str) -> Step:
    return answer(json_answer({"runId": RUN, "status": word, "key": CANARY}, "200 OK", _ECHO))


def _refuses(status: str) -> Step:
    return answer(json_answer({"detail": f"{CANARY}, who is {CANARY.lower()}?"}, status, _ECHO))


@dataclass(frozen=True)
class Case:
    """One way of giving a key, with a way of showing and an end that no other case has.

    `source` is the file in which the key lies, and `may_write` a pattern of what strace tells of
    those who give the key.
    """

    setting: str
    options: Sequence[str]
    steps: Sequence[Step]
    exit_code: int
    source: str = ""
    text: str = CANARY
    variables: Mapping[str, str] = field(default_factory=dict)
    may_write: str = "^$"


CASES = {
    "a variable": Case(
        "",
        ["-o", "json", "-v"],
        [_STARTED, _says("Running"), _says("Succeeded")],
        0,
        variables={"DFCTL_KEY_SALES": CANARY},
        # By whom it was set.
        may_write=r"^\d+ +execve\(\S*strace|^\d+ +execve\(\S*python",
    ),
    "the configuration": Case(
        f'key = "{CANARY}"', ["-o", "jsonl"], [_refuses("401 Unauthorized")], 4, "config.toml"
    ),
    "a file": Case(
        'key = { file = "secret" }',
        ["-o", "ref", "-v"],
        [_refuses("403 Forbidden")],
        4,
        "secret",
        variables={"DFCTL_DEBUG": "1"},
    ),
    "a command": Case(
        'key = { command = ["cat", "secret"] }',
        ["-v"],
        [_STARTED, _says(CANARY), _refuses("403 Forbidden")],
        7,
        "secret",
        may_write=r"^\d+ +write\(1<pipe:",
    ),
    "keys.toml": Case(
        "",
        ["-q", "-v"],
        [answer(http("200 OK", _ECHO, body=b"{", length=99))],
        9,
        str(_KEYS),
        f'[keys.sales]\norigin = "ORIGIN"\nkey = "{CANARY}"\n',
    ),
    "the keyring": Case(
        "key = { keyring = true }",
        ["-o", "json"],
        [answer(json_answer({"runId": CANARY, "status": CANARY}))],
        9,
        "secret",
        variables={"PYTHON_KEYRING_BACKEND": "kept.Kept"},
    ),
}


@pytest.fixture(scope="module")
def strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs the program strace: apt install strace")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip("strace may not trace here: a container needs the capability SYS_PTRACE")


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("way", CASES)
def test_a_key_is_written_to_the_service_alone(way: str, desk: Desk, serve: Serve) -> None:
    case = CASES[way]
    wire = serve(case.steps)
    (desk.folder / "site").mkdir()
    (desk.folder / "site" / "kept.py").write_text(_KEYRING)
    desk.environment["PYTHONPATH"] += f":{desk.folder / 'site'}"
    desk.environment["STORE"] = str(desk.folder / "secret")
    desk.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{wire.address}"\n'
        f'flow = "updatesales"\n{case.setting}\ninterval = "100ms"\n'
    )
    if case.source not in ("", "config.toml"):
        source = desk.folder / case.source
        source.parent.mkdir(parents=True, exist_ok=True)
        source.touch(mode=0o600)
        source.write_text(case.text.replace("ORIGIN", wire.address))
    trace = desk.folder.parent / "trace"

    ended = desk(
        "run", "sales", *case.options, variables=case.variables, before=(*_STRACE, str(trace))
    )

    assert ended.exit_code == case.exit_code, ended
    assert "canary" not in (ended.stdout + ended.stderr).lower()
    assert {request.header("x-api-key") for request in wire.requests} == {CANARY}
    assert _files_with_the_key(desk.folder) == {case.source} - {""}
    told = [line for line in trace.read_text("latin-1").splitlines() if "canary" in line.lower()]
    to_service = rf"^\d+ +sendto\(\d+<TCP:\[\S+->127.0.0.1:{wire.port}\]>"
    sent = [line for line in told if re.search(to_service, line)]
    assert len(sent) == len(wire.requests)
    assert [line for line in told if not re.search(f"{to_service}|{case.may_write}", line)] == []


def _files_with_the_key(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and b"canary" in path.read_bytes().lower()
    }


@pytest.mark.usefixtures("strace")
def test_a_key_that_is_set_is_written_to_its_file_alone(desk: Desk, serve: Serve) -> None:
    serve()
    desk.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "https://host.example"\nflow = "f"\n'
    )
    given, trace = desk.folder.parent / "given", desk.folder.parent / "trace"
    given.write_text(f"{CANARY}\n")

    with given.open("rb") as stdin:
        ended = desk("keys", "set", "sales", stdin=stdin, before=(*_STRACE, str(trace)))

    assert ended.exit_code == 0
    assert _files_with_the_key(desk.folder) == {str(_KEYS)}
    told = [line for line in trace.read_text("latin-1").splitlines() if "canary" in line.lower()]
    assert len(told) == 1
    assert re.search(r"^\d+ +write\(\d+</\S+/\.config/dfctl/\.keys\.toml\.\w+\.new>", told[0])
