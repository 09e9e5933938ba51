"""Files of other programs that dfctl adds to."""

import os
from pathlib import Path

# A pipe that nobody reads is refused at once, and not waited for.
_AT_ONCE: int = getattr(os, "O_NONBLOCK", 0)


def write_text(path: str, text: str, *, is_whole: bool) -> None:
    """Write `text` to the end of the file at `path`, on a line of its own; or as all of it.

    Raises OSError.
    """
    file = Path(path)
    content = text.encode()
    if is_whole:
        with open(file, "wb", opener=_opened) as stream:
            stream.write(content)
        return
    with open(file, "a+b", opener=_opened) as stream:
        if stream.tell() and _last_byte(file) != b"\n":
            content = b"\n" + content
        stream.write(content)


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | _AT_ONCE, 0o666)


def _last_byte(file: Path) -> bytes:
    with file.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1)
