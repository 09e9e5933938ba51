"""Keys: the forms in which a profile names one, and how each is read."""

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dfctl.core.errors import DfctlError, KeyProblem, UsageError
from dfctl.core.secret import Secret
from dfctl.core.text import clean
from dfctl.programs.asking import ProgramFailed, output_of
from dfctl.store.files import decoded
from dfctl.store.key_variables import without_keys
from dfctl.store.keyfile import KeyFile
from dfctl.store.os_keyring import KeyringFailed, account_of, password_of
from dfctl.store.paths import shell_word, why_not_a_file, why_not_read
from dfctl.store.places import Place

_LARGEST = 64 * 1024
_COMMAND_SECONDS = 60.0


class KeyTrouble(Exception):
    """Why a form gives no key; whoever knows the profile names it."""

    def __init__(self, problem: str, *, hint: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True)
class KeyReading:
    """A key that was read, and what the user should know about where it lies."""

    secret: Secret
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class LiteralKey:
    """A key that stands in a configuration file."""

    key: Secret
    place: Place

    def describe(self) -> str:
        return "literal"

    def fetch(self) -> tuple[str, tuple[str, ...]]:
        file = self.place.file
        if file and file.is_exposed:
            raise self.place.error(
                "others can read the file, and a key stands in it",
                hint=f"chmod 600 {shell_word(file.path)}",
            )
        return self.key.reveal(), ()


@dataclass(frozen=True)
class EnvironmentKey:
    """A key in an environment variable. An empty variable counts as not set."""

    name: str
    variables: Mapping[str, str] = field(repr=False, compare=False)

    def describe(self) -> str:
        return f"env {self.name}"

    def fetch(self) -> tuple[str, tuple[str, ...]]:
        text = self.variables.get(self.name, "")
        if not text:
            raise KeyTrouble("is missing: the variable is not set or empty")
        return text, ()


