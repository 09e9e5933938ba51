import os
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from dfctl.core.errors import DfctlError, KeyProblem, UsageError
from dfctl.core.exits import ExitCode
from dfctl.core.secret import Secret
from dfctl.store.keyfile import KeptKey, KeyFile, MalformedKey
from dfctl.store.keys import KeySource
from tests.store.written import Files, attempt

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and limits of POSIX")
SOURCE = Path(__file__).parents[2] / "src"
ORIGIN = "https://host:443"
KEY = KeptKey(ORIGIN, Secret("sesame"))
PROFILES = """
[profiles.prod]
backend = "invision"
address = "https://host/company"

[profiles.sales]
like = "prod"
"""


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile.beside(tmp_path / "config.toml")


def written(files: Files, text: str) -> Path:
    """Write dfctl's own file beside the user's configuration."""
    path = files.user.with_name("keys.toml")
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def kept(profile: str, key: str = "sesame", origin: str = ORIGIN) -> str:
    return f'[keys.{profile}]\norigin = "{origin}"\nkey = "{key}"\n'


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(act: Callable[[], object]) -> DfctlError:
    with pytest.raises(DfctlError) as raised:
        act()
    assert raised.value.__context__ is None
    assert "sesame" not in f"{raised.value.message}{raised.value.hint}"
    return raised.value


# The file


def test_a_key_is_kept_replaced_and_removed(file: KeyFile) -> None:
    assert file.entry("sales") is None

    file.put("sales", KeptKey(ORIGIN, Secret("first")))
    file.put("sales", KEY)
    file.put("other", KeptKey("http://else:80"))

    assert (file.entry("sales"), file.entry("other")) == (KEY, KeptKey("http://else:80"))
    assert file.names() == ("sales", "other")
    file.remove("sales")
    file.remove("nobody")
    assert file.names() == ("other",)
    assert "first" not in file.path.read_text()
    assert "sesame" not in file.path.read_text()


@POSIX_ONLY
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_and_its_folder_are_born_private(tmp_path: Path, umask: int) -> None:
    file = KeyFile.beside(tmp_path / "new" / "dfctl" / "config.toml")
    before = os.umask(umask)
    try:
        file.put("sales", KEY)
    finally:
        os.umask(before)

    assert mode_of(file.path) == 0o600
    assert mode_of(file.path.parent) == 0o700
    assert mode_of(file.path.with_name("keys.toml.lock")) & 0o077 == 0
    assert sorted(path.name for path in file.path.parent.iterdir()) == [
        "keys.toml",
        "keys.toml.lock",
    ]


