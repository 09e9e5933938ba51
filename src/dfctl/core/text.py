"""Text from outside, made safe to show."""

import re

# C0 and C1 controls, DEL, the marks that turn the direction of text, and lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST = 300


def clean(text: str, *, longest: int = _LONGEST) -> str:
    """Return `text` on one line, unsafe characters replaced, cut to `longest` characters."""
    safe = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text[: 4 * longest].split()))
    return safe if len(safe) <= longest else safe[: longest - 3] + "..."


def clean_link(link: str | None) -> str | None:
    """Return `link` if it is an http(s) address that is safe to show, else None."""
    if not link or len(link) > 2000 or not link.startswith(("https://", "http://")):
        return None
    is_whole = not any(character.isspace() for character in link)
    return link if is_whole and not _UNSAFE.search(link) else None
