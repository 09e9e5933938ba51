import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.errors import DfctlError, UsageError
from dfctl.core.exits import ExitCode
from dfctl.store.config import load_config
from dfctl.store.files import default_files, read_file
from dfctl.store.paths import why_not_read
from tests.store.written import Files, attempt

PROFILE = '[profiles.sales]\nbackend = "invision"\naddress = "https://host"\n'


@pytest.mark.parametrize(
    "content",
    [
        PROFILE.encode("utf-8-sig"),
        PROFILE.replace("\n", "\r\n").encode(),
        PROFILE.encode("utf-16"),
        b"\xfe\xff" + PROFILE.encode("utf-16-be"),
    ],
    ids=["UTF-8 with its mark", "CRLF", "UTF-16", "UTF-16 big-endian"],
)
def test_what_windows_editors_and_powershell_write_is_read(files: Files, content: bytes) -> None:
    files.write(content)

    assert files.load().profile("sales").line.address == "https://host"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b'a\nb = "\xe5"\n',
            "USER, line 2: holds bytes that are not UTF-8\nsave the file as UTF-8",
        ),
        (
            b"\xff\xfea",
            "USER, line 1: holds bytes that are not UTF-16, as it begins\nsave the file as UTF-8",
        ),
        (
            PROFILE.encode("utf-16-le"),
            "USER, line 1: holds a NUL byte, which is no text in UTF-8\nsave the file as UTF-8",
        ),
        (
            b'default = "a"\n\0',
            "USER, line 2: holds a NUL byte, which is no text in UTF-8\nsave the file as UTF-8",
        ),
        (b'default = "a"\n[profiles.x\n', "USER, line 2: is not TOML: expected ']' at the end of"),
        (b'default = "a"\nx = sales\n', "USER, line 2: is not TOML: invalid value\ntext stands in"),
        (b'\ndefault = "a', "USER, line 2: is not TOML: unterminated string"),
        (
            b'[profiles.x]\nca_file = "C:\\Users\\me\\ca.pem"\n',
            "USER, line 2: is not TOML: invalid hex value\na path with backslashes stands in "
            r"single quotes, as in 'C:\certificates\ca.pem'",
        ),
        (b"x = " + b"[" * 9000, "USER: is nested too deeply"),
        (b"x = " + b"9" * 9000, "USER: holds a number or date that is out of range"),
        (b"#" * 1024 * 1024 + b"##", "USER: is larger than 1 MiB, which no configuration is"),
        (b"default = 3", "USER: default: must be text, the name of a profile"),
        (
            b"profiles = 3",
            "USER: profiles: must be a table\n"
            "write the settings of each profile below [profiles.NAME]",
        ),
        (
            b'defualt = "sales"',
            "USER: 'defualt' is unknown at the top of the file\ndid you mean default?",
        ),
        (
            b'[sales]\nbackend = "invision"',
            "USER: 'sales' is unknown at the top of the file\na profile begins with "
            "[profiles.sales]",
        ),
        (
            b'backend = "invision"',
            "USER: 'backend' is unknown at the top of the file\nonly default and profiles stand "
            "there; settings stand below [profiles.NAME]",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(files: Files, content: bytes, said: str) -> None:
    files.write(content)

    with pytest.raises(UsageError) as raised:
        files.load()

    assert files.said(raised.value).startswith(said)
    assert raised.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    "content", ['key = "sesame', 'key = "sesame\\q"', "key = sesame", 'a = "sesame\x01"', "sesame"]
)
def test_an_error_of_syntax_repeats_nothing_of_the_file(files: Files, content: str) -> None:
    files.write(content)

    with pytest.raises(UsageError) as raised:
        files.load()

    assert "sesame" not in files.said(raised.value)
    assert raised.value.__context__ is None


def test_latin_1_leaves_no_copy_of_the_file_in_the_error(files: Files) -> None:
    files.write(b'key = "sesame\xe5"')

    with pytest.raises(UsageError) as raised:
        files.load()

    assert raised.value.__context__ is None


def test_files_that_are_not_there_are_an_empty_configuration(files: Files) -> None:
    config = files.load()

    assert config.names() == ()
    assert [(file.path, file.exists, file.note) for file in config.files] == [
        (files.machine, False, "not there"),
        (files.user, False, "not there"),
    ]


def test_only_the_file_that_is_named_is_read(files: Files, tmp_path: Path) -> None:
    files.write(PROFILE)
    named = tmp_path / "named.toml"
    named.write_text(PROFILE.replace("sales", "named"), encoding="utf-8")
    environ = {"DFCTL_CONFIG": str(named)}

    by_variable = load_config(environ, files=(files.machine, files.user))
    by_option = load_config(environ, explicit=str(files.user))
    not_named = load_config({"DFCTL_CONFIG": " "}, files=(files.machine, files.user))

    assert by_variable.names() == ("named",)
    assert by_option.names() == ("sales",)
    assert not_named.names() == ("sales",)


@pytest.mark.parametrize(
    ("explicit", "message", "hint"),
    [
        ("FOLDER/none.toml", "FOLDER/none.toml: there is no such file", "--config names this file"),
        ("FOLDER", "FOLDER: is a folder, not a file", "--config names this file"),
        (" ", "--config: names no file", None),
        (
            "a\tb",
            "--config: holds a control character; a path with backslashes stands in single quotes, "
            r"as in 'C:\certificates\ca.pem'",
            None,
        ),
    ],
)
def test_a_named_file_must_be_there(
    explicit: str, message: str, hint: str | None, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as raised:
        load_config({}, explicit=explicit.replace("FOLDER", str(tmp_path)))

    assert raised.value.message == message.replace("FOLDER", str(tmp_path))
    assert raised.value.hint == hint


def test_the_variable_that_names_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load_config({"DFCTL_CONFIG": str(tmp_path / "none.toml")})

    assert raised.value.hint == "DFCTL_CONFIG names this file"


def test_a_folder_in_the_place_of_the_users_file_is_explained(files: Files) -> None:
    files.user.mkdir()

    with pytest.raises(UsageError) as raised:
        files.load()

    assert files.said(raised.value) == "USER: is a folder, not a file"


def test_what_the_system_says_of_a_file_is_put_in_words() -> None:
    assert why_not_read(PermissionError(13, "x")) == "this account has no permission to read it"
    assert why_not_read(OSError(5, "Input/output error")) == "cannot be read: Input/output error"
    assert why_not_read(ValueError("embedded null byte")) == "is not a usable file name"


def test_a_home_that_may_not_be_looked_into_holds_no_file(files: Files) -> None:
    files.write(PROFILE)
    files.user.parent.chmod(0o000)
    if os.access(files.user.parent, os.X_OK):
        pytest.skip("needs an account that modes stop")
    try:
        config = files.load()
    finally:
        files.user.parent.chmod(0o700)

    assert config.files[1].note == "no permission to look there"


def test_the_default_files_are_two_different_ones() -> None:
    machine, user = default_files()

    assert machine != user
    assert {machine.name, user.name} == {"config.toml"}


@given(st.binary() | st.text().map(str.encode) | st.binary().map(b"\xff\xfe".__add__))
def test_any_bytes_are_a_configuration_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)

    read = attempt(lambda: read_file(path))

    if isinstance(read, DfctlError):
        assert read.message.startswith(str(path))
