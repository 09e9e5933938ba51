"""A backend that a third party installs works as the built-in ones do."""

import os
import re
from collections.abc import Callable

import pytest

from tests.faults.told import without_times
from tests.faults.wire import Wire, answer, json_answer
from tests.process.foreign import install
from tests.process.processes import Desk
from tests.shell import CANARY

Serve = Callable[..., Wire]


@pytest.fixture
def equipped(desk: Desk) -> Desk:
    """A desk where the backend of a third party is installed."""
    site = install(desk.folder)
    desk.environment["PYTHONPATH"] += f"{os.pathsep}{site}"
    return desk


def _configure(desk: Desk, address: str, room: str = "attic", backend: str = "acme") -> None:
    desk.configure(
        f'[profiles.it]\nbackend = "{backend}"\naddress = "{address}"\nroom = "{room}"\n'
        f'key = "{CANARY}"\ninterval = "100ms"\n'
    )


def test_a_backend_of_a_third_party_starts_and_follows_runs(equipped: Desk, serve: Serve) -> None:
    wire = serve(
        [
            answer(json_answer({"job": 7})),
            answer(json_answer({"is": "busy"})),
            answer(json_answer({"is": "done"})),
        ]
    )
    _configure(equipped, wire.address)

    code, stdout, stderr = without_times(equipped("run", "it"))

    assert code == 0
    assert stdout.startswith("it: succeeded after ")
    assert stdout.endswith(" (it/7)\n")
    assert stderr == (
        "warning: the attic is dusty\n"
        "it: starting on acme, to follow it for up to 24h (--timeout)\n"
        "it: started it/7\n"
        "it: running\n"
        "it: succeeded\n"
    )
    assert wire.lines == ["POST /attic/go", "GET /attic/7", "GET /attic/7"]
    assert {request.header("x-acme-key") for request in wire.requests} == {CANARY}


def test_a_backend_of_a_third_party_names_what_is_wrong_with_its_settings(equipped: Desk) -> None:
    _configure(equipped, "http://127.0.0.1:9", room="cellar")

    assert equipped("run", "it").result == (
        2,
        "",
        f"error: {equipped.config}: profile it: room: is flooded\nhint: take the attic\n",
    )


@pytest.mark.parametrize(
    ("backend", "why"),
    [
        ("broken", "the backend 'broken' (acme_flow:Broken) cannot be loaded: no licence"),
        ("half", "the backend 'half' (acme_flow:Half) cannot be loaded: Can't instantiate"),
        (
            "other",
            "the backend 'other' (acme_flow:Other) cannot be loaded: "
            "it is no dfctl.backends.backend.Backend",
        ),
        ("missing", "the backend 'missing' (acme_gone:Acme) cannot be loaded: No module named"),
    ],
)
def test_a_backend_that_cannot_be_loaded_is_told(backend: str, why: str, equipped: Desk) -> None:
    _configure(equipped, "http://127.0.0.1:9", backend=backend)

    ended = equipped("run", "it")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("debug", "options"), [("", []), ("", ["-q"]), ("1", ["-v"]), ("1", ["-o", "json"])]
)
def test_a_bug_in_a_backend_shows_no_key_and_loses_no_reference(
    debug: str, options: list[str], equipped: Desk, serve: Serve
) -> None:
    # The bug's own text holds the answer, and the answer holds the key, in forms that are no mask.
    escaped = "".join(f"\\u{ord(character):04x}" for character in CANARY)
    bug = f'{{"is": "a bug", "given": "{CANARY} {escaped}"}}'.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(bug)}\r\n\r\n".encode()
    wire = serve([answer(json_answer({"job": "7"})), answer(head + bug)])
    _configure(equipped, wire.address)

    ended = equipped("run", "it", *options, variables={"DFCTL_DEBUG": debug})

    assert ended.exit_code == 1
    assert escaped[:24] not in ended.stdout + ended.stderr
    assert "it/7" in ended.stderr
    assert "error: this is a bug in dfctl (KeyError)\n" in ended.stderr
    if debug:
        # Where it happened; the kind of the bug is in its line, without its text.
        assert re.search(r'\n  File "\S+acme_flow\.py", line \d+, in look\n', ended.stderr)
        assert "raise KeyError(secret)\n" in ended.stderr
        assert "KeyError: " not in ended.stderr
    else:
        assert "Traceback" not in ended.stderr
        assert '  File "' not in ended.stderr
    assert len(wire.posts) == 1


def test_a_backend_that_reads_answers_by_itself_shows_no_key(equipped: Desk, serve: Serve) -> None:
    _read_by_itself(equipped)
    wire = serve(
        [
            answer(json_answer({"job": "7"})),
            answer(json_answer({"is": f"odd {CANARY}"})),
            answer(json_answer({"is": "done"})),
        ]
    )
    _configure(equipped, wire.address)

    ended = equipped("run", "it", "-v", "-o", "json")

    assert ended.exit_code == 0
    assert "warning: Acme Flow calls the state 'odd ***': " in ended.stderr


def test_an_id_that_would_steer_a_terminal_is_not_taken(equipped: Desk, serve: Serve) -> None:
    _read_by_itself(equipped)
    wire = serve([answer(json_answer({"job": "7\x1b[2J\nerror: forged"}))])
    _configure(equipped, wire.address)

    ended = equipped("run", "it")

    assert (ended.exit_code, ended.stdout) == (9, "")
    assert "error: it: the start was answered with an id that cannot be used\n" in ended.stderr


def _read_by_itself(desk: Desk) -> None:
    module = desk.folder / "site" / "acme_flow.py"
    text = module.read_text(encoding="utf-8")
    for ours, own in (
        ('answer.members().identifier("job")', 'json.loads(answer.body)["job"]'),
        ('answer.members().text("is")', 'json.loads(answer.body)["is"]'),
    ):
        assert ours in text
        text = text.replace(ours, own)
    module.write_text(f"import json\n{text}", encoding="utf-8")
