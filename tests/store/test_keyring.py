"""Keys in the operating system's keyring. Each test has one of its own, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the user's folder is the real one there"
)

SOURCE = Path(__file__).parents[2] / "src"
CANARY = "canary|7kQ+p/Zr9=|0451"
HOST = "https://host:443"

BACKENDS = """
import json, os, threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

STORE = Path(os.environ["STORE"])


class Filed(KeyringBackend):
    priority = 1

    def _all(self):
        return json.loads(STORE.read_text()) if STORE.exists() else {}

    def get_password(self, service, username):
        return self._all().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        STORE.write_text(json.dumps({**self._all(), f"{service}/{username}": password}))

    def delete_password(self, service, username):
        left = self._all()
        if left.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("not there")
        STORE.write_text(json.dumps(left))


class MyPlainTextKeyring(Filed):
    pass


class Dumb(Filed):
    def set_password(self, service, username, password):
        pass


class Locked(Filed):
    def get_password(self, service, username):
        raise KeyringLocked("the collection is\\nlocked\\x1b[31m")

    def set_password(self, service, username, password):
        raise KeyringLocked(f"will not keep {password}")


class Broken(Filed):
    def get_password(self, service, username):
        raise ValueError(f"no {self._all()}")


class Silent(Filed):
    def get_password(self, service, username):
        threading.Event().wait()


class Unfit(Filed):
    @property
    def priority(self):
        return 1

    def __init__(self):
        raise RuntimeError("needs a desktop")
"""
CONFIG = """
[profiles.sales]
backend = "invision"
address = "https://host/company"
"""


@dataclass(frozen=True)
class Machine:
    """A user's machine with a keyring, which `dfctl` and pieces of Python run on."""

    folder: Path

    @property
    def config(self) -> Path:
        parent = "Library/Application Support" if sys.platform == "darwin" else ".config"
        return self.folder / parent / "dfctl" / "config.toml"

    @property
    def keys(self) -> Path:
        return self.config.with_name("keys.toml")

    @property
    def store(self) -> Path:
        return self.folder / "store.json"

    @property
    def kept(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self.store.read_text())
        return kept

    def run(
        self, arguments: Sequence[str], *, keyring: str = "backends.Filed", stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run an interpreter. The key must show nowhere."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "STORE": str(self.store),
                "PYTHON_KEYRING_BACKEND": keyring,
                "PYTHONPATH": os.pathsep.join([str(SOURCE), str(self.folder)]),
                "PYTHONWARNINGS": "error",
            },
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert CANARY not in done.stdout + done.stderr
        return done

    def dfctl(
        self, line: str, *, keyring: str = "backends.Filed", stdin: str = ""
    ) -> tuple[int, str, str]:
        """Run dfctl; return its exit code, stdout and stderr."""
        done = self.run(["-m", "dfctl", *line.split()], keyring=keyring, stdin=stdin)
        return done.returncode, done.stdout, done.stderr

    def key(self, profile: str, *, keyring: str = "backends.Filed") -> str:
        """What reading the key of a profile comes to: the name of the canary, or an error."""
        done = self.run(["-c", READ, profile, CANARY], keyring=keyring)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


