"""Streams that are closed, full or missing, and surroundings that lack what most have."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dfctl import __version__
from tests.faults.told import KNOWN_PLAIN as KNOWN
from tests.faults.told import REFERENCE, RUNNING, STARTED, SUCCEEDED, without_times
from tests.faults.wire import Wire, answer
from tests.long import sampled
from tests.process.processes import Desk
from tests.process.system import before_it
from tests.shell import Ended

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX is needed")
with_full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no /dev/full"
)

Serve = Callable[..., Wire]

FULL = "error: stdout cannot be written: [Errno 28] No space left on device\n"
TOLD = KNOWN + "sales: running\nsales: succeeded\n"


def _serve_a_run(serve: Serve) -> Wire:
    return serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])


def _closed_pipe() -> int:
    """Return the writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def _through_shell(redirection: str) -> list[str]:
    return ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh"]


def _assert_succeeded(ended: Ended) -> None:
    code, stdout, stderr = without_times(ended)
    assert code == 0
    assert stdout.startswith("sales: succeeded after ")
    assert stdout.endswith(f" ({REFERENCE})\n")
    assert stderr == TOLD


# Each prints something; a run among them, with its exit code in mind.
COMMANDS: tuple[list[str], ...] = (
    ["run", "sales"],
    ["run", "sales", "-o", "json"],
    ["start", "sales"],
    ["run", "sales", "--dry-run"],
    ["profiles", "list"],
    ["help", "exit-codes"],
    ["run", "--help"],
    ["--version"],
)


@on_posix
@sampled("words", [COMMANDS[0], *COMMANDS[-2:], *COMMANDS[1:-2]], short=4)
def test_a_reader_of_stdout_who_left_ends_it_with_141_and_without_noise(
    words: list[str], desk: Desk, serve: Serve
) -> None:
    serve(rest=[answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])
    stdout = _closed_pipe()
    process = desk.begin(*words, stdout=stdout)
    os.close(stdout)

    ended = process.ended()

    assert ended.exit_code == 141
    told = [line for line in ended.stderr.splitlines() if " sales: " not in line]
    assert [line for line in told if not line.startswith("accepted, not followed; ")] == []


@with_full_device
@pytest.mark.parametrize("words", [COMMANDS[0], *COMMANDS[-2:]], ids=" ".join)
def test_a_full_disk_below_stdout_is_told(words: list[str], desk: Desk, serve: Serve) -> None:
    serve(rest=[answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])
    with Path("/dev/full").open("wb") as stdout:
        ended = desk(*words, stdout=stdout)

    assert ended.exit_code == 141
    told = [line for line in ended.stderr.splitlines(keepends=True) if " sales: " not in line]
    assert [line for line in told if not line.startswith("accepted, not followed; ")] == [FULL]


@on_posix
@pytest.mark.parametrize("words", [["--version"], ["--help"], ["help", "json-schema"]])
def test_a_file_that_takes_only_a_part_is_told_also_where_python_is_unbuffered(
    words: list[str], desk: Desk
) -> None:
    # Files may have so many bytes that no result has room, but for a part of the longest.
    size = 1024 if "json-schema" in words else 0
    limited = before_it(
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    )
    with (desk.folder / "file").open("wb") as stdout:
        ended = desk(*words, variables={"PYTHONUNBUFFERED": "1"}, before=limited, stdout=stdout)

    assert ended.result == (141, "", "error: stdout cannot be written: [Errno 27] File too large\n")


@on_posix
def test_a_run_with_stdout_closed_still_tells_by_its_exit_code(desk: Desk, serve: Serve) -> None:
    wire = _serve_a_run(serve)

    ended = desk("run", "sales", before=_through_shell(">&-"))

    assert without_times(ended) == (0, "", TOLD)
    assert len(wire.posts) == 1


@on_posix
@pytest.mark.parametrize("redirection", ["2>&-", "2</dev/null", "<&- >&- 2>&-"])
def test_a_run_with_stderr_closed_still_tells_its_result(
    redirection: str, desk: Desk, serve: Serve
) -> None:
    wire = _serve_a_run(serve)

    ended = desk("run", "sales", before=_through_shell(redirection))

    assert (ended.exit_code, ended.stderr) == (0, "")
    is_open = ">&- 2" not in redirection
    assert ended.stdout.startswith("sales: succeeded after ") is is_open
    # No byte meant for a stream went into the connection instead.
    assert [request.method for request in wire.requests] == ["POST", "GET", "GET"]


@on_posix
def test_a_run_whose_reader_of_stderr_left_still_tells_its_result(desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)
    stderr = _closed_pipe()
    process = desk.begin("run", "sales", stderr=stderr)
    os.close(stderr)

    ended = process.ended()

    assert ended.exit_code == 0
    assert ended.stdout.startswith("sales: succeeded after ")


@with_full_device
def test_a_full_disk_below_stderr_changes_no_exit_code(desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)
    with Path("/dev/full").open("wb") as stderr:
        ended = desk("run", "sales", stderr=stderr)

    assert ended.exit_code == 0
    assert ended.stdout.startswith("sales: succeeded after ")