@POSIX_ONLY
def test_a_link_is_followed_and_kept(file: KeyFile, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "mine.toml"
    target.parent.mkdir()
    file.path.symlink_to(target)

    file.put("sales", KEY)
    file.put("other", KEY)

    assert file.path.readlink() == target
    assert file.names() == ("sales", "other")
    assert mode_of(target) == 0o600


def test_what_dfctl_does_not_know_stays(file: KeyFile) -> None:
    file.path.touch(mode=0o600)
    unknown = {
        "version": 7,
        "keys": {"new": {"vault": "x", "since": [1, {"a": 2.5}]}, "sales": {"key": "old"}},
        "more": {"deep": {"er": True}},
    }
    file.path.write_text(tomli_w.dumps(unknown), encoding="utf-8")

    file.put("sales", KEY)

    document = tomllib.loads(file.path.read_text(encoding="utf-8"))
    assert document.pop("keys") == {
        "new": {"vault": "x", "since": [1, {"a": 2.5}]},
        "sales": {"origin": ORIGIN, "key": "sesame"},
    }
    assert document == {"version": 7, "more": {"deep": {"er": True}}}


NAMES = st.text(st.characters(codec="utf-8"), min_size=1)


# The disk decides how long it takes.
@settings(deadline=None, max_examples=50)
@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8")), max_size=3))
def test_any_keys_come_back_as_they_were_put(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.keys.toml"
    path.unlink(missing_ok=True)
    file = KeyFile(path)

    for name, key in keys.items():
        file.put(name, KeptKey(ORIGIN, Secret(key)))

    assert {name: file.entry(name) for name in file.names()} == {
        name: KeptKey(ORIGIN, Secret(key)) for name, key in keys.items()
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[keys.sales]\nkey = "sesame', "FILE, line 2: is not TOML: unterminated string"),
        (b'[keys.a]\n[keys.sales]\nkey = sesame"', "FILE, line 3: is not TOML: invalid value"),
        (b'[keys.sales]\nkey = "sesame\xe5"', "FILE, line 2: holds bytes that are not UTF-8"),
        (b"keys = 3", "FILE: keys: must be a table, not a number"),
        (b"#" * 1024 * 1024 + b"##", "FILE: is larger than 1 MiB, which no configuration is"),
    ],
)
def test_a_damaged_file_is_named_and_never_written(
    file: KeyFile, content: bytes, said: str
) -> None:
    file.path.touch(mode=0o600)
    file.path.write_bytes(content)

    for act in (
        file.names,
        lambda: file.entry("sales"),
        lambda: file.put("sales", KEY),
        lambda: file.remove("sales"),
    ):
        error = refused(act)
        assert isinstance(error, UsageError)
        assert error.message.replace(str(file.path), "FILE") == said
    assert file.path.read_bytes() == content
    assert not file.path.with_name(".keys.toml.new").exists()


@pytest.mark.parametrize(
    "entry",
    [
        "3",
        "{}",
        '{ key = "sesame" }',
        '{ origin = "https://host:443" }',
        '{ origin = "https://host:443", key = 3 }',
        '{ origin = 3, key = "sesame" }',
        '{ origin = "https://host:443", keyring = false }',
        '{ origin = "https://host:443", keyring = true, key = "sesame" }',
    ],
)
def test_an_entry_that_dfctl_did_not_write_is_explained(file: KeyFile, entry: str) -> None:
    file.path.touch(mode=0o600)
    file.path.write_text(f"keys.sales = {entry}\n")

    error = refused(lambda: file.entry("sales"))

    assert isinstance(error, MalformedKey)
    assert error.message == (
        f"{file.path}: keys.sales: must be a table with origin, and with key or keyring = true"
    )
    assert error.hint == "dfctl keys remove sales, then dfctl keys set sales"
    file.remove("sales")
    assert file.names() == ()


@POSIX_ONLY
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(file: KeyFile, mode: int) -> None:
    file.put("sales", KEY)
    file.path.chmod(mode)

    for act in (file.names, lambda: file.entry("sales"), lambda: file.put("new", KEY)):
        error = refused(act)
        assert isinstance(error, UsageError)
        assert error.message == f"{file.path}: others can read the file, and keys stand in it"
        assert error.hint == f"chmod 600 {file.path}"
    assert mode_of(file.path) == mode


def test_where_a_folder_stands_in_its_place_the_file_is_not_written(file: KeyFile) -> None:
    file.path.mkdir()

    with pytest.raises(UsageError, match="is a folder, not a file"):
        file.put("sales", KEY)


def test_where_its_folder_cannot_be_made_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = KeyFile.beside(tmp_path / "file" / "config.toml")

    message = refused(lambda: file.put("sales", KEY)).message

    assert message.startswith(f"{file.path}: cannot be written: ")


# Many processes, and the death of one

PUT = """
import sys
from pathlib import Path
from dfctl.core.secret import Secret
from dfctl.store.keyfile import KeptKey, KeyFile

file = KeyFile(Path(sys.argv[1]))
sys.stdin.read()
for number in range(4):
    file.put(f"{sys.argv[2]}-{number}", KeptKey("https://host:443", Secret(sys.argv[2])))
"""


def test_sixteen_processes_at_once_lose_no_key(file: KeyFile) -> None:
    names = [f"profile{number}" for number in range(16)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUT, file.path, name],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdin=subprocess.PIPE,
        )
        for name in names
    ]
    # Each waits for the end of its stdin, so that all begin together.
    for process in processes:
        assert process.stdin
        process.stdin.close()

    assert [process.wait(60) for process in processes] == [0] * 16
    assert sorted(file.names()) == sorted(f"{name}-{n}" for name in names for n in range(4))


LIMITED = """
import resource, sys
from pathlib import Path
from dfctl.core.errors import UsageError
from dfctl.core.secret import Secret
from dfctl.store.keyfile import KeptKey, KeyFile

resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150))
file = KeyFile(Path(sys.argv[1]))
try:
    file.put("big", KeptKey("https://host:443", Secret("x" * 400)))
except UsageError as error:
    print(error.message)
"""


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


@POSIX_ONLY
def test_where_the_disk_is_full_the_file_stays_as_it_was(file: KeyFile) -> None:
    file.put("sales", KEY)
    before = file.path.read_bytes()

    done = python(LIMITED, file.path)

    assert done.stdout == f"{file.path}: cannot be written: File too large\n"
    assert file.path.read_bytes() == before
    assert not file.path.with_name(".keys.toml.new").exists()


KILLED = """
import os, sys
from pathlib import Path
from dfctl.core.secret import Secret
from dfctl.store.keyfile import KeptKey, KeyFile

def die(event, arguments):
    if event == "os.rename":
        os.kill(os.getpid(), 9)

sys.addaudithook(die)
KeyFile(Path(sys.argv[1])).put("late", KeptKey("https://host:443", Secret("half")))
"""


@POSIX_ONLY
def test_a_process_that_is_killed_before_the_end_changes_nothing_and_blocks_nobody(
    file: KeyFile,
) -> None:
    file.put("sales", KEY)
    before = file.path.read_bytes()

    assert python(KILLED, file.path).returncode == -9
    assert file.path.read_bytes() == before

    [draft] = file.path.parent.glob(".keys.toml.*.new")
    assert mode_of(draft) == 0o600
    file.put("other", KEY)
    assert file.names() == ("sales", "other")
    assert not draft.exists()


# The keys of profiles


