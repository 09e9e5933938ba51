"""Addresses of services, as people write them."""

import re
from urllib.parse import SplitResult, urlsplit

from dfctl.core.text import clean

_BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def clean_address(text: str) -> str:
    """Return the address without blanks around it and without a slash at its end.

    Its path, such as InVision's virtual directory, is kept. Raises ValueError, with words for the
    user that quote nothing which may be a password or a key.
    """
    text = text.strip()
    _check_text(text)
    parts = _split(text)
    _check_host(parts)
    return f"{parts.scheme}://{parts.netloc.removesuffix(':')}{parts.path}".rstrip("/")


def _check_text(text: str) -> None:
    if not text:
        raise ValueError("is empty")
    if _BLANK_OR_CONTROL.search(text):
        raise ValueError("holds a blank or a control character")
    if "\\" in text:
        raise ValueError("holds a backslash; write / instead")
    if "?" in text or "#" in text:
        raise ValueError("holds ? or #; leave out what begins there")
    if "://" not in text:
        raise ValueError(f"begins with neither https:// nor http://{_example(text)}")


def _example(text: str) -> str:
    is_plain = "@" not in text and ":/" not in text
    return f"; did you mean https://{clean(text.lstrip('/'))}?" if is_plain else ""


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = None
    if parts is None:
        raise ValueError("has a host that cannot be read")
    if "@" in parts.netloc:
        raise ValueError("holds a user name or password; leave out what stands before @")
    if parts.scheme not in {"http", "https"}:
        raise ValueError("begins with neither https:// nor http://")
    return parts


def _check_host(parts: SplitResult) -> None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("has a port that is no number from 1 to 65535")
    if not parts.hostname:
        raise ValueError("names no host")
