"""The journal's file: how it comes to be, for whom it is readable, and when it is loaded."""

import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from dfctl.store.folders import journal_path
from dfctl.store.recorder import journal_to_write
from dfctl.store.schema import VERSION, connect, connect_to_read, version_of
from tests.journal.conftest import SALES, STOCK, Clock
from tests.journal.processes import begin, begin_apart, ended, needs_small_disk
from tests.journal.service import Service
from tests.shell import CANARY, Shell

needs_modes = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_the_journal_is_made_from_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state" / "journal.db"

    with closing(connect(path)) as connection:
        assert version_of(connection) == VERSION
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"

    assert [file.name for file in path.parent.iterdir()] == ["journal.db"]


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connect(path).close()
    before = path.read_bytes()

    connect(path).close()
    connect_to_read(path).close()

    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.touch()

    with closing(connect_to_read(path)) as connection:
        assert connection.execute("SELECT count(*) FROM starts").fetchone()[0] == 0
    assert path.stat().st_size == 0
    with closing(connect(path)) as connection:
        assert version_of(connection) == VERSION


def test_reading_makes_no_file(shell: Shell, state: Path) -> None:
    assert shell("runs list").result == (0, "", "the journal has no such start or run\n")
    assert shell("status").result == (
        6,
        "",
        "error: this machine's journal has no start '@last'\n"
        "hint: dfctl runs list shows what it has\n",
    )

    assert not state.exists()


def test_a_dry_run_leaves_no_trace(shell: Shell, service: Service, state: Path) -> None:
    ended = shell("run sales --dry-run --overlap refuse")

    assert ended.result == (
        0,
        f"curl --request POST {service.address}/api/pub/v1/dataflows/sales/start "
        "--header 'Content-Type: application/json' --header 'x-api-key: ***' --data '{}'\n",
        "",
    )
    assert not state.exists()
    assert service.requests == []


@needs_modes
def test_folder_and_files_are_private_whatever_the_umask_is(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.db"
    umask = os.umask(0)
    try:
        with closing(connect(path)) as connection:
            connection.execute("UPDATE starts SET profile = ''")
            modes = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(umask)

    assert mode(path.parent) == "0o700"
    assert modes == {"journal.db": "0o600", "journal.db-wal": "0o600", "journal.db-shm": "0o600"}


@needs_modes
def test_a_command_leaves_private_files(shell: Shell, service: Service, state: Path) -> None:
    umask = os.umask(0)
    try:
        assert shell("start sales -q").exit_code == 0
    finally:
        os.umask(umask)

    assert mode(state) == "0o700"
    assert {mode(file) for file in state.iterdir()} == {"0o600"}


def test_no_key_is_written(shell: Shell, service: Service, state: Path) -> None:
    service.will_answer("stock", 401, {"title": f"bad key {CANARY}"})
    shell("run sales stock")

    for file in state.iterdir():
        assert CANARY.encode() not in file.read_bytes()


def test_a_draft_that_a_killed_process_left_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for name in (f"{path.name}.{os.getpid()}.new", f"{path.name}.1.new"):
        (tmp_path / name).touch()

    connect(path).close()

    assert path.stat().st_size


def test_what_was_moved_away_is_never_read_into_the_next_journal(
    tmp_path: Path, clock: Clock
) -> None:
    """A process that is killed leaves entries beside the file; the remedy moves only the file."""
    path = tmp_path / "journal.db"
    ahead = tmp_path / "journal.db-wal"
    before = journal_to_write(path, clock.now)
    for _ in range(100):
        before.intend(SALES, open_for=None)
    left = ahead.read_bytes()
    before.close()
    path.rename(tmp_path / "journal.db.damaged")
    ahead.write_bytes(left)

    journal = journal_to_write(path, clock.now)

    assert journal.newest_start() is None
    assert journal.intend(STOCK, open_for=None).id == 1
    journal.close()
    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


FILL = """
import subprocess, sys
from pathlib import Path

from dfctl.store.schema import connect

disk = sys.argv[1]
for kib in range(16, 200, 4):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", disk], check=True)
    path = Path(disk) / "state" / "journal.db"
    try:
        connect(path).close()
        error = ""
    except Exception as problem:
        error = getattr(problem, "sqlite_errorname", repr(problem))
    subprocess.run(["mount", "-o", "remount,size=1m", disk], check=True)
    files = [file.name for file in path.parent.iterdir()]
    connection = connect(path)
    sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.execute("SELECT * FROM starts, runs, changes")
    connection.close()
    subprocess.run(["umount", disk], check=True)
    print(kib, error or "made", sound, *files)
"""


@needs_small_disk
def test_a_disk_that_fills_meanwhile_leaves_no_damaged_journal(tmp_path: Path) -> None:
    code, out, err = ended(begin_apart("-c", FILL, str(tmp_path)))

    assert (code, err) == (0, "")
    results = [line.split() for line in out.splitlines()]
    assert {result[1] for result in results} >= {"SQLITE_FULL", "made"}
    for _, said, sound, *files in results:
        assert sound == "ok"
        assert said != "made" or files == ["journal.db"]
        assert not [name for name in files if name.endswith(".new")]


CREATE = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from dfctl.core.runs import Run
from dfctl.store.recorder import journal_to_write

sys.stdin.buffer.raw.read(1)
journal = journal_to_write(Path(sys.argv[1]), lambda: datetime.now(UTC))
print(journal.intend(Run(profile=sys.argv[2], backend="invision"), open_for=None).profile)
"""


def test_processes_that_make_the_journal_at_once_share_one(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.db"
    read, write = os.pipe()
    profiles = [f"p{number}" for number in range(6)]
    processes = [
        begin("-c", CREATE, str(path), name, variables={}, stdin=read) for name in profiles
    ]
    os.close(read)

    os.write(write, b"\n" * len(profiles))
    os.close(write)

    assert [ended(process) for process in processes] == [(0, f"{name}\n", "") for name in profiles]
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT profile FROM starts ORDER BY profile").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert [row[0] for row in rows] == profiles
    assert not [file for file in path.parent.iterdir() if file.name.endswith(".new")]


def test_the_state_folder_may_be_named(tmp_path: Path) -> None:
    assert journal_path({"DFCTL_STATE_DIR": str(tmp_path)}) == tmp_path / "journal.db"
    assert journal_path({"DFCTL_STATE_DIR": " ~/x "}) == Path.home() / "x" / "journal.db"
    assert journal_path({"DFCTL_STATE_DIR": " "}) == journal_path({})
    assert journal_path({}).name == "journal.db"
    assert journal_path({}).is_absolute()


@pytest.mark.parametrize("line", ["--help", "--version", "-V", "run --help", "runs list --help"])
def test_help_and_version_load_no_database(line: str) -> None:
    process = begin("-X", "importtime", "-m", "dfctl", *line.split(), variables={})

    code, out, err = ended(process)

    assert code == 0
    assert out
    loaded = {row.rpartition("|")[2].strip() for row in err.splitlines()}
    assert "dfctl" in loaded
    assert not [
        name for name in loaded if re.match(r"_?sqlite3|dfctl\.store\.(journal|schema)", name)
    ]
