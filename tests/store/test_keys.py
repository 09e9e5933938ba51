import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.errors import KeyProblem, UsageError
from dfctl.core.secret import Secret
from dfctl.store.key_settings import parse_key
from dfctl.store.keys import (
    CommandKey,
    FileKey,
    KeyForm,
    KeyReading,
    KeySource,
    LiteralKey,
)
from dfctl.store.places import Place
from tests.store.written import Files, attempt

PROFILE = '[profiles.sales]\nbackend = "invision"\naddress = "https://host"\nflow = "1"\n'
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="modes and pipes of POSIX")
PLACE = Place("FILE: profile sales: key", "FILE, profile sales")


def source(files: Files, key: str, environ: Mapping[str, str] | None = None) -> KeySource:
    files.write(f"{PROFILE}key = {key}\n")
    return files.load(environ).key_source("sales")


def python(code: str) -> str:
    """A key's command in TOML, running Python."""
    return f"{{ command = ['{sys.executable}', '-c', '''{code}'''] }}"


def refused(source: KeySource) -> KeyProblem:
    with pytest.raises(KeyProblem) as raised:
        source.read()
    assert raised.value.__context__ is None
    return raised.value


def test_a_literal_key_is_read(files: Files) -> None:
    key = source(files, '"sesame"')

    assert key.describe() == "literal"
    assert key.read().secret.reveal() == "sesame"


def test_no_key_is_shown_by_any_repr(files: Files) -> None:
    files.write(f'{PROFILE}key = "sesame"\n')
    config = files.load({"DFCTL_KEY_SALES": "sesame"})
    key = files.load().key_source("sales")

    assert "sesame" not in repr([config, config.key_source("sales"), key, key.read()])
    assert "sesame" not in repr(config.describe("sales").shown())
    assert "sesame" not in repr(files.load().describe("sales").shown())


def test_a_key_is_read_from_a_variable_again_and_again(files: Files) -> None:
    environ = {"SALES_KEY": "one\n"}
    key = source(files, '{ env = "SALES_KEY" }', environ)

    first = key.read().secret.reveal()
    environ["SALES_KEY"] = "two"

    assert key.describe() == "env SALES_KEY"
    assert (first, key.read().secret.reveal()) == ("one", "two")


@pytest.mark.parametrize("environ", [{}, {"SALES_KEY": ""}])
def test_a_variable_that_is_not_set_is_named(files: Files, environ: dict[str, str]) -> None:
    problem = refused(source(files, '{ env = "SALES_KEY" }', environ))

    assert problem.message == (
        "the key of the profile sales (env SALES_KEY) is missing: the variable is not set or empty"
    )


def test_a_key_file_is_found_beside_the_configuration(files: Files) -> None:
    path = files.user.parent / "sales.key"
    path.write_bytes(b"sesame\r\n")
    path.chmod(0o600)
    key = source(files, '{ file = "sales.key" }')

    assert key.describe() == f"file {path}"
    assert key.read().secret.reveal() == "sesame"
    assert key.read().warnings == ()


