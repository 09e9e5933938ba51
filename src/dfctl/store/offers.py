"""Names that can be typed, for completion: quickly, quietly, and without changing anything.

A file that cannot be used offers nothing; the command itself will say what is wrong with it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from dfctl.core.errors import UsageError
from dfctl.core.runs import ENV, PROFILE_NAME, Reference
from dfctl.core.variables import set_in
from dfctl.store.files import ConfigFile, default_files, read_default, read_file
from dfctl.store.folders import journal_path
from dfctl.store.paths import resolved

_MOST = 30
# Shells give a meaning to other characters; a reference that has them is typed by hand.
_SAFE = re.compile(r"[A-Za-z0-9._~%/-]+", re.ASCII)


def profiles_offered(variables: Mapping[str, str], named: str | None) -> dict[str, str]:
    """Return the names of profiles, each with its backend, if that is told.

    `named` is the value of --config. No other setting is looked at.
    """
    try:
        files = _files(named or set_in(variables, "DFCTL_CONFIG"))
    except (UsageError, OSError, ValueError):
        return {}
    found = {ENV: "described by variables"} if set_in(variables, "DFCTL_BACKEND") else {}
    for file in files:
        for name, table in file.profiles.items():
            if PROFILE_NAME.fullmatch(name) and name != ENV:
                found[name] = _meaning(table) or found.get(name, "")
    return found


def _files(named: str | None) -> list[ConfigFile]:
    if named:
        path = resolved(named, Path())
        # A pipe would be emptied, or waited for.
        return [read_file(path)] if path.is_file() else []
    return [read_default(path) for path in default_files()]


def _meaning(table: object) -> str:
    for setting, words in (("backend", ""), ("like", "like ")):
        value = table.get(setting) if isinstance(table, dict) else None
        if isinstance(value, str) and PROFILE_NAME.fullmatch(value):
            return words + value
    return ""


def open_runs_offered(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the references of open runs, the newest first, each with its state."""
    return _of_journal(variables, is_unsettled=False)


def unsettled_offered(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the references of starts of which nobody knows whether they began."""
    return _of_journal(variables, is_unsettled=True)


def _of_journal(variables: Mapping[str, str], *, is_unsettled: bool) -> dict[str, str]:
    path = journal_path(variables)
    try:
        if not path.exists():
            return {}
    except OSError:
        return {}
    from dfctl.store.recorder import journal_to_read
    from dfctl.store.turns import Turn

    try:
        journal = journal_to_read(path, lambda: datetime.now(UTC), Turn(longest=0))
    except UsageError:
        return {}
    try:
        if is_unsettled:
            starts = journal.unsettled_starts()
            return _newest((start.local_reference, "unconfirmed") for start in reversed(starts))
        runs = journal.open_runs()
        return _newest((run.reference, str(run.state)) for run in reversed(runs))
    except UsageError:
        return {}
    finally:
        journal.close()


def _newest(references: Iterable[tuple[Reference | None, str]]) -> dict[str, str]:
    offered = ((str(reference), text) for reference, text in references)
    return dict(islice((one for one in offered if _SAFE.fullmatch(one[0])), _MOST))
