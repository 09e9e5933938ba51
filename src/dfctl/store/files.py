"""Configuration files: where they lie, how they are read, and what is wrong with their text."""

import codecs
import os
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dfctl.core.errors import UsageError
from dfctl.core.suggestions import did_you_mean, listed
from dfctl.core.text import clean
from dfctl.store.paths import BACKSLASHES, is_folder, is_homeless, why_not_read

_LARGEST = 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TOP_LEVEL = ("default", "profiles")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_BACKSLASH_IN_BASIC_STRING = re.compile(r'"[^"]*\\')


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file that was looked for, and what it holds.

    `profiles` are the raw tables by name, in the file's order; a profile is checked when it is
    asked for. `note` says why the file was not read. `is_exposed` is true for a file that this
    account owns and that others can read.
    """

    path: Path
    exists: bool = True
    note: str = ""
    default: str | None = None
    is_exposed: bool = False
    profiles: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{self.path} ({self.note})" if self.note else str(self.path)


def default_files() -> tuple[Path, Path]:
    """Return the paths of the machine's file and of the user's.

    The user's begins with `~` where the account has no home folder, as in some containers.
    """
    from platformdirs import site_config_path, user_config_path

    machine = site_config_path("dfctl", appauthor=False)
    try:
        user = user_config_path("dfctl", appauthor=False)
    except RuntimeError:
        user = Path("~/.config/dfctl")
    return machine / "config.toml", user / "config.toml"


def read_default(path: Path) -> ConfigFile:
    """Return a file that need not exist. Raises UsageError where it exists and cannot be used.

    A folder that may not be looked into, such as the home of another account, holds no file for
    this one: a service account must not fail because of it.
    """
    if is_homeless(path):
        return ConfigFile(path, exists=False, note="this account has no home folder")
    try:
        path.stat()
    except PermissionError:
        return ConfigFile(path, exists=False, note="no permission to look there")
    except (OSError, ValueError):
        return ConfigFile(path, exists=False, note="not there")
    return read_file(path)


def read_file(path: Path, *, named_by: str | None = None) -> ConfigFile:
    """Return a file that must exist. Raises UsageError where it cannot be used.

    `named_by` is the option or variable that names it. A pipe is read too: `--config <(...)`.
    """
    content, status = content_of(path, named_by)
    table = document_in(path, content)
    _check_top_level(path, table)
    default, profiles = table.get("default"), table.get("profiles", {})
    if default is not None and not isinstance(default, str):
        raise UsageError(f"{path}: default: must be text, the name of a profile")
    if not isinstance(profiles, dict):
        raise UsageError(
            f"{path}: profiles: must be a table",
            hint="write the settings of each profile below [profiles.NAME]",
        )
    return ConfigFile(path, default=default, is_exposed=is_exposed(status), profiles=profiles)


def document_in(path: Path, content: bytes) -> dict[str, object]:
    """Return what the content of a file says. Raises UsageError where it is not TOML."""
    return _parsed(path, _decoded(path, content))


def content_of(path: Path, named_by: str | None = None) -> tuple[bytes, os.stat_result]:
    """Return what a file holds, and its status. Raises UsageError where it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
            status = os.fstat(file.fileno())
    except (OSError, ValueError) as problem:
        why = _why_not_read(path, problem)
        hint = f"{named_by} names this file" if named_by else None
        raise UsageError(f"{path}: {why}", hint=hint) from None
    if len(content) > _LARGEST:
        raise UsageError(f"{path}: is larger than 1 MiB, which no configuration is")
    return content, status


def _why_not_read(path: Path, problem: Exception) -> str:
    # Windows answers with PermissionError to opening a folder.
    if isinstance(problem, IsADirectoryError) or is_folder(path):
        return "is a folder, not a file"
    return why_not_read(problem)


def is_exposed(status: os.stat_result) -> bool:
    """Return whether a file is this account's own, and others can read it."""
    if sys.platform == "win32":
        return False
    else:  # noqa: RET505 - mypy tells platforms apart by it
        others_read = status.st_mode & (stat.S_IRGRP | stat.S_IROTH)
        is_own = status.st_uid == os.geteuid()
        return is_own and bool(others_read) and stat.S_ISREG(status.st_mode)


def _decoded(path: Path, content: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 as PowerShell 5 writes it."""
    is_utf16 = content.startswith(_UTF16)
    text, wrong_at = decoded(content)
    if wrong_at is not None:
        line = 1 if is_utf16 else content.count(b"\n", 0, wrong_at) + 1
        what = f"holds bytes that are not {'UTF-16, as it begins' if is_utf16 else 'UTF-8'}"
    elif "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        what = "holds a NUL byte, which is no text in UTF-8"
    else:
        return text
    raise UsageError(f"{path}, line {line}: {what}", hint="save the file as UTF-8")


def decoded(content: bytes) -> tuple[str, int | None]:
    """Return the text of UTF-8, or of UTF-16 with its mark, and where it is wrong if it is.

    Wrong text is returned with replacement characters.
    """
    encoding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
    try:
        return content.decode(encoding), None
    except UnicodeDecodeError as problem:
        return content.decode(encoding, "replace"), problem.start


def _parsed(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = _syntax_problem(path, text, str(error))
    except RecursionError:
        problem = UsageError(f"{path}: is nested too deeply")
    except ValueError:
        problem = UsageError(f"{path}: holds a number or date that is out of range")
    # Raised out here, the error carries no context that holds the file's content.
    raise problem


def _syntax_problem(path: Path, text: str, message: str) -> UsageError:
    """Return the error for what `tomllib` says; its messages quote no value."""
    lines = text.rstrip("\n").split("\n")
    match = _AT_LINE.search(message)
    number = int(match[1]) if match and match[1] else len(lines)
    what = message[: match.start()] if match else message
    line = lines[number - 1] if number <= len(lines) else ""
    hint = "text stands in quotes" if what == "Invalid value" else None
    if _BACKSLASH_IN_BASIC_STRING.search(line):
        hint = BACKSLASHES
    what = clean(what[:1].lower() + what[1:])
    return UsageError(f"{path}, line {number}: is not TOML: {what}", hint=hint)


def _check_top_level(path: Path, table: Mapping[str, object]) -> None:
    for name, value in table.items():
        if name not in _TOP_LEVEL:
            raise UsageError(
                f"{path}: {clean(name)!r} is unknown at the top of the file",
                hint=_top_level_hint(clean(name), value),
            )


def _top_level_hint(name: str, value: object) -> str:
    if near := did_you_mean(name, _TOP_LEVEL):
        return near
    if isinstance(value, dict):
        return f"a profile begins with [profiles.{name}]"
    return f"only {listed(_TOP_LEVEL)} stand there; settings stand below [profiles.NAME]"


def kind_of(raw: object) -> str:
    """Return what TOML calls the kind of a value."""
    match raw:
        case str():
            return "text"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"
