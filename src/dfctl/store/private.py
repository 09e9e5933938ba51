"""Files that dfctl makes: readable by nobody else, and whole from their birth."""

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from dfctl.core.errors import UsageError


def write_private(path: Path, text: str) -> None:
    """Write a new file that is born with mode 0600. Raises UsageError where it cannot be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{path} exists already", hint="name another file, or remove this one"
        ) from None
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}") from None


def _rename_if_free(draft: Path, path: Path) -> None:
    if path.exists():
        raise FileExistsError(path)
    draft.rename(path)


def move_to_free_place(
    draft: Path, path: Path, without_links: Callable[[Path, Path], None] = _rename_if_free
) -> None:
    """Move a file to a name that is not taken. Raises FileExistsError where it is.

    `without_links` does it on a file system that has no hard links.
    """
    if os.name == "nt":
        draft.rename(path)  # on Windows this replaces nothing
        return
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        without_links(draft, path)


def replace_private(path: Path, text: str) -> None:
    """Write a file with mode 0600 in place of what was there: whole, or not at all.

    Only one process at a time may do so. Raises OSError.
    """
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)  # one that a crash left behind
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """See to it that a folder's names are on the disk, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def toml_text(document: Mapping[str, object]) -> str:
    """Return `document` as TOML."""
    import tomli_w

    return tomli_w.dumps(document)
