"""The keys that dfctl keeps for profiles: in its own file, or in the keyring."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from dfctl.core.addresses import origin_of
from dfctl.core.errors import KeyProblem, UsageError
from dfctl.core.runs import ENV
from dfctl.core.secret import Secret
from dfctl.core.suggestions import listed
from dfctl.store.config import Config
from dfctl.store.keyfile import KeptKey, KeyFile, MalformedKey
from dfctl.store.keys import KeyringKey, KeyTrouble, checked_key
from dfctl.store.os_keyring import KeyringFailed, account_of, forget_password, keep_password


@dataclass(frozen=True)
class Slot:
    """Where the key of a profile would be kept, and the one origin that it is for."""

    profile: str
    origin: str
    is_in_keyring: bool
    file: KeyFile

    @property
    def place(self) -> str:
        """The place, in words."""
        return "the keyring" if self.is_in_keyring else str(self.file.path)

    def keep(self, key: Secret) -> None:
        """Keep a key, in place of an earlier one.

        Raises KeyProblem where it cannot be a key, or the keyring fails; UsageError where the file
        cannot be written.
        """
        before = self.file.entry(self.profile)
        checked = _checked(key)
        if not self.is_in_keyring:
            self.file.put(self.profile, KeptKey(self.origin, checked))
            return
        with _keyring_explained():
            keep_password(account_of(self.profile, self.origin), checked)
        self.file.put(self.profile, KeptKey(self.origin))
        if before and before.key is None and before.origin != self.origin:
            # Kept for an address that the profile has no more; the new key is safe either way.
            with contextlib.suppress(KeyringFailed):
                forget_password(account_of(self.profile, before.origin))


@dataclass(frozen=True)
class KeptKeys:
    """The keys that dfctl keeps for the profiles of a configuration."""

    config: Config

    def slot(self, profile: str, *, in_keyring: bool) -> Slot:
        """Return where a key of a profile goes: where it is already, if that is the keyring.

        Raises UsageError where the profile cannot be used, or has no key to be kept.
        """
        if profile == ENV:
            raise UsageError(
                "the profile env is described by variables alone", hint="set DFCTL_KEY"
            )
        self._check_name(profile)
        # Not the whole profile: one that others are like may have no more than address and key.
        described = self.config.describe(profile)
        origin = origin_of(described.address())
        entry = self.config.key_file.entry(profile)
        form = described.key_source().form
        is_there = (isinstance(form, KeyringKey) and form.owner == profile) or (
            entry is not None and entry.key is None
        )
        return Slot(profile, origin, in_keyring or is_there, self.config.key_file)

    def remove(self, profile: str) -> str:
        """Remove the key that is kept for a profile; return in words from where.

        The profile need not exist any more. Raises KeyProblem where none is kept.
        """
        file = self.config.key_file
        if profile not in file.names():
            raise KeyProblem(
                f"{file.path} has no key of that profile", hint="dfctl keys list shows all keys"
            )
        try:
            entry = file.entry(profile)
        except MalformedKey:
            entry = None
        if entry and entry.key is None:
            with _keyring_explained():
                forget_password(account_of(profile, entry.origin))
        file.remove(profile)
        return "the keyring" if entry and entry.key is None else str(file.path)

    def orphans(self) -> list[str]:
        """Return the profiles that a key is kept of, and that the configuration does not have."""
        known = self.config.names()
        return [name for name in self.config.key_file.names() if name not in known]

    def _check_name(self, name: str) -> None:
        names = self.config.names()
        if name not in names:
            # Never quoted: the key itself may stand where the profile's name belongs.
            which = f"the profiles are {listed(names)}" if names else "dfctl profiles path"
            raise UsageError(
                "there is no profile of that name", hint=f"{which}; a key is typed when asked for"
            )


def _checked(key: Secret) -> Secret:
    try:
        return checked_key(key.reveal())
    except KeyTrouble as trouble:
        problem = KeyProblem(f"the key {trouble.problem}", hint=trouble.hint)
    raise problem


@contextlib.contextmanager
def _keyring_explained() -> Iterator[None]:
    try:
        yield
    except KeyringFailed as failure:
        problem = KeyProblem(f"the keyring {failure.problem}", hint=failure.hint)
    else:
        return
    raise problem