def source(files: Files, name: str = "sales", environ: dict[str, str] | None = None) -> KeySource:
    return files.load(environ).key_source(name)


def test_a_kept_key_is_read_again_and_again(files: Files) -> None:
    files.write(PROFILES)
    path = written(files, kept("sales", "one"))
    key = source(files)

    first = key.read().secret.reveal()
    path.write_text(kept("sales", "two"))

    assert (key.describe(), key.origin) == ("keys.toml", f"{path}, profile sales")
    assert (first, key.read().secret.reveal()) == ("one", "two")
    assert "two" not in repr([key, key.read(), files.load().describe("sales").shown()])


@pytest.mark.parametrize(
    ("own", "keys", "environ", "found"),
    [
        ("", kept("sales"), {"DFCTL_KEY_SALES": "x"}, "env DFCTL_KEY_SALES"),
        ('key = { env = "OWN" }', kept("sales"), {}, "env OWN"),
        ("", kept("sales"), {"DFCTL_KEY_PROD": "x"}, "keys.toml"),
        ("", kept("prod"), {"DFCTL_KEY_PROD": "x"}, "env DFCTL_KEY_PROD"),
        ("", kept("prod"), {}, "keys.toml"),
        ("", kept("other"), {}, "none"),
    ],
)
def test_a_kept_key_comes_last_among_those_of_its_profile(
    files: Files, own: str, keys: str, environ: dict[str, str], found: str
) -> None:
    files.write(PROFILES + own)
    written(files, keys)

    assert source(files, environ=environ).describe() == found


def test_the_key_kept_for_a_profile_serves_those_that_are_like_it(files: Files) -> None:
    files.write(PROFILES)
    path = written(files, kept("prod", "shared"))

    key = source(files)

    assert key.read().secret.reveal() == "shared"
    assert key.origin == f"{path}, profile prod, through like"


@pytest.mark.parametrize(
    "address",
    ["http://host", "https://host:8443", "https://elsewhere", "https://host.", "https://[::1]"],
)
@pytest.mark.parametrize("owner", ["sales", "prod"])
def test_a_kept_key_is_never_given_out_for_another_origin(
    files: Files, owner: str, address: str
) -> None:
    files.write(f'{PROFILES}address = "{address}"\n')
    written(files, kept(owner))

    error = refused(source(files).read)

    origin = {
        "http://host": "http://host:80",
        "https://host.": "https://host.:443",
        "https://elsewhere": "https://elsewhere:443",
        "https://[::1]": "https://[::1]:443",
    }.get(address, address)
    assert isinstance(error, KeyProblem)
    assert error.exit_code is ExitCode.KEY
    assert error.message == (
        "the key of the profile sales (keys.toml) is not sent: "
        f"it was set for https://host:443, and the address leads to {origin}"
    )
    assert error.hint == "if that is right: dfctl keys set sales"


@pytest.mark.parametrize("address", ["https://HOST:443/x", "https://host/other"])
def test_another_path_is_the_same_origin(files: Files, address: str) -> None:
    files.write(f'{PROFILES}address = "{address}"\n')
    written(files, kept("sales"))

    assert source(files).read().secret.reveal() == "sesame"


def test_the_default_address_of_a_service_has_an_origin_too(files: Files) -> None:
    files.write('[profiles.nightly]\nbackend = "dataform-web"\nproject = "5"\n')
    written(files, kept("nightly", origin="https://api.dataform.co:443"))

    assert source(files, "nightly").read().secret.reveal() == "sesame"


def test_a_damaged_file_of_keys_stops_only_who_needs_it(files: Files) -> None:
    files.write(f'{PROFILES}[profiles.own]\nlike = "prod"\nkey = {{ env = "OWN" }}\n')
    path = written(files, "[keys.sales]\nkey = sesame\n")

    config = files.load({"OWN": "x"})

    assert config.key_source("own").read().secret.reveal() == "x"
    assert config.profile("sales").name == "sales"
    assert refused(config.key_source("sales").read).message == (
        f"{path}, line 2: is not TOML: invalid value"
    )


@POSIX_ONLY
def test_an_exposed_file_of_keys_stops_only_who_needs_it(files: Files) -> None:
    files.write(PROFILES)
    path = written(files, kept("sales"))
    path.chmod(0o644)

    assert files.load({"DFCTL_KEY_SALES": "x"}).key_source("sales").read().secret.reveal() == "x"
    assert refused(source(files).read).hint == f"chmod 600 {path}"


def test_the_profile_env_has_no_kept_key(files: Files) -> None:
    written(files, kept("env"))
    environ = {"DFCTL_BACKEND": "invision", "DFCTL_ADDRESS": "https://host"}

    assert source(files, "env", environ).describe() == "none"


@given(st.binary() | st.sampled_from(["keys", "sales", "origin", "key"]).map(str.encode))
def test_any_content_is_keys_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.touch(mode=0o600)
    path.write_bytes(content)

    found = attempt(lambda: KeyFile(path).entry("sales"))

    assert found is None or isinstance(found, (KeptKey, UsageError))
