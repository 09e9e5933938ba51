"""A service that repeats the key, in whatever form: dfctl never shows it."""

import base64
import json
import re
from urllib.parse import quote

import pytest

from tests.faults.conftest import MakeWire
from tests.faults.told import RUN, STARTED, SUCCEEDED
from tests.faults.wire import Step, answer, http, json_answer
from tests.shell import CANARY, Shell

_ENCODED = quote(CANARY, safe="")
# As .NET writes it: the escapes alone are in lower case.
_ENCODED_LOW = re.sub("%..", lambda escape: escape[0].lower(), _ENCODED)
# An address in an address.
_ENCODED_TWICE = quote(_ENCODED, safe="")
# As System.Text.Json of .NET and json_encode of PHP write it.
_DOTNET = CANARY.replace("+", "\\u002B")
_PHP = CANARY.replace("/", "\\/")
_ESCAPED = "".join(f"\\u{ord(character):04x}" for character in CANARY)
# As a gateway repeats what it took for a password, and as a page of errors has it.
_BASIC = base64.b64encode(f"x-api-key:{CANARY}".encode()).decode()
_HTML = "".join(f"&#{ord(character)};" for character in CANARY)
# What is shown is cut at 300 characters: here within the key.
_BEFORE_THE_CUT = "x" * (300 - len("illegal status line: bytearray(b'") - 3 - len(CANARY) + 5)


def _problem(status: str, text: str) -> Step:
    return answer(http(status, body=f'{{"detail": "no {text} here"}}'.encode()))


def _assert_hidden(*told: str) -> None:
    for text in told:
        # A beginning of the key is as bad as all of it.
        for form in (CANARY[:12], _ENCODED[:12], CANARY[-8:], _ESCAPED[:24], _BASIC[-16:], _HTML):
            assert form not in text


