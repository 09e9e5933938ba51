"""Environment variables as values."""

from collections.abc import Mapping

_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def set_in(variables: Mapping[str, str], name: str) -> str | None:
    """Return the text of a variable without blanks around it, or None where nothing is left."""
    return variables.get(name, "").strip() or None


def flag_of(text: str) -> bool | None:
    """Return what a word says of a flag, in any letter case; None where it says neither."""
    return _FLAGS.get(text.strip().lower())
