"""Where dfctl keeps what it writes by itself."""

from collections.abc import Mapping
from pathlib import Path

from dfctl.core.variables import set_in


def journal_path(variables: Mapping[str, str]) -> Path:
    """Return the journal's path: in DFCTL_STATE_DIR, or in the account's folder for state.

    It begins with `~` where the account has no home folder, as in some containers.
    """
    if named := set_in(variables, "DFCTL_STATE_DIR"):
        folder = Path(named)
        try:
            return folder.expanduser() / "journal.db"
        except RuntimeError:
            return folder / "journal.db"
    from platformdirs import user_state_path

    try:
        return user_state_path("dfctl", appauthor=False) / "journal.db"
    except RuntimeError:
        return Path("~/.local/state/dfctl/journal.db")