@dataclass(frozen=True)
class FileKey:
    """A key that is all there is in a file."""

    path: Path

    def describe(self) -> str:
        return f"file {clean(str(self.path))}"

    def fetch(self) -> tuple[str, tuple[str, ...]]:
        # A pipe would be waited for, and a device read without end.
        if why := why_not_a_file(self.path):
            raise KeyTrouble(f"cannot be used: {why}")
        content, status = self._content()
        if len(content) > _LARGEST:
            raise KeyTrouble("cannot be used: the file is larger than 64 KiB, which no key is")
        return decoded(content)[0], self._warnings(status)

    def _content(self) -> tuple[bytes, os.stat_result]:
        try:
            with self.path.open("rb") as file:
                return file.read(_LARGEST + 1), os.fstat(file.fileno())
        except (OSError, ValueError) as problem:
            why = why_not_read(problem)
        raise KeyTrouble(f"cannot be used: {why}")

    def _warnings(self, status: os.stat_result) -> tuple[str, ...]:
        # Windows keeps who may write in lists, and the mode does not tell.
        is_told = sys.platform != "win32"
        if not (is_told and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
            return ()
        file, command = clean(str(self.path)), f"chmod go-w {shell_word(self.path)}"
        return (f"others can write the key file {file}: {command}",)


@dataclass(frozen=True)
class CommandKey:
    """A key that a command writes to its stdout within `seconds`. No shell, and no stdin."""

    arguments: tuple[str, ...] = field(repr=False)
    seconds: float = _COMMAND_SECONDS

    def describe(self) -> str:
        return f"command {clean(self.arguments[0])}"

    def fetch(self) -> tuple[str, tuple[str, ...]]:
        try:
            content = output_of(
                self.arguments,
                # A program that is asked for one key has no use for the others.
                without_keys(os.environ),
                seconds=self.seconds,
                largest=_LARGEST,
            )
        except ProgramFailed as failure:
            problem = str(failure)
        else:
            return decoded(content)[0], ()
        raise KeyTrouble(f"is missing: the command {problem}")


@dataclass(frozen=True)
class StoredKey:
    """The key of `owner` in dfctl's own file. It is given out for the origin it was set for alone.

    `profile` asks for it, and would send it to `origin`: those of a profile that is like `owner`
    may be others.
    """

    file: KeyFile
    owner: str
    profile: str = ""
    origin: str = ""

    def describe(self) -> str:
        return self.file.path.name

    def fetch(self) -> tuple[str, tuple[str, ...]]:
        entry = self.file.entry(self.owner)
        if entry is None:
            raise KeyTrouble(f"is missing: {self.file.path} has none any more")
        if entry.key is None:
            return KeyringKey(self.owner, entry.origin, self.profile, self.origin).fetch()
        _check_origin(entry.origin, self.origin, f"dfctl keys set {self.profile}")
        return entry.key.reveal(), ()


@dataclass(frozen=True)
class KeyringKey:
    """The key of `owner` in the operating system's keyring, which keeps one for each origin.

    `kept_for` is the origin it was set for, where dfctl knows. `profile` asks for it, and would
    send it to `origin`.
    """

    owner: str
    kept_for: str | None = None
    profile: str = ""
    origin: str = ""

    def describe(self) -> str:
        return "keyring"

    def fetch(self) -> tuple[str, tuple[str, ...]]:
        remedy = f"dfctl keys set {self.profile} --keyring"
        if self.kept_for is not None:
            _check_origin(self.kept_for, self.origin, remedy)
        try:
            text = password_of(account_of(self.owner, self.origin))
        except KeyringFailed as failure:
            trouble = KeyTrouble(f"is missing: the keyring {failure.problem}", hint=failure.hint)
        else:
            if text is not None:
                return text, ()
            missing = f"is missing: the keyring has none of {self.owner} for {self.origin}"
            trouble = KeyTrouble(missing, hint=remedy)
        raise trouble


@dataclass(frozen=True)
class MissingKey:
    """No key is named anywhere."""

    hint: str

    def describe(self) -> str:
        return "none"

    def fetch(self) -> tuple[str, tuple[str, ...]]:
        raise KeyTrouble("has no key", hint=self.hint)


# `describe` gives what a list may show of it: never the key, nor a command's arguments. `fetch`
# gives the text that should be the key, and warnings; it raises `KeyTrouble`.
KeyForm = LiteralKey | EnvironmentKey | FileKey | CommandKey | StoredKey | KeyringKey | MissingKey


@dataclass(frozen=True)
class KeySource:
    """Where the key of a profile comes from. Reading it again asks the source again."""

    profile: str
    form: KeyForm
    origin: str

    def describe(self) -> str:
        """Return the kind of the source, such as `env SALES_KEY`, without any secret."""
        return self.form.describe()

    @property
    def is_kept(self) -> bool:
        """True where dfctl keeps the key: in its own file, or in the keyring."""
        return isinstance(self.form, (StoredKey, KeyringKey))

    def why_not(self) -> str | None:
        """Return why there is no usable key, as far as it is seen without asking anybody else.

        No command is run, and no keyring opened.
        """
        if isinstance(self.form, (CommandKey, KeyringKey)):
            return None
        try:
            self.read()
        except DfctlError as error:
            return error.message
        return None

    def read(self) -> KeyReading:
        """Return the key.

        Raises KeyProblem where there is no usable key, and UsageError where it stands in a
        configuration file that others can read.
        """
        try:
            text, warnings = self.form.fetch()
            return KeyReading(checked_key(text), warnings)
        except KeyTrouble as trouble:
            problem = self._problem(trouble)
        # Raised out here, the error carries no context.
        raise problem

    def _problem(self, trouble: KeyTrouble) -> KeyProblem:
        if isinstance(self.form, MissingKey):
            return KeyProblem(f"the profile {self.profile} {trouble.problem}", hint=trouble.hint)
        whose = f"the key of the profile {self.profile} ({self.describe()})"
        return KeyProblem(f"{whose} {trouble.problem}", hint=trouble.hint)


def stored_key(file: KeyFile, profile: str) -> StoredKey | KeyringKey | None:
    """Return the form of the key that was set for a profile, if one was.

    Where the file cannot be used, that is told when the key is read.
    """
    try:
        entry = file.entry(profile)
    except UsageError:
        return StoredKey(file, profile)
    if entry and entry.key is None:
        return KeyringKey(profile, entry.origin)
    return StoredKey(file, profile) if entry else None


def _check_origin(kept_for: str, origin: str, remedy: str) -> None:
    if kept_for != origin:
        raise KeyTrouble(
            f"is not sent: it was set for {clean(kept_for)}, and the address leads to {origin}",
            hint=f"if that is right: {remedy}",
        )


def checked_key(text: str) -> Secret:
    """Return a key without one newline at its end. Raises `KeyTrouble` unless visible ASCII."""
    key = text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")
    if not key:
        raise KeyTrouble("is empty")
    if len(key) > _LARGEST:
        raise KeyTrouble("cannot be sent: it is longer than 64 KiB, which no key is")
    for position, character in enumerate(key, start=1):
        if kind := _unusable(character):
            raise KeyTrouble(
                f"cannot be sent: character {position} is {kind}",
                hint="a key is visible ASCII without blanks; was more copied than the key?",
            )
    return Secret(key)


def _unusable(character: str) -> str | None:
    if "\x21" <= character <= "\x7e":
        return None
    names = {" ": "a blank", "\t": "a tab", "\n": "a line break", "\r": "a line break"}
    is_control = character < " " or character == "\x7f"
    return names.get(character, "a control character" if is_control else "not ASCII")
