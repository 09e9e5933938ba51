"""What a large journal costs: `python bench/journal.py [RUNS]`.

Makes a journal with no run and one with a million, runs the same commands on both, turn by turn,
and prints the ratio of their medians. The target is 1.2 at the most. The sandbox answers.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import dfctl
from dfctl.sandbox.server import Sandbox
from dfctl.store.schema import connect

SOURCE = Path(dfctl.__file__).parents[1]
TURNS = 15
TARGET = 1.2
# Every profile of the sandbox that runs are started of, and one that is rarely started.
PROFILES = ("ok", "fail", "web-ok", "rare")
YEAR = 365 * 86400.0


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name, Sandbox(seconds=0).serving() as sandbox:
        folder = Path(name)
        config = folder / "config.toml"
        config.touch(mode=0o600)
        config.write_text(sandbox.config_toml(), encoding="utf-8")
        os.environ |= {"DFCTL_CONFIG": str(config), "PYTHONPATH": str(SOURCE)}
        empty, full = folder / "empty", folder / "full"
        fill(empty / "journal.db", 0)
        began = time.perf_counter()
        fill(full / "journal.db", count)
        seconds = time.perf_counter() - began
        size = (full / "journal.db").stat().st_size / 2**20
        print(f"{count} runs: made in {seconds:.0f} s, {size:.0f} MiB")
        compare(empty, full)


def compare(empty: Path, full: Path) -> None:
    """Print what each command costs on both journals."""
    reference = dfctl_on(empty, "start ok -o ref -q")[1].strip()
    dfctl_on(full, "start ok -o ref -q")
    print(f"{'':<44}{'empty':>9}{'full':>9}{'ratio':>7}")
    for line in (
        "--version",
        f"status {reference}",
        "status ok",
        "status",
        "status --open",
        "runs list",
        "runs list --profile ok",
        "runs list --profile rare",
        "runs list --state succeeded",
        "runs list --state failed --profile rare",
        "runs list --since 1h",
        "runs list --since 365d --profile ok",
        "runs show ok",
        "start ok -q",
        "run ok -q",
        "run ok -q --overlap refuse",
        "run ok web-ok -q --overlap join",
    ):
        times = [(dfctl_on(empty, line)[0], dfctl_on(full, line)[0]) for _ in range(TURNS)]
        small, large = (median(column) for column in zip(*times, strict=True))
        mark = "" if large / small <= TARGET else "  over the target"
        shown = line.replace(reference, "REFERENCE")
        print(f"{shown:<44}{small * 1e3:6.0f} ms{large * 1e3:6.0f} ms{large / small:7.2f}{mark}")


def dfctl_on(state: Path, line: str) -> tuple[float, str]:
    """Run dfctl on a journal; return how long it took in seconds, and its stdout."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "dfctl", *line.split()],
        env={**os.environ, "DFCTL_STATE_DIR": str(state)},
        capture_output=True,
        text=True,
        check=True,
    )
    return time.perf_counter() - began, done.stdout


def fill(path: Path, count: int) -> None:
    """Make a journal with `count` runs of the last year: most succeeded, some failed."""
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        insert(connection, count)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def insert(connection: sqlite3.Connection, count: int) -> None:
    """Insert starts, and for each its run with the three states that it was seen in."""
    first = time.time() - YEAR
    # One in a thousand is of the rare profile, one in seven failed, one in 2000 began nothing.
    numbered = f"""
        WITH RECURSIVE numbers (n) AS (
            SELECT 1 WHERE {count} > 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}
        )
        SELECT n, {first} + n * {YEAR / max(count, 1)} AS at,
               CASE WHEN n % 1000 = 0 THEN 'rare' WHEN n % 10 = 0 THEN 'web-ok'
                    WHEN n % 3 = 0 THEN 'fail' ELSE 'ok' END AS profile,
               CASE WHEN n % 7 = 0 THEN 'failed' ELSE 'succeeded' END AS state,
               lower(hex(randomblob(16))) AS run
        FROM numbers
    """
    connection.execute(f"CREATE TEMP TABLE made AS {numbered}")
    connection.execute(
        "INSERT INTO starts (id, profile, backend, flow, begun_at, outcome, open_until) "
        "SELECT n, profile, 'invision', profile, at, "
        "iif(n % 2000 = 1, 'refused', 'confirmed'), at + 86400 FROM made"
    )
    connection.execute(
        "INSERT INTO runs (id, start_id, profile, backend, flow, locator, state, service_state, "
        "started_at, ended_at, seen_at, is_open) SELECT n, n, profile, 'invision', profile, "
        "profile || '/' || run, state, state, at, at + n % 600, at + n % 600, 0 "
        "FROM made WHERE n % 2000 != 1"
    )
    connection.execute(
        "INSERT INTO changes (run_id, at, state) SELECT n, at + step, "
        "CASE step WHEN 0 THEN 'pending' WHEN 1 THEN 'running' ELSE state END "
        "FROM made, (SELECT 0 AS step UNION SELECT 1 UNION SELECT 2) WHERE n % 2000 != 1"
    )


if __name__ == "__main__":
    main()
