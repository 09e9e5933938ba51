"""dfctl's own file of keys, `keys.toml`, beside the user's configuration."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dfctl.core.errors import UsageError
from dfctl.core.secret import Secret
from dfctl.core.text import clean
from dfctl.store.files import content_of, document_in, is_exposed, kind_of
from dfctl.store.locks import locked
from dfctl.store.paths import is_homeless, shell_word, why_not_read
from dfctl.store.private import make_folder, replace_private, toml_text

_NAME = "keys.toml"
_HEADER = "# Written by `dfctl keys`. Comments are not kept.\n\n"
_SHAPE = "must be a table with origin, and with key or keyring = true"


class MalformedKey(UsageError):
    """What stands under a profile's name is no key that dfctl wrote."""


@dataclass(frozen=True)
class KeptKey:
    """A key that was set for one origin. Where `key` is None, the keyring holds it."""

    origin: str
    key: Secret | None = None


@dataclass(frozen=True)
class KeyFile:
    """The file of keys at `path`, which need not be there.

    Every method raises UsageError where the file cannot be used: it is damaged, or others can read
    it. Such a file is never written.
    """

    path: Path

    @classmethod
    def beside(cls, config: Path) -> "KeyFile":
        """Return the file of keys that belongs to the user's configuration."""
        return cls(config.with_name(_NAME))

    def names(self) -> tuple[str, ...]:
        """Return the profiles that the file has a key of."""
        return tuple(self._keys(self._document()))

    def entry(self, profile: str) -> KeptKey | None:
        """Return the key of a profile. Raises MalformedKey where it cannot be understood."""
        raw = self._keys(self._document()).get(profile)
        return None if raw is None else self._entry(profile, raw)

    def put(self, profile: str, entry: KeptKey) -> None:
        """Write the key of a profile, in place of an earlier one."""
        held = {"key": entry.key.reveal()} if entry.key else {"keyring": True}
        self._change(profile, {"origin": entry.origin, **held})

    def remove(self, profile: str) -> None:
        """Take the key of a profile out of the file, if it is there."""
        self._change(profile, None)

    def _document(self) -> dict[str, object]:
        if is_homeless(self.path):
            return {}
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            # As with config.toml: where this account may not look, there is no file for it.
            return {}
        except OSError as problem:
            raise UsageError(f"{self.path}: {why_not_read(problem)}") from None
        content, status = content_of(self.path)
        if is_exposed(status):
            raise UsageError(
                f"{self.path}: others can read the file, and keys stand in it",
                hint=f"chmod 600 {shell_word(self.path)}",
            )
        return document_in(self.path, content)

    def _keys(self, document: Mapping[str, object]) -> dict[str, object]:
        keys = document.get("keys", {})
        if not isinstance(keys, dict):
            raise UsageError(f"{self.path}: keys: must be a table, not {kind_of(keys)}")
        return keys

    def _entry(self, profile: str, raw: object) -> KeptKey:
        held = raw if isinstance(raw, dict) else {}
        origin, key, keyring = held.get("origin"), held.get("key"), held.get("keyring")
        if isinstance(origin, str) and isinstance(key, str) and keyring is None:
            return KeptKey(origin, Secret(key))
        if isinstance(origin, str) and keyring is True and key is None:
            return KeptKey(origin)
        name = clean(profile)
        raise MalformedKey(
            f"{self.path}: keys.{name}: {_SHAPE}",
            hint=f"dfctl keys remove {name}, then dfctl keys set {name}",
        )

    def _change(self, profile: str, raw: dict[str, object] | None) -> None:
        """Write what stands under a profile's name; all that is unknown stays."""
        if is_homeless(self.path):
            raise UsageError(
                "this account has no home folder, where its keys would be kept",
                hint="set HOME, or keep the key in a variable or a file that the profile names",
            )
        target = Path(os.path.realpath(self.path))
        try:
            make_folder(target.parent)
            with locked(target.with_name(f"{target.name}.lock")):
                document = self._document()
                keys = {**self._keys(document), profile: raw}
                document["keys"] = {name: key for name, key in keys.items() if key is not None}
                replace_private(target, _HEADER + toml_text(document))
        except OSError as problem:
            why = problem.strerror
        else:
            return
        # Raised out here, the error carries no context that holds the keys.
        raise UsageError(f"{self.path}: cannot be written: {why}")