READ = """
import os, sys
from dfctl.core.errors import DfctlError
from dfctl.store.config import load_config

profile, canary = sys.argv[1:]
try:
    key = load_config(os.environ).key_source(profile).read().secret.reveal()
except DfctlError as error:
    print(int(error.exit_code), error.message, error.hint, sep="\\n")
else:
    print("the canary" if key == canary else f"another: {key}")
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.config.parent.mkdir(parents=True)
    machine.config.write_text(CONFIG)
    (tmp_path / "backends.py").write_text(BACKENDS)
    return machine


def test_a_key_is_kept_in_the_keyring_read_from_there_and_removed(machine: Machine) -> None:
    assert machine.dfctl("keys set sales --keyring", stdin=f"{CANARY}\n") == (
        0,
        "",
        f"the key of sales is kept in the keyring, for {HOST}\n",
    )
    assert machine.kept == {f"dfctl/sales {HOST}": CANARY}
    assert CANARY not in machine.keys.read_text()
    assert machine.key("sales") == "the canary"
    assert machine.dfctl("keys list")[1] == f"sales  keyring  ({machine.keys}, profile sales)\n"

    assert machine.dfctl("keys remove sales") == (
        0,
        "",
        "the key of sales is removed from the keyring\n",
    )
    assert machine.kept == {}
    assert machine.key("sales").startswith("4\nthe profile sales has no key\n")


def test_a_key_that_is_in_the_keyring_stays_there_when_it_is_set_again(machine: Machine) -> None:
    machine.dfctl("keys set sales --keyring", stdin="old")

    code, _, said = machine.dfctl("keys set sales", stdin=CANARY)

    assert (code, said) == (0, f"the key of sales is kept in the keyring, for {HOST}\n")
    assert machine.key("sales") == "the canary"


def test_a_key_leaves_the_file_when_it_is_set_in_the_keyring(machine: Machine) -> None:
    machine.dfctl("keys set sales", stdin="in-the-file")
    assert "in-the-file" in machine.keys.read_text()

    machine.dfctl("keys set sales --keyring", stdin=CANARY)

    assert "in-the-file" not in machine.keys.read_text()
    assert machine.key("sales") == "the canary"


def test_a_profile_may_say_that_its_key_is_in_the_keyring(machine: Machine) -> None:
    machine.config.write_text(f"{CONFIG}key = {{ keyring = true }}\n[profiles.b]\nlike = 'sales'\n")

    assert machine.key("sales") == (
        "4\nthe key of the profile sales (keyring) is missing: "
        f"the keyring has none of sales for {HOST}\ndfctl keys set sales --keyring"
    )
    assert machine.dfctl("keys set sales", stdin=CANARY)[0] == 0
    machine.keys.unlink()
    assert (machine.key("sales"), machine.key("b")) == ("the canary", "the canary")


@pytest.mark.parametrize("settings", ["", "key = { keyring = true }\n"])
def test_a_key_in_the_keyring_is_for_one_origin_alone(machine: Machine, settings: str) -> None:
    machine.dfctl("keys set sales --keyring", stdin=CANARY)
    machine.config.write_text(CONFIG.replace("https://host", "https://moved") + settings)

    code, *said = machine.key("sales").splitlines()

    assert code == "4"
    assert said[-1].endswith("dfctl keys set sales --keyring")
    assert machine.dfctl("keys set sales", stdin=f"new-{CANARY}")[0] == 0
    # The one for the old address is of no use any more.
    assert machine.kept == {"dfctl/sales https://moved:443": f"new-{CANARY}"}


KEEP = "the keyring cannot be used: "
ELSEWHERE = "hint: keep the key elsewhere: dfctl keys set without --keyring, a variable or a file\n"


@pytest.mark.parametrize(
    ("keyring", "said"),
    [
        ("keyring.backends.fail.Keyring", "there is none on this machine, or it is not running"),
        ("keyring.backends.null.Keyring", "it is switched off, by keyring's own configuration"),
        (
            "backends.MyPlainTextKeyring",
            "backends.MyPlainTextKeyring keeps keys in plain text",
        ),
        ("backends.Locked", "will not keep ***"),
        ("backends.Unfit", "RuntimeError"),
        ("backends.Nobody", "AttributeError"),
        ("nowhere.Keyring", "No module named 'nowhere'"),
        ("backends.Broken", "ValueError"),
    ],
)
def test_a_keyring_that_cannot_be_trusted_is_refused_and_nothing_falls_back(
    machine: Machine, keyring: str, said: str
) -> None:
    assert machine.dfctl("keys set sales --keyring", keyring=keyring, stdin=CANARY) == (
        4,
        "",
        f"error: {KEEP}{said}\n{ELSEWHERE}",
    )
    assert not machine.keys.exists()


def test_a_keyring_that_keeps_nothing_is_found_out(machine: Machine) -> None:
    ended = machine.dfctl("keys set sales --keyring", keyring="backends.Dumb", stdin=CANARY)

    assert ended == (
        4,
        "",
        f"error: the keyring does not give back what it was given to keep\n{ELSEWHERE}",
    )
    assert not machine.keys.exists()


@pytest.mark.parametrize(
    ("keyring", "said"),
    [
        (
            "backends.Locked",
            "cannot be used: the collection is locked\N{REPLACEMENT CHARACTER}[31m",
        ),
        ("backends.Broken", "cannot be used: ValueError"),
        ("backends.MyPlainTextKeyring", "cannot be used: backends.MyPlainTextKeyring keeps keys"),
    ],
)
def test_a_key_that_the_keyring_does_not_give_is_missing(
    machine: Machine, keyring: str, said: str
) -> None:
    machine.dfctl("keys set sales --keyring", stdin=CANARY)

    assert machine.key("sales", keyring=keyring).startswith(
        f"4\nthe key of the profile sales (keyring) is missing: the keyring {said}"
    )


def test_a_key_that_the_keyring_lost_is_removed_all_the_same(machine: Machine) -> None:
    machine.dfctl("keys set sales --keyring", stdin=CANARY)
    machine.store.unlink()

    assert machine.dfctl("keys remove sales")[0] == 0
    assert machine.dfctl("keys remove sales")[0] == 4


def test_a_key_stays_listed_where_the_keyring_cannot_remove_it(machine: Machine) -> None:
    machine.dfctl("keys set sales --keyring", stdin=CANARY)

    assert machine.dfctl("keys remove sales", keyring="backends.Locked")[0] == 4
    assert machine.key("sales") == "the canary"


PATIENCE = """
from dfctl.store.os_keyring import KeyringFailed, password_of

