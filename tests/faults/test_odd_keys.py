"""Keys that cannot be sent, and keys that only look odd, in each way of giving one."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import MakeWire
from tests.faults.told import STARTED
from tests.faults.wire import answer
from tests.shell import Shell

ORIGIN = "http://127.0.0.1:{port}"


def _in_variable(shell: Shell, text: str, port: int) -> tuple[str, str]:
    shell.variables["DFCTL_KEY_SALES"] = text
    return "", "env DFCTL_KEY_SALES"


def _in_named_variable(shell: Shell, text: str, port: int) -> tuple[str, str]:
    shell.variables["SALES_KEY"] = text
    return 'key = { env = "SALES_KEY" }', "env SALES_KEY"


def _literal(shell: Shell, text: str, port: int) -> tuple[str, str]:
    return f"key = {_toml(text)}", "literal"


def _in_file(shell: Shell, text: str, port: int) -> tuple[str, str]:
    path = _written(shell, text)
    return f"key = {{ file = '{path}' }}", f"file {path}"


def _of_command(shell: Shell, text: str, port: int) -> tuple[str, str]:
    cat = shutil.which("cat")
    if cat is None:
        pytest.skip("needs the program cat")
    path = _written(shell, text)
    return f"key = {{ command = ['{cat}', '{path}'] }}", f"command {cat}"


def _kept(shell: Shell, text: str, port: int) -> tuple[str, str]:
    keys = shell.folder / "home" / ".config" / "dfctl" / "keys.toml"
    keys.parent.mkdir(parents=True, exist_ok=True)
    keys.touch(mode=0o600)
    origin = ORIGIN.format(port=port)
    keys.write_text(f"[keys.sales]\norigin = '{origin}'\nkey = {_toml(text)}\n")
    return "", "keys.toml"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _written(shell: Shell, text: str) -> Path:
    path = shell.folder / "key"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


Way = Callable[[Shell, str, int], tuple[str, str]]
WAYS: list[Way] = [_in_variable, _in_named_variable, _literal, _in_file, _of_command]
if sys.platform == "linux":  # elsewhere the user's folder is another
    WAYS.append(_kept)

UNFIT = {
    "canarykey ": "cannot be sent: character 10 is a blank",
    "canary\tkey": "cannot be sent: character 7 is a tab",
    "canary\rkey": "cannot be sent: character 7 is a line break",
    "canary\nkey\n": "cannot be sent: character 7 is a line break",
    "canary\0key": "cannot be sent: character 7 is a control character",
    "canary\x1b[31mkey": "cannot be sent: character 7 is a control character",
    "canarykéy": "cannot be sent: character 8 is not ASCII",
    "canary\N{EN DASH}key": "cannot be sent: character 7 is not ASCII",
    "c\0a\0n\0a\0r\0y\0": "cannot be sent: character 2 is a control character",
    "canary" * 20_000: "64 KiB",
    "\n": "is empty",
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_a_key_that_cannot_be_sent_is_explained_by_its_place_and_not_repeated(
    way: Way, shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire()
    for text, why in UNFIT.items():
        setting, place = way(shell, text, wire.port)
        if text.isspace() and place.startswith("env DFCTL"):
            continue  # it counts as not set
        _configure(shell, wire.port, setting)

        for line in ("run sales -v -o json", "keys list"):
            ended = shell(line, variables={"DFCTL_DEBUG": "1"})

            told = ended.stdout + ended.stderr
            is_list = line == "keys list"
            assert ended.exit_code == (0 if is_list else 4), (line, text, told)
            if not (is_list and place.startswith("command")):  # it runs none
                assert f"the key of the profile sales ({place}) " in told.replace("\n", " ")
                assert why in told, (line, text, told)
            assert "canary" not in told
            assert "Traceback" not in told
    assert wire.requests == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_a_key_that_looks_like_something_else_is_sent_as_it_is(
    way: Way, shell: Shell, make_wire: MakeWire
) -> None:
    odd = [
        "--help",
        "-o=json",
        "https://user:word@host/?a=b#c",
        "$HOME`id`%PATH%${x}",
        "\"quoted'",
        "\\u0041\\n",
        "@last,-,***",
        "canary" * 10_000,
    ]
    wire = make_wire(*[[answer(STARTED)]] * len(odd))
    for text in odd:
        # One newline at the end is dropped, in each way.
        setting, _ = way(shell, f"{text}\n", wire.port)
        _configure(shell, wire.port, setting)

        ended = shell("start sales -v")

        assert ended.exit_code == 0, ended
        assert text not in ended.stdout + ended.stderr
    assert [request.header("x-api-key") for request in wire.requests] == odd


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("program", ["cat", None])
def test_a_key_file_in_another_encoding_is_read_or_explained(
    encoding: str, program: str | None, shell: Shell, make_wire: MakeWire
) -> None:
    if program and shutil.which(program) is None:
        pytest.skip("needs the program cat")
    is_read = encoding in ("utf-8-sig", "utf-16")
    wire = make_wire(*[[answer(STARTED)]] * is_read)
    path = shell.folder / "key"
    path.write_bytes("canarykey\r\n".encode(encoding))
    form = f"command = ['{program}', '{path}']" if program else f"file = '{path}'"
    _configure(shell, wire.port, f"key = {{ {form} }}")

    ended = shell("start sales -v")

    assert ended.exit_code == (0 if is_read else 4)
    assert "canary" not in ended.stderr
    if is_read:
        assert wire.requests[0].header("x-api-key") == "canarykey"
    else:
        assert "is a control character" in ended.stderr


def _configure(shell: Shell, port: int, setting: str) -> None:
    shell.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{ORIGIN.format(port=port)}"\n'
        f'flow = "updatesales"\n{setting}\n'
    )
