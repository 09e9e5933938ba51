"""How the setting `key` of a profile names a key."""

import re
from collections.abc import Mapping

from dfctl.core.secret import Secret
from dfctl.core.suggestions import did_you_mean, listed
from dfctl.core.text import clean
from dfctl.store.files import kind_of
from dfctl.store.keys import CommandKey, EnvironmentKey, FileKey, KeyForm, KeyringKey, LiteralKey
from dfctl.store.places import Place

_FORMS = ("env", "file", "command", "keyring")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_EXAMPLE = (
    'write key = { env = "NAME" }, { file = "PATH" }, { command = ["PROGRAM", "..."] } '
    "or { keyring = true }"
)


def parse_key(raw: object, place: Place, variables: Mapping[str, str]) -> KeyForm:
    """Return the form of key that TOML wrote as `raw`.

    Raises UsageError naming the place where it is no form of key; the error never quotes `raw`.
    """
    if isinstance(raw, str):
        return LiteralKey(Secret(raw), place)
    if not isinstance(raw, dict):
        raise place.error(f"must be text or a table, not {kind_of(raw)}", hint=_EXAMPLE)
    for name in raw:
        if name not in _FORMS:
            hint = did_you_mean(name, _FORMS) or _EXAMPLE
            raise place.error(f"{clean(name)!r} is not one of {listed(_FORMS)}", hint=hint)
    if len(raw) != 1:
        raise place.error("must name exactly one source", hint=_EXAMPLE)
    [(form, value)] = raw.items()
    return _PARSERS[form](value, place, variables)


def _environment_key(value: object, place: Place, variables: Mapping[str, str]) -> KeyForm:
    # Never quoted: the key itself may stand here by mistake.
    if not (isinstance(value, str) and _VARIABLE.fullmatch(value)):
        raise place.error(
            "env must be the name of an environment variable", hint='write { env = "NAME" }'
        )
    return EnvironmentKey(value, variables)


def _file_key(value: object, place: Place, variables: Mapping[str, str]) -> KeyForm:
    if not (isinstance(value, str) and value.strip()):
        raise place.error("file must be the path of a file", hint='write { file = "PATH" }')
    return FileKey(place.path(value))


def _command_key(value: object, place: Place, variables: Mapping[str, str]) -> KeyForm:
    arguments = value if isinstance(value, list) else []
    texts = tuple(item for item in arguments if isinstance(item, str))
    if not texts or len(texts) != len(arguments) or not texts[0].strip():
        raise place.error(
            "command must be a list of texts: a program and its arguments",
            hint='write { command = ["PROGRAM", "ARGUMENT"] }; no shell reads it',
        )
    if any("\0" in text for text in texts):
        raise place.error("command holds a NUL character")
    return CommandKey((_program(texts[0], place), *texts[1:]))


def _keyring_key(value: object, place: Place, variables: Mapping[str, str]) -> KeyForm:
    if value is not True:
        raise place.error("keyring must be true", hint="write { keyring = true }")
    return KeyringKey(place.profile)


def _program(text: str, place: Place) -> str:
    """Return a bare name as it is, to be found by PATH, and a path as it is meant in its file."""
    is_path = "/" in text or "\\" in text or text.startswith("~")
    return str(place.path(text)) if is_path else text


_PARSERS = {
    "env": _environment_key,
    "file": _file_key,
    "command": _command_key,
    "keyring": _keyring_key,
}
