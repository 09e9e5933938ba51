"""What can befall the journal: a run goes on with a warning, a guarded start is not sent."""

import io
import os
import shlex
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pytest

from dfctl.cli.app import invoke
from dfctl.composition import Environment, Parts
from dfctl.core.errors import UsageError
from dfctl.store.journal import Journal
from dfctl.store.recorder import Recorder, journal_to_read, journal_to_write
from dfctl.store.schema import connect, connect_to_read
from dfctl.store.troubles import trouble_of
from dfctl.store.turns import Turn
from dfctl.store.writable_journal import WritableJournal
from tests.clocks import LeapingClock
from tests.journal.conftest import SALES, Clock, configure
from tests.journal.processes import (
    begin,
    begin_apart,
    ended,
    needs_small_disk,
    run_dfctl,
    serving,
    surroundings,
)
from tests.journal.service import Service
from tests.shell import CANARY, Shell

ELSEWHERE = "set DFCTL_STATE_DIR to a folder that can be written"
AT_NOON = "2026-03-01T12:00:00+00:00"


def made(state: Path) -> Path:
    """Make a journal with many starts; return its path."""
    path = state / "journal.db"
    with closing(connect(path)) as connection:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO starts (profile, backend, begun_at, outcome) VALUES (?, ?, ?, ?)",
            [("sales", "invision", float(number), "refused") for number in range(1000)],
        )
        connection.execute("COMMIT")
    return path


def garbage(state: Path) -> None:
    state.mkdir()
    (state / "journal.db").write_bytes(bytes(range(256)) * 64)


def a_text_file(state: Path) -> None:
    state.mkdir()
    (state / "journal.db").write_text("2026-03-01 sales started\n" * 200, encoding="utf-8")


