"""A new profile at the end of a configuration file, whose other bytes stay as people wrote them."""

import codecs
import contextlib
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dfctl.core.errors import UsageError
from dfctl.store.files import decoded, document_in
from dfctl.store.paths import is_folder, is_homeless, why_not_read
from dfctl.store.private import drafted, make_folder, move_to_free_place, toml_text

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# No profile can be called so.
_ANY_NAME = "<name>"
Document = Mapping[str, object]


@dataclass(frozen=True)
class _Before:
    """What a file holds, and its status; neither where there is no file yet."""

    content: bytes = b""
    status: os.stat_result | None = None


def append_profile(path: Path, name: str, settings: Document, *, is_default: bool = False) -> Path:
    """Append a profile to the file at `path`, and return the file that was written.

    A link is followed and kept. Missing folders are made; a new file is readable by this account
    alone, and names the profile as its default where `is_default`. `settings` are values as TOML
    has them. Raises UsageError, and changes nothing, where the file does not come to hold exactly
    one profile more.
    """
    target = _target(path)
    before = _read(target)
    content = _content_after(target, before, name, settings, is_default=is_default)
    try:
        _write(target, before, content)
    except OSError as problem:
        raise UsageError(f"{target}: cannot be written: {problem.strerror}") from None
    return target


def check_room(path: Path) -> None:
    """Raise UsageError where no profile can be appended to the file at `path`, whatever it says."""
    target = _target(path)
    _content_after(target, _read(target), _ANY_NAME, {"backend": "..."}, is_default=False)


def _target(path: Path) -> Path:
    """Return the file that is written: where a link leads."""
    if is_homeless(path):
        raise UsageError(
            "this account has no home folder, where its configuration would be",
            hint="set HOME, or name a file with --config",
        )
    return Path(os.path.realpath(path))


def table_text(name: str, settings: Document) -> str:
    """Return a profile as TOML writes it."""
    header = toml_text({"profiles": {name: {}}})
    return header + "".join(f"{_assignment(key, value)}\n" for key, value in settings.items())


def _content_after(
    target: Path, before: _Before, name: str, settings: Document, *, is_default: bool
) -> bytes:
    document = document_in(target, before.content)
    _check_free(target, document, name)
    default = {"default": name} if is_default and before.status is None else {}
    text = table_text(name, settings)
    if default:
        text = f"{toml_text(default)}\n{text}"
    content = _joined(before.content, text)
    expected = _with_profile({**default, **document}, name, settings)
    _check_result(target, content, expected, name, settings)
    return content


def _assignment(key: str, value: object) -> str:
    return f"{_key_text(key)} = {_value_text(value)}"


def _key_text(key: str) -> str:
    return toml_text({key: 0}).removesuffix(" = 0\n")


def _value_text(value: object) -> str:
    """Return a value on one line; `tomli_w` itself gives a table a header of its own."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_assignment(key, item) for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value_text, value)) + "]"
    return toml_text({"x": value}).removeprefix("x = ").removesuffix("\n")


def _read(target: Path) -> _Before:
    try:
        status = target.stat()
    except (FileNotFoundError, NotADirectoryError):
        return _Before()
    except OSError as problem:
        raise UsageError(f"{target}: {why_not_read(problem)}") from None
    if is_folder(target):
        raise UsageError(f"{target}: is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{target}: is a pipe or device, to which no profile can be added")
    # Renaming would replace it all the same, and an administrator may write everywhere.
    if not status.st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        raise UsageError(f"{target}: is read-only", hint="make it writable, or name another file")
    try:
        return _Before(target.read_bytes(), status)
    except OSError as problem:
        raise UsageError(f"{target}: {why_not_read(problem)}") from None


def _check_free(target: Path, document: Document, name: str) -> None:
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict):
        raise UsageError(
            f"{target}: profiles: must be a table",
            hint="write the settings of each profile below [profiles.NAME]",
        )
    if name in profiles:
        raise UsageError(
            f"{target}: there is a profile {name!r} already",
            hint="take another name, or change its settings in the file",
        )


def _joined(content: bytes, text: str) -> bytes:
    """Return the content with `text` below it: in its encoding, with its ends of lines."""
    encoding = _UTF16.get(content[:2], "utf-8")
    before, _ = decoded(content)
    newline = "\r\n" if "\r\n" in before else "\n"
    if before and not before.endswith("\n"):
        text = f"\n\n{text}"
    elif before.strip() and not before.endswith(("\n\n", "\n\r\n")):
        text = f"\n{text}"
    return content + text.replace("\n", newline).encode(encoding)


def _with_profile(document: Document, name: str, settings: Document) -> Document:
    profiles = document.get("profiles", {})
    assert isinstance(profiles, dict)
    return {**document, "profiles": {**profiles, name: dict(settings)}}


def _check_result(
    target: Path, content: bytes, expected: Document, name: str, settings: Document
) -> None:
    try:
        found = document_in(target, content)
    except UsageError:
        found = None
    # Compared as text: a NaN differs from itself, and 1 equals true.
    if repr(found) != repr(expected):
        raise UsageError(
            f"{target}: profiles is written so that no table can be added below it",
            hint=f"write this inside its braces: {_assignment(name, settings)}",
        )


def _write(target: Path, before: _Before, content: bytes) -> None:
    """Write the content beside its place and move it there, unless something came in between."""
    make_folder(target.parent)

    def prepare(descriptor: int) -> None:
        if before.status:
            _take_over(descriptor, before.status)

    with drafted(target, content, prepare) as draft:
        if before.status is None:
            _move_to_new(draft, target)
        else:
            _replace(draft, target, before.content)


def _take_over(descriptor: int, status: os.stat_result) -> None:
    """Give a file the owner and the mode of another."""
    if sys.platform != "win32":
        with contextlib.suppress(PermissionError):  # only an administrator may give files away
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _move_to_new(draft: Path, target: Path) -> None:
    try:
        move_to_free_place(draft, target)
    except FileExistsError:
        raise _changed(target, "appeared") from None


def _replace(draft: Path, target: Path, before: bytes) -> None:
    if target.read_bytes() != before:
        raise _changed(target, "was changed")
    draft.replace(target)


def _changed(target: Path, what: str) -> UsageError:
    return UsageError(f"{target}: {what} meanwhile; nothing was written", hint="try again")
