"""Environment variables that hold keys."""

from collections.abc import Collection, Mapping

_KEY = "DFCTL_KEY"


def key_variable_of(profile: str) -> str:
    """Return the variable that holds the key of a named profile, such as DFCTL_KEY_MY_SALES."""
    return f"{_KEY}_{profile.upper().replace('.', '_').replace('-', '_')}"


def without_keys(variables: Mapping[str, str], named: Collection[str] = ()) -> dict[str, str]:
    """Return the variables but for those that give dfctl itself a key: its own, and `named` ones.

    On Windows names have no case. Elsewhere, rather one too many is kept back.
    """
    others = {name.upper() for name in named}
    return {
        name: text
        for name, text in variables.items()
        if not (name.upper() in {_KEY, *others} or name.upper().startswith(f"{_KEY}_"))
    }