try:
    password_of("sales", seconds=0.3)
except KeyringFailed as failure:
    print(failure.problem)
"""


def test_a_keyring_that_never_answers_is_not_waited_for(machine: Machine) -> None:
    done = machine.run(["-c", PATIENCE], keyring="backends.Silent")

    assert (done.returncode, done.stdout) == (0, "did not answer within 300ms\n")


CHAINED = """
import keyring
from keyring.backends.chainer import ChainerBackend
from backends import Filed, MyPlainTextKeyring

class Chain(ChainerBackend):
    backends = [MyPlainTextKeyring(), *([Filed()] if {is_safe} else [])]

keyring.set_keyring(Chain())

from dfctl.store import os_keyring

try:
    print(os_keyring._backend().__class__.__name__)
except os_keyring.KeyringFailed as failure:
    print(failure.problem)
"""


@pytest.mark.parametrize(
    ("is_safe", "said"),
    [
        (True, "Filed"),
        (False, "cannot be used: backends.MyPlainTextKeyring keeps keys in plain text"),
    ],
)
def test_of_several_keyrings_the_first_that_is_trusted_is_asked(
    machine: Machine, is_safe: bool, said: str
) -> None:
    done = machine.run(["-c", CHAINED.replace("{is_safe}", str(is_safe))])

    assert done.stdout == f"{said}\n", done.stderr


WITHOUT_PACKAGE = """
import sys

sys.modules["keyring"] = None

from dfctl.main import main

sys.exit(main(sys.argv[1:]))
"""


def test_without_the_package_the_way_to_install_it_is_told(machine: Machine) -> None:
    done = machine.run(["-c", WITHOUT_PACKAGE, "keys", "set", "sales", "--keyring"], stdin=CANARY)

    assert (done.returncode, done.stdout, done.stderr) == (
        4,
        "",
        "error: the keyring needs a package that is not installed\n"
        "hint: pipx inject dfctl keyring\n",
    )
