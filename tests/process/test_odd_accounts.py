"""Accounts without an entry in the system, without a home, or with one that is read-only."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.told import KNOWN_PLAIN as KNOWN
from tests.faults.told import REFERENCE, RUNNING, STARTED, SUCCEEDED, without_times
from tests.faults.wire import Wire, answer
from tests.process.processes import Desk
from tests.process.system import STRANGER, needs_stranger
from tests.shell import CANARY, Ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs accounts of POSIX")

Serve = Callable[..., Wire]

TOLD = KNOWN + "sales: running\nsales: succeeded\n"
ELSEWHERE = "Set DFCTL_STATE_DIR to a folder that can be written\n"
HOMELESS = "this account has no home folder"


def _serve_a_run(serve: Serve) -> Wire:
    return serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])


def _assert_succeeded(ended: Ended, warning: str = "") -> None:
    code, stdout, stderr = without_times(ended)
    assert (code, stderr) == (0, warning + TOLD)
    assert stdout.startswith("sales: succeeded after ")
    assert stdout.endswith(f" ({REFERENCE})\n")


def _without_home(desk: Desk, *names: str) -> None:
    for name in ("HOME", "DFCTL_STATE_DIR", *names):
        del desk.environment[name]


@needs_stranger
def test_an_account_without_an_entry_or_a_home_runs_what_a_named_configuration_says(
    desk: Desk, serve: Serve
) -> None:
    wire = _serve_a_run(serve)
    _without_home(desk)

    ended = desk("run", "sales", before=STRANGER)

    problem = f"the journal ~/.local/state/dfctl/journal.db has no place: {HOMELESS}"
    _assert_succeeded(ended, f"warning: {problem}; this is not recorded there. {ELSEWHERE}")
    assert len(wire.posts) == 1
    assert set(desk.folder.iterdir()) == {desk.config, desk.home, desk.temporary}


@needs_stranger
def test_an_account_with_nothing_but_variables_of_dfctl_runs_a_flow(
    desk: Desk, serve: Serve
) -> None:
    wire = _serve_a_run(serve)
    desk.environment = {
        "PYTHONPATH": desk.environment["PYTHONPATH"],
        "PATH": os.environ["PATH"],  # for `unshare` itself
        "DFCTL_STATE_DIR": str(desk.state),
        "DFCTL_BACKEND": "invision",
        "DFCTL_ADDRESS": wire.address,
        "DFCTL_FLOW": "updatesales",
        "DFCTL_KEY": CANARY,
        "DFCTL_INTERVAL": "100ms",
        "TZ": "UTC",
        "TMPDIR": "/nonexistent",
    }
    through_env = ("env", "--unset=PATH")

    ended = desk("run", before=[*STRANGER, *through_env])

    _assert_succeeded(_called_sales(ended))
    assert len(wire.posts) == 1


def _called_sales(ended: Ended) -> Ended:
    """Return what was told of the profile `env` as if it were `sales`."""
    stdout, stderr = (
        text.replace("env:", "sales:").replace("env/", "sales/")
        for text in (ended.stdout, ended.stderr)
    )
    return replace(ended, stdout=stdout, stderr=stderr)


@needs_stranger
def test_an_account_without_a_home_is_told_where_was_looked(desk: Desk) -> None:
    _without_home(desk, "DFCTL_CONFIG")

    ended = desk("run", "sales", before=STRANGER)

    assert ended.result == (
        2,
        "",
        "error: there is no profile 'sales' (account 54321, looked at /etc/xdg/dfctl/config.toml "
        f"(not there) and ~/.config/dfctl/config.toml ({HOMELESS}))\n"
        "hint: name a file with --config; or set DFCTL_BACKEND, DFCTL_ADDRESS, DFCTL_FLOW and "
        "DFCTL_KEY\n",
    )


@needs_stranger
def test_a_folder_called_as_the_home_is_written_is_no_home(desk: Desk) -> None:
    # Nothing in the current folder is read unless it is named.
    _without_home(desk, "DFCTL_CONFIG")
    folder = desk.folder / "~" / ".config" / "dfctl"
    folder.mkdir(parents=True)
    for name in ("config.toml", "keys.toml"):
        (folder / name).write_text("broken")

    ended = desk("profiles", "list", before=STRANGER)

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert str(folder) not in ended.stderr


@needs_stranger
def test_an_account_without_a_home_is_told_that_nothing_can_be_kept_there(desk: Desk) -> None:
    _without_home(desk)
    desk.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "https://host/x"\nflow = "f"\n'
    )
    (desk.folder / "key").write_text(f"{CANARY}\n")
    with (desk.folder / "key").open("rb") as key:
        set_key = desk("keys", "set", "sales", before=STRANGER, stdin=key)
    del desk.environment["DFCTL_CONFIG"]
    settings = ("--backend", "invision", "--address", "https://host/x", "--flow", "f")
    added = desk("profiles", "add", "sales", *settings, before=STRANGER)

    assert set_key.result == (
        2,
        "",
        f"error: {HOMELESS}, where its keys would be kept\n"
        "hint: set HOME, or keep the key in a variable or a file that the profile names\n",
    )
    assert added.result == (
        2,
        "",
        f"error: {HOMELESS}, where its configuration would be\n"
        "hint: set HOME, or name a file with --config\n",
    )


@needs_stranger
def test_a_home_that_cannot_be_written_costs_the_journal_and_no_run(
    desk: Desk, serve: Serve
) -> None:
    wire = _serve_a_run(serve)
    del desk.environment["DFCTL_STATE_DIR"]
    desk.home.chmod(0o500)

    ended = desk("run", "sales", before=STRANGER)
    guarded = desk("run", "sales", "--overlap", "refuse", before=STRANGER)

    desk.home.chmod(0o700)
    journal = desk.home / ".local/state/dfctl/journal.db"
    problem = f"the journal {journal} cannot be used: Permission denied"
    _assert_succeeded(ended, f"warning: {problem}; this is not recorded there. {ELSEWHERE}")
    assert guarded.result == (
        2,
        "",
        f"error: sales: {problem}; without it nobody knows whether a run is open (--overlap)\n"
        f"hint: {ELSEWHERE[0].lower()}{ELSEWHERE[1:]}",
    )
    assert len(wire.posts) == 1


@needs_stranger
@pytest.mark.parametrize("umask", ["0", "0177"])
def test_a_strange_umask_changes_nothing_that_dfctl_makes(
    umask: str, desk: Desk, serve: Serve
) -> None:
    wire = _serve_a_run(serve)
    del desk.environment["DFCTL_STATE_DIR"]

    ended = desk("run", "sales", before=[*STRANGER, *_with_umask(umask)])

    _assert_succeeded(ended)
    assert len(wire.posts) == 1
    assert _modes(desk.home) == {
        ".local": 0o700,
        ".local/state": 0o700,
        ".local/state/dfctl": 0o700,
        ".local/state/dfctl/journal.db": 0o600,
    }


@needs_stranger
def test_a_umask_that_leaves_no_file_readable_costs_no_run(desk: Desk, serve: Serve) -> None:
    _serve_a_run(serve)

    ended = desk("run", "sales", before=[*STRANGER, *_with_umask("0777")])

    problem = f"the journal {desk.state}/journal.db cannot be opened"
    _assert_succeeded(ended, f"warning: {problem}; this is not recorded there. {ELSEWHERE}")


def _with_umask(umask: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", f'umask {umask}; exec "$@"', "sh")


def _modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mode & 0o7777 for path in folder.rglob("*")
    }