@with_full_device
def test_an_error_that_cannot_be_told_keeps_its_exit_code(desk: Desk) -> None:
    desk.configure("")
    with Path("/dev/full").open("wb") as stderr:
        ended = desk("run", "sales", stderr=stderr)

    assert (ended.exit_code, ended.stdout) == (2, "")


@on_posix
@pytest.mark.parametrize("words", [["run", "sales"], ["run", "sales", "--input", "-"]])
def test_a_closed_stdin_is_no_bug(words: list[str], desk: Desk, serve: Serve) -> None:
    serve(rest=[answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])

    ended = desk(*words, before=_through_shell("<&-"))

    assert ended.exit_code == (2 if "--input" in words else 0)
    assert "bug" not in ended.stderr


@on_posix
def test_a_run_needs_no_variables_at_all(desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)
    # But for those that keep the test in its own folder.
    needed = ("PYTHONPATH", "DFCTL_STATE_DIR")
    desk.environment = {name: desk.environment[name] for name in needed}

    _assert_succeeded(desk("run", "sales", "--config", str(desk.config)))


@pytest.mark.parametrize("home", [None, "/dev/null", "relative"])
def test_a_run_needs_no_home(home: str | None, desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)
    del desk.environment["HOME"]
    if home is not None:
        desk.environment["HOME"] = home

    _assert_succeeded(desk("run", "sales"))


@on_posix
def test_a_run_needs_no_place_for_its_journal(desk: Desk, serve: Serve) -> None:
    wire = _serve_a_run(serve)
    del desk.environment["DFCTL_STATE_DIR"]
    desk.environment["HOME"] = "/dev/null"

    ended = desk("run", "sales")

    warning, _, rest = ended.stderr.partition("\n")
    _assert_succeeded(replace(ended, stderr=rest))
    assert re.fullmatch(
        r"warning: the journal /dev/null/.+/journal\.db has no place: a part of its path is no "
        r"folder; this is not recorded there\. Set DFCTL_STATE_DIR to a folder that can be written",
        warning,
    )
    assert len(wire.posts) == 1


@pytest.mark.parametrize("home", [None, "/dev/null"])
def test_without_a_home_and_a_configuration_it_is_said_where_was_looked(
    home: str | None, desk: Desk
) -> None:
    del desk.environment["HOME"], desk.environment["DFCTL_CONFIG"]
    if home is not None:
        desk.environment["HOME"] = home

    ended = desk("run", "no-such-profile")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")
    assert "bug" not in ended.stderr


@on_posix
@pytest.mark.parametrize(
    "words", [["run", "sales"], ["status", REFERENCE], ["profiles", "list"], ["--help"]]
)
def test_a_folder_that_was_deleted_meanwhile_is_no_bug(
    words: list[str], desk: Desk, serve: Serve
) -> None:
    wire = serve(rest=[answer(STARTED if "run" in words else SUCCEEDED), answer(SUCCEEDED)])

    ended = desk(*words, before=["/bin/sh", "-c", _IN_A_DELETED_FOLDER, "sh"])

    assert ended.exit_code == 0
    assert ended.stdout != ""
    assert len(wire.posts) == words.count("run")


@on_posix
@pytest.mark.parametrize(
    "words",
    [
        ["run", "--config", "config.toml"],
        ["run", "sales", "--input", "input.json"],
        ["sandbox", "--write-config", "config.toml"],
    ],
)
def test_a_file_named_from_a_folder_that_was_deleted_is_a_mistake(
    words: list[str], desk: Desk, serve: Serve
) -> None:
    serve()

    ended = desk(*words, before=["/bin/sh", "-c", _IN_A_DELETED_FOLDER, "sh"])

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "bug" not in ended.stderr


_IN_A_DELETED_FOLDER = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_no_encoding_breaks_a_run(encoding: str, desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)
    desk.config.write_text(
        desk.config.read_text().replace("updatesales", "n\u00e4chtlich-\u65e5\u672c-\U0001f600")
    )
    process = desk.begin("run", "sales", variables={"PYTHONIOENCODING": encoding})

    ended = process.ended()

    assert ended.exit_code == 0
    assert b"Traceback" not in ended.stderr.encode()
    if encoding in ("ascii", "cp1252"):
        assert "n" in ended.stderr
        assert "\\u65e5\\u672c-\\U0001f600" in ended.stderr


@pytest.mark.parametrize("locale", ["C", "nonsense"])
def test_no_locale_breaks_a_run(locale: str, desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)

    ended = desk("run", "sales", variables={"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0"})

    _assert_succeeded(ended)


def test_a_run_makes_no_files_but_the_journal(desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)
    before = set(desk.folder.rglob("*"))

    _assert_succeeded(desk("run", "sales"))

    # The journal is all that is written.
    assert set(desk.folder.rglob("*")) - before == {desk.state, desk.state / "journal.db"}


def test_the_module_answers_its_version(desk: Desk) -> None:
    assert desk("--version").result == (0, f"dfctl {__version__}\n", "")


def test_the_tests_start_what_they_mean_to(desk: Desk) -> None:
    where = subprocess.run(
        [sys.executable, "-c", "import dfctl; print(dfctl.__file__)"],
        env=desk.environment,
        cwd=desk.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(desk.environment["PYTHONPATH"])
