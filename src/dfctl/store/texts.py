"""Files of other programs that dfctl adds to."""

from pathlib import Path


def write_text(path: str, text: str, *, is_whole: bool) -> None:
    """Write `text` to the end of the file at `path`, on a line of its own; or as all of it.

    Raises OSError.
    """
    file = Path(path)
    content = text.encode()
    if is_whole:
        file.write_bytes(content)
        return
    with file.open("a+b") as stream:
        if stream.tell() and _last_byte(file) != b"\n":
            content = b"\n" + content
        stream.write(content)


def _last_byte(file: Path) -> bytes:
    with file.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1)