def a_truncated_database(state: Path) -> None:
    path = made(state)
    os.truncate(path, path.stat().st_size // 2)


def a_damaged_page(state: Path) -> None:
    path = made(state)
    with path.open("r+b") as file:
        size = path.stat().st_size
        for page in range(4096, size, 4096):
            file.seek(page)
            file.write(b"\xff" * 512)


def a_folder(state: Path) -> None:
    (state / "journal.db").mkdir(parents=True)


def a_file_for_its_folder(state: Path) -> None:
    state.touch()


def a_newer_version(state: Path) -> None:
    with closing(sqlite3.connect(made(state))) as connection:
        connection.execute("ALTER TABLE starts ADD COLUMN colour TEXT")
        connection.execute("UPDATE starts SET outcome = 'postponed' WHERE id = 999")
        connection.execute("DELETE FROM starts WHERE id < 999")
        connection.commit()
        connection.execute("PRAGMA user_version = 99")


def other_tables(state: Path) -> None:
    state.mkdir()
    with closing(sqlite3.connect(state / "journal.db")) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
        connection.execute("PRAGMA user_version = 1")


MOVE_AWAY = "move it away: mv {path} {path}.damaged"
WRITE_TROUBLES = [
    (garbage, "is damaged: it is not a journal", MOVE_AWAY),
    (a_text_file, "is damaged: it is not a journal", MOVE_AWAY),
    (a_truncated_database, "is damaged", MOVE_AWAY),
    (a_damaged_page, "is damaged", MOVE_AWAY),
    (other_tables, "has not the shape of a journal", MOVE_AWAY),
    (a_folder, "cannot be opened", ELSEWHERE),
    (a_file_for_its_folder, "has no place: a part of its path is no folder", ELSEWHERE),
    (a_newer_version, "was written by a later dfctl", "update this dfctl"),
]
UNREADABLE = (garbage, a_text_file, a_truncated_database, a_damaged_page, other_tables)
READ_TROUBLES = [trouble for trouble in WRITE_TROUBLES if trouble[0] in UNREADABLE]


def went_well(reference: str) -> str:
    """What `run sales` says after its first lines."""
    return (
        f"{AT_NOON} sales: starting sales on invision, to follow it for up to 24h (--timeout)\n"
        f"{AT_NOON} sales: started {reference}\n"
        f"{AT_NOON} sales: pending\n"
        f"{AT_NOON} sales: succeeded\n"
    )


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@pytest.mark.parametrize(("harm", "problem", "remedy"), WRITE_TROUBLES)
def test_a_run_succeeds_without_its_journal(
    shell: Shell,
    service: Service,
    state: Path,
    harm: Callable[[Path], None],
    problem: str,
    remedy: str,
) -> None:
    harm(state)
    path = state / "journal.db"

    ended = shell("run sales")

    assert ended.result == (
        0,
        "sales: succeeded after 500ms (sales/sales/sales-1)\n",
        f"warning: the journal {path} {problem}; this is not recorded there. "
        f"{sentence(remedy.format(path=path))}\n" + went_well("sales/sales/sales-1"),
    )
    assert service.requests == ["POST sales", "GET sales-1"]


@pytest.mark.parametrize("overlap", ["refuse", "join"])
@pytest.mark.parametrize(("harm", "problem", "remedy"), WRITE_TROUBLES)
def test_a_guarded_start_is_not_sent_without_its_journal(
    shell: Shell,
    service: Service,
    state: Path,
    harm: Callable[[Path], None],
    problem: str,
    remedy: str,
    overlap: str,
) -> None:
    harm(state)
    path = state / "journal.db"

    ended = shell(f"run sales --overlap {overlap}")

    assert ended.result == (
        2,
        "",
        f"error: sales: the journal {path} {problem}; "
        "without it nobody knows whether a run is open (--overlap)\n"
        f"hint: {remedy.format(path=path)}\n",
    )
    assert service.requests == []


@pytest.mark.parametrize(("harm", "problem", "remedy"), READ_TROUBLES)
def test_a_question_to_a_broken_journal_tells_the_remedy(
    shell: Shell,
    service: Service,
    state: Path,
    harm: Callable[[Path], None],
    problem: str,
    remedy: str,
) -> None:
    harm(state)
    path = state / "journal.db"
    told = (2, "", f"error: the journal {path} {problem}\nhint: {remedy.format(path=path)}\n")

    for line in (
        "status",
        "wait sales",
        "status --open",
        "runs",
        "runs show sales",
        "runs resolve sales --as ended",
        "runs prune --older-than 1d",
    ):
        assert shell(line).result == told
    assert service.requests == []


@pytest.mark.parametrize(("harm", "problem", "remedy"), READ_TROUBLES)
def test_a_whole_reference_needs_no_journal(
    shell: Shell,
    service: Service,
    state: Path,
    harm: Callable[[Path], None],
    problem: str,
    remedy: str,
) -> None:
    harm(state)
    path = state / "journal.db"

    ended = shell("status sales/sales/7")

    assert ended.result == (
        0,
        "sales: succeeded (sales/sales/7)\n",
        f"warning: the journal {path} {problem}; this is not recorded there. "
        f"{sentence(remedy.format(path=path))}\n",
    )
    assert service.requests == ["GET 7"]


def test_a_newer_journal_is_read_and_never_written(
    shell: Shell, service: Service, state: Path
) -> None:
    a_newer_version(state)
    path = state / "journal.db"
    before = path.read_bytes()
    older = f"the journal {path} was written by a later dfctl"

    assert shell("runs list").stdout == (
        "1970-01-01T00:16:39+00:00  refused      -  sales/start-03e8\n"
        "1970-01-01T00:16:38+00:00  unconfirmed  -  sales/start-03e7\n"
    )
    assert shell("wait sales").exit_code == 6
    assert shell("status sales/start-03e7").exit_code == 9
    assert shell("runs resolve sales/start-03e7 --as not-started").result == (
        2,
        "",
        f"error: {older}\nhint: update this dfctl\n",
    )
    assert shell("runs prune --older-than 1d").result == (
        2,
        "",
        f"error: {older}\nhint: update this dfctl\n",
    )
    shell("run sales")
    assert path.read_bytes() == before


def test_an_account_without_a_home_is_told_what_to_set(
    shell: Shell, service: Service, tmp_path: Path
) -> None:
    shell.variables["DFCTL_STATE_DIR"] = "~nobody-of-this-name/state"
    path = "~nobody-of-this-name/state/journal.db"
    problem = f"the journal {path} has no place: this account has no home folder"

    assert shell("run sales").result == (
        0,
        "sales: succeeded after 500ms (sales/sales/sales-1)\n",
        f"warning: {problem}; this is not recorded there. {sentence(ELSEWHERE)}\n"
        + went_well("sales/sales/sales-1"),
    )
    assert shell("runs list").result == (2, "", f"error: {problem}\nhint: {ELSEWHERE}\n")
    assert shell("run sales --overlap refuse").exit_code == 2
    assert service.requests == ["POST sales", "GET sales-1"]


# Locked by another process


HOLD = """
import sqlite3, sys

holder = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    holder.execute(statement)
print("held", flush=True)
sys.stdin.read()
"""
WRITES = ("BEGIN IMMEDIATE",)
HOLDS_ALL = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE starts SET flow = ''")


@contextmanager
def held(path: Path, *statements: str) -> Iterator[None]:
    """Let another process hold the file."""
    read, write = os.pipe()
    process = begin("-c", HOLD, str(path), *statements, variables={}, stdin=read)
    os.close(read)
    try:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        os.close(write)
        assert ended(process) == (0, "", "")


class Impatient(Parts):
    """The parts of a command that does not wait for a journal that another process holds."""

    @cached_property
    def recorder(self) -> Recorder:
        return Recorder(
            self.journal_path,
            now=self.clock.now,
            warn=lambda text: self.warn([text]),
            turn=Turn(longest=0.05),
        )

    @cached_property
    def journal(self) -> Journal:
        return journal_to_read(self.journal_path, self.clock.now, Turn(longest=0.05))

    @cached_property
    def writable_journal(self) -> WritableJournal:
        return journal_to_write(self.journal_path, self.clock.now, Turn(longest=0.05))


def impatiently(shell: Shell, line: str) -> tuple[int, str, str]:
    """Run a command line without waiting for a lock; return exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    parts = Impatient(
        Environment(
            stdin=None,
            stdout=out,
            stderr=err,
            variables=shell.variables,
            make_clock=LeapingClock,
            random=lambda: 0.5,
        )
    )
    with parts:
        code = invoke(shlex.split(line), parts)
    return int(code), out.getvalue(), err.getvalue()


@pytest.mark.parametrize("statements", [WRITES, HOLDS_ALL])
def test_a_run_succeeds_beside_a_locked_journal(
    shell: Shell, service: Service, state: Path, statements: tuple[str, ...]
) -> None:
    path = made(state)

    with held(path, *statements):
        assert impatiently(shell, "run sales") == (
            0,
            "sales: succeeded after 500ms (sales/sales/sales-1)\n",
            f"warning: the journal {path} is locked by another process; "
            "this is not recorded there. End the process that holds it\n"
            + went_well("sales/sales/sales-1"),
        )
        assert service.requests == ["POST sales", "GET sales-1"]


@pytest.mark.parametrize("overlap", ["refuse", "join"])
def test_a_guarded_start_is_not_sent_beside_a_locked_journal(
    shell: Shell, service: Service, state: Path, overlap: str
) -> None:
    path = made(state)

    with held(path, *WRITES):
        assert impatiently(shell, f"run sales --overlap {overlap}") == (
            2,
            "",
            f"error: sales: the journal {path} is locked by another process; "
            "without it nobody knows whether a run is open (--overlap)\n"
            "hint: end the process that holds it\n",
        )
    assert service.requests == []


def test_who_writes_stops_no_reader(shell: Shell, service: Service, state: Path) -> None:
    path = made(state)

    with held(path, *WRITES):
        code, out, err = impatiently(shell, "runs list --limit 1")

    assert (code, out, err) == (0, "1970-01-01T00:16:39+00:00  refused  -  sales/start-03e8\n", "")


def test_a_journal_that_is_held_whole_is_never_read_past_its_lock(
    shell: Shell, service: Service, state: Path
) -> None:
    path = made(state)

    with (
        held(path, *HOLDS_ALL),
        pytest.raises(UsageError, match="is locked by another process") as problem,
    ):
        impatiently(shell, "runs list")

    assert problem.value.hint == "end the process that holds it"


# Read-only: root passes every mode, so it steps down for a moment.


NOBODY = 65534
needs_modes = pytest.mark.skipif(
    os.name == "nt" or sys.platform == "cygwin", reason="needs modes that stop somebody"
)


@pytest.fixture
def public(shell: Shell) -> Iterator[Path]:
    """Return a folder that an account without power can reach; DFCTL_STATE_DIR is in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shell.variables["DFCTL_STATE_DIR"] = str(folder / "state")
        yield folder


@contextmanager
def powerless(*paths: Path) -> Iterator[None]:
    """Be an account that modes stop, and that owns `paths`."""
    if sys.platform != "win32" and os.geteuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, -1)
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def configured_for_all(shell: Shell, public: Path, address: str) -> None:
    """Configure `sales` where an account without power can read it."""
    shell.config = public / "config.toml"
    shell.variables |= {"DFCTL_CONFIG": str(shell.config), "DFCTL_KEY_SALES": CANARY}
    shell.config.write_text(
        f'[profiles.sales]\nbackend = "invision"\nflow = "sales"\naddress = "{address}"\n',
        encoding="utf-8",
    )
    # Root's interpreter may lie where others cannot read: nothing is left to be imported.
    shell("runs list")
    shell("run sales", variables={"DFCTL_STATE_DIR": str(public / "other")})


