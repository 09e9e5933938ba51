import http.client
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dfctl.sandbox.exchange import Drop, Reply, Request
from dfctl.sandbox.listener import HOST, MAX_BODY, Listener
from dfctl.sandbox.server import RequestRecord, Sandbox
from tests.sandbox.caller import JSON, Caller, Clock

SOURCE = Path(__file__).parents[2] / "src"
RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
START = "/invision/api/pub/v1/dataflows/ok/start"


def sent_raw(sandbox: Sandbox, raw: bytes) -> bytes:
    """All that comes back for some bytes, until the server closes."""
    with socket.create_connection((HOST, sandbox.port), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_importing_the_package_loads_no_server() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, dfctl.sandbox; print(*sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.split()
    assert "dfctl.sandbox" in loaded
    assert not {"http.server", "json", "dfctl.sandbox.server"} & set(loaded)


def test_a_taken_port_is_an_os_error(sandbox: Sandbox) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - its text is the system's
        Sandbox(port=sandbox.port)


def test_a_sandbox_that_never_served_can_be_closed_twice() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()


def test_only_loopback_is_served(sandbox: Sandbox) -> None:
    assert sandbox.invision_address == f"http://127.0.0.1:{sandbox.port}/invision"
    assert sandbox.dataform_address == f"http://127.0.0.1:{sandbox.port}/v1"


def test_keys_are_random_unless_given() -> None:
    given = Sandbox(invision_key="abc", dataform_token="1|a+/=|2")
    other = Sandbox()
    given.close()
    other.close()
    assert (given.invision_key, given.dataform_token) == ("abc", "1|a+/=|2")
    assert other.invision_key not in ("", "abc")


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection(HOST, sandbox.port, timeout=10)
    headers = JSON | {"x-api-key": sandbox.invision_key}
    ports = set()
    for _ in range(3):
        connection.request("POST", START, b"{}", headers)
        ports.add(connection.sock.getsockname()[1])
        assert connection.getresponse().read()
    connection.close()
    assert len(ports) == 1
    assert len(sandbox.starts) == 3


def test_closing_ends_the_connections_that_are_open(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock)
    with sandbox.serving():
        connection = http.client.HTTPConnection(HOST, sandbox.port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().read()
        idle = connection.sock
    assert idle.recv(1) == b""
    connection.close()


def test_closing_ends_an_awaited_start_without_an_answer() -> None:
    waits, may_end = threading.Event(), threading.Event()

    def wait(seconds: float) -> None:
        waits.set()
        may_end.wait(10)

    sandbox = Sandbox(wait=wait)
    outcomes: list[str] = []

    def start() -> None:
        try:
            Caller(sandbox).start_invision("ok", "?await=true")
        except (http.client.RemoteDisconnected, ConnectionError):
            outcomes.append("dropped")

    thread = threading.Thread(target=start)
    with sandbox.serving():
        thread.start()
        assert waits.wait(10)
    may_end.set()
    thread.join(10)
    assert outcomes == ["dropped"]


def test_a_body_over_one_mebibyte_is_refused_and_the_answer_arrives(caller: Caller) -> None:
    assert caller.start_invision("ok", body=b" " * (MAX_BODY - 2) + b"{}").status == 200
    answer = caller.start_invision("ok", body=b" " * (2 * MAX_BODY))
    assert (answer.status, answer.headers["connection"]) == (413, "close")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: many", b"400"),
        (b"Content-Length: -1", b"400"),
        (b"Content-Length: 99999999999999999999", b"413"),
    ],
)
def test_a_body_of_no_sure_length_is_refused(
    sandbox: Sandbox, header: bytes, status: bytes
) -> None:
    raw = b"POST " + START.encode() + b" HTTP/1.1\r\n" + header + b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    assert sent_raw(sandbox, raw).startswith(b"HTTP/1.1 " + status)
    assert sandbox.starts == []
    assert [str(record.status).encode() for record in sandbox.requests] == [status]


def test_a_body_cut_short_starts_nothing(sandbox: Sandbox) -> None:
    key = f"x-api-key: {sandbox.invision_key}\r\ncontent-type: application/json\r\n"
    raw = f"POST {START} HTTP/1.1\r\n{key}content-length: 10\r\n\r\n{{}}"
    assert sent_raw(sandbox, raw.encode()) == b""
    assert sandbox.starts == []


def test_a_client_that_leaves_early_prints_nothing(
    sandbox: Sandbox, log: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    for raw in (b"", b"GET", b"GET / HTTP/1.1\r\nHost", b"nonsense\r\n\r\n"):
        sent_raw(sandbox, raw)
    with socket.create_connection((HOST, sandbox.port), timeout=10) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert Caller(sandbox).send("GET", "/", {}).status == 404
    assert capfd.readouterr() == ("", "")
    assert not any("error" in line for line in log)


def test_a_bug_goes_to_the_log_and_not_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    complaints: list[str] = []

    def reply_to(request: Request) -> Reply:
        raise LookupError("no reply")

    def note(request: Request, reply: Reply) -> None:
        assert isinstance(reply, Drop)

    listener = Listener(0, reply_to=reply_to, note=note, complain=complaints.append)
    thread = threading.Thread(target=listener.handle_request)
    thread.start()
    with socket.create_connection((HOST, listener.server_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(1) == b""
    thread.join(10)
    listener.server_close()
    assert complaints == ["error: LookupError('no reply')"]
    assert capfd.readouterr() == ("", "")


def test_the_record_and_the_log_hold_every_request_but_no_key(
    caller: Caller, log: list[str]
) -> None:
    caller.send("POST", f"{START}?api_key={caller.sandbox.invision_key}", JSON, b"{}")
    with pytest.raises(http.client.RemoteDisconnected):
        caller.start_web({"scheduleName": "lost-start"})
    body = b'{"scheduleName": "lost-start"}'
    assert caller.sandbox.requests == [
        RequestRecord("POST", f"{START}?api_key=***", b"{}", 200),
        RequestRecord("POST", caller.web_path(), body, None),
    ]
    assert log == [f"POST {START}?api_key=*** 200", f"POST {caller.web_path()} dropped"]
