"""Where words come from that are not known beforehand."""

from enum import StrEnum


class Source(StrEnum):
    """What is asked when Tab is pressed. It is loaded then, so it stands alone here."""

    PROFILES = "profiles"
    RUNS = "runs"
    FILES = "files"
    COMMANDS = "commands"
