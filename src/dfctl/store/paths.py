"""Paths as people write them, and why a file cannot be used."""

import re
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
BACKSLASHES = r"a path with backslashes stands in single quotes, as in 'C:\certificates\ca.pem'"


def resolved(text: str, folder: Path) -> Path:
    """Return the absolute path that `text` means: `~` is the home folder, the rest is in `folder`.

    Raises ValueError, with words for the user, where it cannot be a path.
    """
    # "C:\temp" between double quotes holds a tab.
    if _CONTROL.search(text):
        raise ValueError(f"holds a control character; {BACKSLASHES}")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        path = None
    if path is None:
        raise ValueError("begins with a home folder that cannot be found")
    try:
        return (folder / path).absolute()
    except OSError:
        raise ValueError("is relative to the current folder, which is gone") from None


def is_homeless(path: Path) -> bool:
    """Return whether `path` is in the home folder of an account that has none."""
    return path.parts[0].startswith("~")


def why_not_a_file(path: Path) -> str | None:
    """Return why `path` is no file that can be read, or None if it is one."""
    try:
        if is_folder(path):
            return "is a folder, not a file"
        path.stat()
        if not path.is_file():
            return "is a pipe or device, not a file"
        path.open("rb").close()
    except (OSError, ValueError) as problem:
        return why_not_read(problem)
    return None


def is_folder(path: Path) -> bool:
    """Return whether `path` is a folder; False where that cannot be told."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def why_not_read(problem: Exception) -> str:
    """Return what an exception of opening a file says, without the file's name."""
    if isinstance(problem, (FileNotFoundError, NotADirectoryError)):
        return "there is no such file"
    if isinstance(problem, PermissionError):
        return "this account has no permission to read it"
    if isinstance(problem, OSError) and problem.strerror:
        return f"cannot be read: {problem.strerror}"
    return "is not a usable file name"


def shell_word(path: Path) -> str:
    """Return a path as it is typed in a shell."""
    from shlex import quote

    return quote(str(path))
