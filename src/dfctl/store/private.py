"""Files that nobody else may read."""

import os
from collections.abc import Mapping
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


def toml_text(document: Mapping[str, object]) -> str:
    """Return `document` as TOML."""
    import tomli_w

    return tomli_w.dumps(document)
