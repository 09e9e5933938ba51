"""Text that means harm: it steers no terminal and no runner of jobs, and fakes no line."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import MakeWire
from tests.faults.told import RUN, STARTED, SUCCEEDED
from tests.faults.wire import answer, http, json_answer
from tests.shell import Ended, Shell

OUTPUTS = ("-v", "-o jsonl", "-o ref")
TEXTS = {
    # CSI, OSC 8 and 52, DCS, and the same as one character of C1.
    "a terminal": "\x1b[2J\x1b]8;;file:///x\x1b\\\x1b]52;c;eA==\x07\x1bP1$r\x9b31m\x9d0;x"
    "\x9c\x90\x7f\x00",
    "a reader": "\u202eliaf\u2066\u200b\u2060\ufeff\U000e0041\u061c\ud800",
    "a log": "\nerror: forged\r\n::error::forged\n##vso[task.complete]\n##[error]x\u2028",
    "Rich": "[red]up[/red] [link=file:///x]y[/link] :smile: [/]",
    "the width": "z" + "\u0301\u20dd" * 5_000,
    "the length": "W" * 1_000_000,
}


def _assert_harmless(ended: Ended, longest: int = 1200) -> None:
    for line in f"{ended.stdout}{ended.stderr}".split("\n"):
        assert line.isprintable(), line
        assert not line.lstrip().startswith(("error: forged", "::"))
        assert "##vso[" not in line
        assert "##[" not in line
        assert len(line) < longest


@pytest.fixture
def run(shell: Shell, make_wire: MakeWire) -> Callable[..., Iterator[Ended]]:
    """Run `sales` once for each output, against a service that gives the same answers."""

    def run(*answers: bytes, backend: str = "invision") -> Iterator[Ended]:
        steps = [answer(data) for data in answers]
        wire = make_wire(*[steps] * len(OUTPUTS))
        if backend == "invision":
            shell.configure_invision(wire.address)
        else:
            shell.configure_dataform(wire.address)
        for options in OUTPUTS:
            yield shell(f"run {options} --max-outage 0s")

    return run


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_message_is_text(text: str, run: Callable[..., Iterator[Ended]], shell: Shell) -> None:
    for ended in run(json_answer({"title": text, "detail": text}, "400 Bad Request")):
        _assert_harmless(ended)
        assert ended.exit_code == 2
    _assert_harmless(shell("runs list"))
    _assert_harmless(shell("runs list -o json"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_state_is_text(text: str, run: Callable[..., Iterator[Ended]], shell: Shell) -> None:
    strange = json_answer({"runId": RUN, "status": text})
    for ended in run(STARTED, strange, SUCCEEDED):
        _assert_harmless(ended)
        assert ended.exit_code == 0
    for line in ("runs list", "runs show @last", "runs show @last -o json"):
        _assert_harmless(shell(line))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_id_is_text(text: str, run: Callable[..., Iterator[Ended]], shell: Shell) -> None:
    for ended in run(json_answer({"runId": text, "status": "Succeeded"})):
        _assert_harmless(ended, longest=8_000)
        assert ended.exit_code in (0, 9)
    _assert_harmless(shell("runs list"), longest=8_000)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_link_is_text(text: str, run: Callable[..., Iterator[Ended]], shell: Shell) -> None:
    started = json_answer({"id": "77"})
    done = {"id": "77", "status": "SUCCESSFUL", "runLogUrl": f"https://app.example/{text}"}
    for ended in run(started, json_answer(done), backend="dataform-web"):
        _assert_harmless(ended)
        assert ended.exit_code == 0


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_where_a_redirect_leads_is_text(text: str, shell: Shell, make_wire: MakeWire) -> None:
    location = text.encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b"")
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /" + location[:4000] + b"\r\n\r\n"
    wire = make_wire([answer(head)])
    shell.configure_invision(wire.address)

    ended = shell("run sales --max-outage 0s")

    _assert_harmless(ended)
    assert ended.exit_code in (2, 9)


@pytest.mark.skipif(sys.platform == "win32", reason="no file on Windows has such a name")
@pytest.mark.parametrize("name", ["\x1b]0;owned\x07\u202e", "x\nerror: forged\n", "\x9b2J"])
@pytest.mark.parametrize(
    "line",
    [
        "profiles list",
        "profiles show sales",
        "profiles check sales",
        "profiles path",
        "keys list",
        "keys set sales",
        "run other",
        "run sales --timeout never",
        "runs list",
        "run sales --dry-run -v",
    ],
)
def test_the_name_of_a_folder_is_text(name: str, line: str, shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    config = folder / "config.toml"
    config.touch(mode=0o600)
    config.write_text(
        '[profiles.sales]\nbackend = "invision"\naddress = "http://127.0.0.1:1"\nflow = "f"\n'
        'key = { file = "k" }\n[profiles.broken]\nbackend = 1\n'
    )
    (folder / "k").write_text("a-key")
    (folder / "k").chmod(0o666)

    ended = shell(line, variables={"DFCTL_CONFIG": str(config), "DFCTL_STATE_DIR": str(folder)})

    for shown in f"{ended.stdout}{ended.stderr}".split("\n"):
        assert shown.isprintable(), shown
        assert not shown.startswith("error: forged")


def test_the_text_of_a_message_is_all_there_where_it_means_no_harm(
    shell: Shell, make_wire: MakeWire
) -> None:
    text = "Løpet «nattlig» 🚀 er ikke der: [x] ##1 C:\\temp 100%"
    body = json.dumps({"detail": text}).encode()
    shell.configure_invision(make_wire([answer(http("400 Bad Request", body=body))]).address)

    assert f"({text})\n" in shell("run sales").stderr