@needs_modes
@pytest.mark.parametrize(
    ("of_folder", "of_file", "problem"),
    [
        (0o700, 0o400, "cannot be written: it is read-only"),
        (0o500, 0o400, "cannot be written: it is read-only"),
        (0o500, 0o600, "cannot be written: it is read-only"),
        (0o500, None, "cannot be used: Permission denied"),
    ],
)
def test_a_run_succeeds_beside_a_read_only_journal(
    shell: Shell,
    service: Service,
    public: Path,
    of_folder: int,
    of_file: int | None,
    problem: str,
) -> None:
    configured_for_all(shell, public, service.address)
    service.requests.clear()
    state = public / "state"
    path = state / "journal.db"
    if of_file is None:
        state.mkdir()
        listed = ""
    else:
        made(state).chmod(of_file)
        listed = "1970-01-01T00:16:39+00:00  refused  -  sales/start-03e8\n"
    state.chmod(of_folder)

    with powerless(state, *([path] if of_file else [])):
        ran, refused, read = (
            shell("run sales"),
            shell("run sales --overlap refuse"),
            shell("runs list --limit 1"),
        )

    assert ran.result == (
        0,
        "sales: succeeded after 500ms (sales/sales/sales-2)\n",
        f"warning: the journal {path} {problem}; this is not recorded there. "
        f"{sentence(ELSEWHERE)}\n" + went_well("sales/sales/sales-2"),
    )
    assert refused.result == (
        2,
        "",
        f"error: sales: the journal {path} {problem}; "
        "without it nobody knows whether a run is open (--overlap)\n"
        f"hint: {ELSEWHERE}\n",
    )
    assert (read.exit_code, read.stdout) == (0, listed)
    assert service.requests == ["POST sales", "GET sales-2"]