def test_a_key_file_is_found_in_the_home_folder(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert source(files, "{ file = '~/k' }").describe() == f"file {tmp_path / 'k'}"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_key_file_that_powershell_wrote_is_read(files: Files, encoding: str) -> None:
    (files.user.parent / "k").write_bytes("sesame\r\n".encode(encoding))

    assert source(files, '{ file = "k" }').read().secret.reveal() == "sesame"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be used: there is no such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"k" * 65537, "cannot be used: the file is larger than 64 KiB, which no key is"),
        (b" sesame", "cannot be sent: character 1 is a blank"),
        (b"sesame\n\n", "cannot be sent: character 7 is a line break"),
        (b"sesame\r", "cannot be sent: character 7 is a line break"),
        (b"ses\tame", "cannot be sent: character 4 is a tab"),
        (b"ses\0ame", "cannot be sent: character 4 is a control character"),
        (b"ses\x7fame", "cannot be sent: character 4 is a control character"),
        (b"s\xc3\xa5same", "cannot be sent: character 2 is not ASCII"),
        (b"s\xe5same", "cannot be sent: character 2 is not ASCII"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_without_the_key(
    files: Files, content: bytes | None, problem: str
) -> None:
    path = files.user.parent / "k"
    if content is not None:
        path.write_bytes(content)

    error = refused(source(files, '{ file = "k" }'))

    assert error.message == f"the key of the profile sales (file {path}) {problem}"
    assert "same" not in f"{error.message}{error.hint}"


def test_a_folder_is_no_key_file(files: Files) -> None:
    error = refused(source(files, '{ file = "." }'))

    assert error.message == (
        f"the key of the profile sales (file {files.user.parent}) "
        "cannot be used: is a folder, not a file"
    )


@POSIX_ONLY
def test_a_pipe_is_no_key_file_and_is_not_waited_for(files: Files) -> None:
    if sys.platform != "win32":
        os.mkfifo(files.user.parent / "pipe")

    assert refused(source(files, '{ file = "pipe" }')).message == (
        f"the key of the profile sales (file {files.user.parent / 'pipe'}) "
        "cannot be used: is a pipe or device, not a file"
    )


@POSIX_ONLY
def test_a_key_file_that_others_can_write_is_warned_of(files: Files) -> None:
    path = files.user.parent / "the key"
    path.write_text("sesame")
    path.chmod(0o666)

    reading = source(files, '{ file = "the key" }').read()

    assert reading.secret.reveal() == "sesame"
    assert reading.warnings == (f"others can write the key file {path}: chmod go-w '{path}'",)


@POSIX_ONLY
def test_a_key_file_that_others_can_read_is_no_matter(files: Files) -> None:
    path = files.user.parent / "k"
    path.write_text("sesame")
    path.chmod(0o444)
    link = files.user.parent / "link"
    link.symlink_to(path)

    assert source(files, '{ file = "link" }').read().warnings == ()


@POSIX_ONLY
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_configuration_with_a_key_that_others_can_read_is_refused(
    files: Files, mode: int
) -> None:
    files.write(f'{PROFILE}key = "sesame"\n')
    files.user.chmod(mode)
    config = files.load()

    assert config.profile("sales").name == "sales"
    with pytest.raises(UsageError) as raised:
        config.key_source("sales").read()
    assert files.said(raised.value) == (
        "USER: profile sales: key: others can read the file, and a key stands in it\nchmod 600 USER"
    )


@POSIX_ONLY
def test_a_configuration_that_others_can_read_is_no_matter_where_its_key_is_not_used(
    files: Files,
) -> None:
    files.write(f'{PROFILE}key = "sesame"\n')
    files.user.chmod(0o644)

    reading = files.load({"DFCTL_KEY_SALES": "other"}).key_source("sales").read()

    assert reading.secret.reveal() == "other"


def test_a_command_gives_the_key(files: Files) -> None:
    key = source(files, python("print('sesame')"))

    assert key.describe() == f"command {sys.executable}"
    assert key.read().secret.reveal() == "sesame"


def test_a_command_has_nothing_to_read(files: Files) -> None:
    key = source(files, python("import sys; print(len(sys.stdin.read()) or 'nothing')"))

    assert key.read().secret.reveal() == "nothing"


def test_a_command_is_given_no_key_that_another_way_of_giving_one_needs(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"VAULT_TOKEN": "t", "OP_SESSION_x": "s", "AWS_PROFILE": "p", "DFCTL_PROFILE": "sales"}
    withheld = {"DFCTL_KEY": "one", "DFCTL_KEY_OTHER": "two", "DFCTL_KEY_MY_SALES": "three"}
    for name, text in {**given, **withheld}.items():
        monkeypatch.setenv(name, text)
    names = [*given, *withheld]
    code = f"import os; print(*[name for name in {names} if name in os.environ], sep=',')"

    key = source(files, python(code)).read().secret.reveal()

    assert key.split(",") == list(given)


def test_a_command_is_not_read_by_a_shell(files: Files) -> None:
    command = f"['{sys.executable}', '-c', 'import sys; print(sys.argv[1])', '$HOME;*']"

    assert source(files, f"{{ command = {command} }}").read().secret.reveal() == "$HOME;*"


@POSIX_ONLY
def test_a_command_with_a_path_is_found_beside_the_configuration(files: Files) -> None:
    program = files.user.parent / "give"
    program.write_text(f"#!{sys.executable}\nprint('sesame')\n")
    program.chmod(0o700)

    assert source(files, "{ command = ['./give'] }").read().secret.reveal() == "sesame"


def test_much_that_a_command_complains_does_not_hold_it_up(files: Files) -> None:
    key = source(files, python("import sys; sys.stderr.write('x' * 500000); print('sesame')"))

    assert key.read().secret.reveal() == "sesame"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("print(end='')", "is empty"),
        ("raise SystemExit(3)", "is missing: the command exited with 3"),
        (
            "import sys; print('sesame'); sys.exit('\\n\\x1b[31mno session\\nfor you')",
            "is missing: the command exited with 1: \N{REPLACEMENT CHARACTER}[31mno session",
        ),
        (
            "import sys; print('sesame'); sys.exit('bad sesame!')",
            "is missing: the command exited with 1: bad ***!",
        ),
        ("while True: print('x' * 999)", "is missing: the command wrote more than 64 KiB"),
        ("print('two words')", "cannot be sent: character 4 is a blank"),
    ],
)
def test_what_is_wrong_with_a_command_is_said(files: Files, code: str, problem: str) -> None:
    error = refused(source(files, python(code)))

    assert error.message == f"the key of the profile sales (command {sys.executable}) {problem}"


