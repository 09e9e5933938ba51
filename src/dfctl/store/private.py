"""Files that dfctl makes: readable by nobody else, and whole from their birth."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
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


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for this account alone.

    A umask that is meant for files, such as 0177, would leave folders that nobody can enter.
    Raises OSError.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):  # another process was first, or it is a file
        path.mkdir(mode=0o700)
        path.chmod(0o700)


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


@contextlib.contextmanager
def drafted(
    target: Path, content: bytes, prepare: Callable[[int], None] = lambda descriptor: None
) -> Iterator[Path]:
    """Give a whole, synced file beside `target`, to be moved there; it is gone when this ends.

    It is born with mode 0600; `prepare` may give it another, and an owner, by its descriptor.
    """
    # A process id would not do: in containers it is often the same, and drafts outlive a kill.
    draft = target.with_name(f".{target.name}.{os.urandom(8).hex()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            prepare(file.fileno())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    _settle(target.parent)


def replace_private(path: Path, text: str) -> None:
    """Write a file with mode 0600 in place of what was there: whole, or not at all.

    Only one process at a time may do so. Raises OSError.
    """
    for left_behind in path.parent.glob(f".{path.name}.*.new"):  # by a crash
        left_behind.unlink(missing_ok=True)
    with drafted(path, text.encode()) as draft:
        draft.replace(path)


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
