"""systemd's journal, to which a stream of a unit leads."""

import os
from collections.abc import Mapping
from typing import TextIO


def is_journal(stream: TextIO | None, variables: Mapping[str, str]) -> bool:
    """Return whether a stream leads to the journal, which gives each line its time.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#%24JOURNAL_STREAM
    """
    try:
        status = os.fstat(stream.fileno()) if stream else None
    except (OSError, ValueError):
        return False
    told = variables.get("JOURNAL_STREAM")
    return status is not None and told == f"{status.st_dev}:{status.st_ino}"