@needs_modes
def test_newest_entries_beside_a_read_only_journal_are_never_left_out(public: Path) -> None:
    state = public / "state"
    path = made(state)
    with closing(connect(path)) as connection:
        connection.execute("DELETE FROM starts")
        ahead = path.with_name("journal.db-wal").read_bytes()
        assert ahead
    # As a copy of the folder, or a crash of the machine, leaves it.
    path.with_name("journal.db-wal").write_bytes(ahead)
    state.chmod(0o500)
    path.chmod(0o400)

    with powerless(state, path), pytest.raises(sqlite3.OperationalError):
        connect_to_read(path).close()


# A full disk


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
@pytest.mark.parametrize("largest", [16, 36])
def test_a_run_succeeds_though_the_disk_takes_no_more(tmp_path: Path, largest: int) -> None:
    """The limit in KiB stops the journal at the intent, or later at the run."""
    with serving() as server:
        server.word = "Succeeded"
        variables = surroundings(tmp_path, server)
        path = made(tmp_path / "state")

        code, out, err = limited("run sales --progress none -o ref", variables, largest)

        assert (code, out) == (0, "sales/sales/1\n")
        assert err == (
            f"warning: the journal {path} cannot be read or written: the disk reports an error; "
            f"this is not recorded there. {sentence(ELSEWHERE)}\n"
        )
        assert server.begun == [("sales", "1")]
        newest = run_dfctl("runs list --limit 1", variables)[1]
        assert ("unconfirmed" if largest == 36 else "refused") in newest


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
def test_a_guarded_start_is_not_sent_though_the_disk_takes_no_more(tmp_path: Path) -> None:
    with serving() as server:
        variables = surroundings(tmp_path, server)
        path = made(tmp_path / "state")

        assert limited("run sales --overlap join", variables, 16) == (
            2,
            "",
            f"error: sales: the journal {path} cannot be read or written: "
            "the disk reports an error; without it nobody knows whether a run is open "
            "(--overlap)\n"
            f"hint: {ELSEWHERE}\n",
        )
        assert server.begun == []