@POSIX_ONLY
def test_the_signal_that_ended_a_command_is_named(files: Files) -> None:
    error = refused(source(files, python("import os; os.kill(os.getpid(), 9)")))

    assert error.message.endswith("is missing: the command was ended by signal 9")


def test_a_command_that_is_not_there_is_named(files: Files) -> None:
    error = refused(source(files, '{ command = ["no-such-program-here", "sesame"] }'))

    assert error.message == (
        "the key of the profile sales (command no-such-program-here) is missing: "
        "the command was not found"
    )


@POSIX_ONLY
def test_a_command_that_is_no_program_is_explained(files: Files) -> None:
    (files.user.parent / "text").write_text("sesame")

    error = refused(source(files, "{ command = ['./text'] }"))

    assert error.message.endswith(
        "is missing: the command may not be run by this account, or is no program"
    )


def test_a_command_that_does_not_end_is_ended() -> None:
    code = "import time; print('sesame', flush=True); time.sleep(60)"
    began = time.monotonic()

    error = refused(
        KeySource("sales", CommandKey((sys.executable, "-c", code), seconds=0.3), "FILE")
    )

    assert error.message.endswith("is missing: the command did not end within 300ms")
    assert time.monotonic() - began < 30


EXAMPLE = (
    'write key = { env = "NAME" }, { file = "PATH" }, { command = ["PROGRAM", "..."] } '
    "or { keyring = true }"
)
LIST = "command must be a list of texts: a program and its arguments"
LIST_EXAMPLE = 'write { command = ["PROGRAM", "ARGUMENT"] }; no shell reads it'


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("123", f"must be text or a table, not a number\n{EXAMPLE}"),
        ("true", f"must be text or a table, not true or false\n{EXAMPLE}"),
        ("{ keyring = false }", "keyring must be true\nwrite { keyring = true }"),
        ('{ keyring = "sesame" }', "keyring must be true\nwrite { keyring = true }"),
        ("{}", f"must name exactly one source\n{EXAMPLE}"),
        ('{ env = "A", file = "b" }', f"must name exactly one source\n{EXAMPLE}"),
        (
            '{ comand = ["sesame"] }',
            "'comand' is not one of env, file, command and keyring\ndid you mean command?",
        ),
        (
            '{ env = "$SALES_KEY" }',
            'env must be the name of an environment variable\nwrite { env = "NAME" }',
        ),
        (
            '{ env = "sesame-open" }',
            'env must be the name of an environment variable\nwrite { env = "NAME" }',
        ),
        ('{ file = "" }', 'file must be the path of a file\nwrite { file = "PATH" }'),
        ('{ command = "op read sesame" }', f"{LIST}\n{LIST_EXAMPLE}"),
        ("{ command = [] }", f"{LIST}\n{LIST_EXAMPLE}"),
        ('{ command = ["op", 1] }', f"{LIST}\n{LIST_EXAMPLE}"),
        ('{ command = ["op", "a\\u0000b"] }', "command holds a NUL character"),
        (
            '{ file = "C:\\temp" }',
            "holds a control character; a path with backslashes stands in single quotes, "
            r"as in 'C:\certificates\ca.pem'",
        ),
    ],
)
def test_a_wrong_form_of_key_is_explained_and_not_repeated(
    files: Files, key: str, said: str
) -> None:
    with pytest.raises(UsageError) as raised:
        source(files, key)

    assert files.said(raised.value) == f"USER: profile sales: key: {said}"
    assert "sesame" not in said


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(
    JSON_LIKE | st.dictionaries(st.sampled_from(["env", "file", "command", "keyring"]), JSON_LIKE)
)
def test_any_value_is_a_form_of_key_or_an_error(raw: object) -> None:
    form = attempt(lambda: parse_key(raw, PLACE, {}))

    if isinstance(form, UsageError):
        assert form.message.startswith("FILE: profile sales: key: ")
    else:
        assert isinstance(form, KeyForm)
        assert form.describe()


@given(st.text())
def test_any_literal_is_a_key_or_an_error_that_does_not_repeat_it(text: str) -> None:
    form = LiteralKey(Secret(f"sesame{text}"), PLACE)

    read = attempt(KeySource("sales", form, "FILE").read)

    if isinstance(read, KeyReading):
        assert read.secret.reveal() == f"sesame{text}".removesuffix("\n").removesuffix("\r")
    else:
        assert isinstance(read, KeyProblem)
        assert "sesame" not in read.message


@given(st.binary())
def test_any_key_file_holds_a_key_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.key"
    path.write_bytes(content)

    read = attempt(KeySource("sales", FileKey(path), "FILE").read)

    assert isinstance(read, (KeyReading, KeyProblem))