@pytest.mark.parametrize("options", ["-v", "-o json"])
@pytest.mark.parametrize(
    "text", [CANARY, _DOTNET, _PHP, _ESCAPED, _BASIC, _HTML, CANARY.upper()], ids=range(7)
)
@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized"])
def test_a_key_in_the_body_of_a_refused_start_is_masked(
    status: str, text: str, options: str, shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([_problem(status, text)])
    shell.configure_invision(wire.address)

    ended = shell(f"run sales {options}")

    _assert_hidden(ended.stdout, ended.stderr)
    assert "(no *** here)" in ended.stderr


@pytest.mark.parametrize(
    "text",
    [CANARY, _ENCODED, _ENCODED.lower(), _ENCODED_LOW, _ENCODED_TWICE, quote(CANARY)],
    ids=range(6),
)
@pytest.mark.parametrize("options", ["-v", "-o json"])
def test_a_key_that_was_sent_in_the_query_and_is_repeated_is_masked(
    options: str, text: str, shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([_problem("400 Bad Request", f"/start?api_key={text}")])
    shell.configure_invision(wire.address, key_in="query")

    ended = shell(f"run sales {options}")

    assert f"api_key={_ENCODED}" in wire.requests[0].target
    _assert_hidden(ended.stdout, ended.stderr)
    assert _ENCODED[:12].lower() not in ended.stderr.lower()
    assert ended.exit_code == 2


@pytest.mark.parametrize(
    "data",
    [
        f"{CANARY} what?\r\n\r\n",
        f"{_BEFORE_THE_CUT}{CANARY}\r\n\r\n",
        f"HTTP/1.1 200 {CANARY}\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 200 OK\r\n{CANARY}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Length: {CANARY}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Type: {CANARY}\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {CANARY}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Encoding: {CANARY}\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n",
        f"HTTP/1.1 302 Found\r\nLocation: http://{CANARY}/\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 302 Found\r\nLocation: http://[{CANARY}\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 302 Found\r\nLocation: ://{CANARY}:x\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 429 Slow\r\nRetry-After: {CANARY}\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=range(13),
)
@pytest.mark.parametrize("options", ["", "-v -o json"])
def test_a_key_in_the_head_of_an_answer_is_never_shown(
    options: str, data: str, shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(data.encode())])
    shell.configure_invision(wire.address)

    ended = shell(f"run sales --max-outage 0s {options}")

    _assert_hidden(ended.stdout, ended.stderr)
    assert ended.exit_code in (2, 9, 11)


@pytest.mark.parametrize("key", ["canary\\back'slash\"quote", "canary%41%percent"])
def test_a_key_of_odd_characters_is_masked_however_it_is_quoted(
    key: str, shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire(
        [answer(f"{key} what?\r\n\r\n".encode())],
        [answer(json_answer({"detail": f"no {key} here"}, "400 Bad Request"))],
    )
    shell.configure_invision(wire.address, key=key)

    broken, refused = shell("run sales"), shell("run sales")

    assert (broken.exit_code, refused.exit_code) == (9, 2)
    assert "canary" not in broken.stderr + refused.stderr


@pytest.mark.parametrize("options", ["-v", "-o json", "-q"])
def test_a_key_for_a_run_id_is_never_shown(options: str, shell: Shell, make_wire: MakeWire) -> None:
    wire = make_wire([answer(json_answer({"runId": CANARY, "status": CANARY}))])
    shell.configure_invision(wire.address)

    ended = shell(f"run sales --max-outage 0s {options}")

    _assert_hidden(ended.stdout, ended.stderr)
    assert ended.exit_code == 9
    assert "the start was answered with an object whose runId cannot be used" in ended.stderr


@pytest.mark.parametrize("text", [CANARY, _DOTNET, _ESCAPED], ids=range(3))
@pytest.mark.parametrize("options", ["-v", "-o json"])
def test_a_key_for_a_state_is_never_shown(
    options: str, text: str, shell: Shell, make_wire: MakeWire
) -> None:
    strange = http(body=f'{{"runId": "{RUN}", "status": "{text}"}}'.encode())
    wire = make_wire([answer(STARTED), answer(strange), answer(SUCCEEDED)])
    shell.configure_invision(wire.address)

    ended = shell(f"run sales {options}")

    assert ended.exit_code == 0
    _assert_hidden(ended.stdout, ended.stderr)


@pytest.mark.parametrize("text", [CANARY, _ENCODED, _DOTNET, _ESCAPED], ids=range(4))
@pytest.mark.parametrize("options", ["", "-o json"])
def test_a_key_in_the_link_of_a_run_is_never_shown(
    options: str, text: str, shell: Shell, make_wire: MakeWire
) -> None:
    link = f"https://app.example/?token={text}"
    done = f'{{"id": "77", "status": "SUCCESSFUL", "runLogUrl": "{link}"}}'
    wire = make_wire([answer(json_answer({"id": "77"})), answer(http(body=done.encode()))])
    shell.configure_dataform(wire.address)

    ended = shell(f"run nightly {options}")

    assert ended.exit_code == 0
    _assert_hidden(ended.stdout, ended.stderr)


def test_the_old_key_is_masked_too_once_its_source_has_a_newer_one(
    shell: Shell, make_wire: MakeWire
) -> None:
    # The service refuses the old key, and repeats it when it is given the new one.
    key_file = shell.folder / "key"
    key_file.write_text(CANARY)
    refused = answer(http("401 Unauthorized"))

    def renew(peer: object) -> None:
        key_file.write_text("canary-the-second")

    wire = make_wire(
        [renew, refused],
        [answer(json_answer({"detail": f"{CANARY} and canary-the-second"}, "401 Unauthorized"))],
    )
    shell.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{wire.address}"\n'
        f'flow = "updatesales"\nkey = {{ file = {json.dumps(str(key_file))} }}\n'
    )

    ended = shell("run sales")

    assert ended.exit_code == 4
    assert [request.header("x-api-key") for request in wire.requests] == [
        CANARY,
        "canary-the-second",
    ]
    assert "canary-the-second" not in ended.stderr
    _assert_hidden(ended.stdout, ended.stderr)