LIMITED = """
import resource, sys

from dfctl.main import main

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.exit(main(sys.argv[2:]))
"""


def limited(line: str, variables: dict[str, str], kib: int) -> tuple[int, str, str]:
    """Run a command line that may make no file larger than `kib` KiB."""
    # Without -B, Python would leave compiled modules that are cut off at the limit.
    process = begin("-B", "-c", LIMITED, str(kib * 1024), *line.split(), variables=variables)
    return ended(process)


SMALL = """
import subprocess, sys

from dfctl.main import main

subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", sys.argv[1]], check=True)
sys.exit(main(sys.argv[2:]))
"""


@needs_small_disk
def test_a_run_succeeds_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "state"
    disk.mkdir()
    with serving() as server:
        server.word = "Succeeded"
        for name, value in surroundings(tmp_path, server).items():
            monkeypatch.setenv(name, value)

        on_disk = ("-c", SMALL, str(disk))
        ran = begin_apart(*on_disk, "run", "sales", "-o", "ref", "--progress", "none")
        guarded = begin_apart(*on_disk, "run", "sales", "--overlap", "refuse")

        problem = f"the journal {disk}/journal.db cannot be written: the disk is full"
        assert ended(ran) == (
            0,
            "sales/sales/1\n",
            f"warning: {problem}; this is not recorded there. Free some space on that disk\n",
        )
        assert ended(guarded) == (
            2,
            "",
            f"error: sales: {problem}; without it nobody knows whether a run is open (--overlap)\n"
            "hint: free some space on that disk\n",
        )
        assert server.begun == [("sales", "1")]


def test_a_full_disk_is_called_so(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "journal.db"
    connection = connect(path)
    connection.execute("PRAGMA max_page_count = 1")  # it cannot grow
    journal = WritableJournal(connection, path, clock.now)
    long = replace(SALES, flow="x" * 100_000)

    with pytest.raises(UsageError) as problem:
        journal.intend(long, open_for=None)

    assert problem.value.message == f"the journal {path} cannot be written: the disk is full"
    assert problem.value.hint == "free some space on that disk"
    journal.close()


# A journal that goes away in the meantime

GONE = "was moved away or deleted in the meantime"
LEAVE = "leave it there while dfctl is at work"


def delete(state: Path) -> None:
    for file in state.iterdir():
        file.unlink()


def replaced(state: Path) -> None:
    delete(state)
    made(state)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no file that is open")
@pytest.mark.parametrize("go_away", [delete, replaced])
@pytest.mark.parametrize("overlap", ["refuse", "join"])
def test_a_guarded_start_is_not_sent_when_the_journal_goes_while_the_service_is_asked(
    shell: Shell, service: Service, state: Path, overlap: str, go_away: Callable[[Path], None]
) -> None:
    assert shell("start sales -q").exit_code == 0
    service.requests.clear()
    service.meanwhile = lambda: go_away(state)

    gone = f"the journal {state}/journal.db {GONE}"
    assert shell(f"run sales --overlap {overlap}").result == (
        2,
        "",
        f"warning: {gone}; this is not recorded there. {LEAVE.capitalize()}\n"
        f"error: sales: {gone}; without it nobody knows whether a run is open (--overlap)\n"
        f"hint: {LEAVE}\n",
    )
    assert service.requests == ["GET sales-1"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no file that is open")
def test_a_run_goes_on_when_the_journal_goes_while_it_is_started(
    shell: Shell, service: Service, state: Path
) -> None:
    service.meanwhile = lambda: delete(state) if len(service.requests) == 1 else None

    ended = shell("run sales -o ref --progress none")

    assert ended.result == (
        0,
        "sales/sales/sales-1\n",
        f"warning: the journal {state}/journal.db {GONE}; this is not recorded there. "
        f"{LEAVE.capitalize()}\n",
    )
    assert service.requests == ["POST sales", "GET sales-1"]


# The words


def test_a_trouble_within_a_write_leaves_the_journal_as_it_was(
    journal: WritableJournal, clock: Clock
) -> None:
    journal.intend(SALES, open_for=None)
    journal._connection.execute("PRAGMA query_only = ON")

    with pytest.raises(UsageError, match="cannot be written: it is read-only"):
        journal.intend(SALES, open_for=None)
    journal._connection.execute("PRAGMA query_only = OFF")

    assert journal.intend(SALES, open_for=None).id == 2


def test_a_path_with_blanks_is_quoted_in_the_remedy() -> None:
    error = trouble_of(damage(), Path("/my state/journal.db"))

    assert error.message == "the journal /my state/journal.db is damaged: it is not a journal"
    if os.name != "nt":
        assert error.hint == (
            "move it away: mv '/my state/journal.db' '/my state/journal.db.damaged'"
        )


def damage() -> sqlite3.Error:
    error = sqlite3.DatabaseError("file is not a database")
    error.sqlite_errorname = "SQLITE_NOTADB"
    return error


def test_a_trouble_is_warned_of_once(shell: Shell, service: Service, state: Path) -> None:
    garbage(state)

    ended = shell("run sales stock staff --progress none")

    assert ended.stderr.count("warning: ") == 1
    assert ended.exit_code == 0


def test_json_stays_one_document_beside_a_warning(
    shell: Shell, service: Service, state: Path
) -> None:
    garbage(state)
    configure(shell, service.address, "sales", overlap="refuse")

    guarded, free = shell("start sales -o json"), shell("start sales -o json --overlap allow")

    assert guarded.document["exit_code"] == 2
    assert free.document["exit_code"] == 0
    assert [run["run"] for run in free.document["runs"]] == ["sales/sales/sales-1"]
