"""A page of the manual, before it is set: sections of paragraphs, items and literal lines.

In its texts, what stands between backquotes is typed as it is, and what stands between « and » is
a placeholder.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_SPAN = re.compile(r"`([^`]+)`|«([^»]+)»")


class Style(Enum):
    """How a piece of text is meant."""

    PLAIN = 1
    TYPED = 2
    PLACEHOLDER = 3


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Item:
    """Something that is explained, and the words that do so."""

    term: str
    text: str


@dataclass(frozen=True)
class Lines:
    """Lines that stay as they are. Nothing in them is marked up."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str


Block = Text | Item | Lines | Heading


@dataclass(frozen=True)
class Section:
    """A part of a page below a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """A page: its name such as dfctl-run, the manual's section, and what it is in a few words."""

    name: str
    number: int
    version: str
    purpose: str
    sections: tuple[Section, ...]

    @property
    def file(self) -> str:
        """Return the name of the page's file."""
        return f"{self.name}.{self.number}"


def spans(text: str) -> Iterator[tuple[Style, str]]:
    """Return the pieces of a text, each with how it is meant."""
    at = 0
    for match in _SPAN.finditer(text):
        if match.start() > at:
            yield Style.PLAIN, text[at : match.start()]
        style = Style.TYPED if match[1] else Style.PLACEHOLDER
        yield style, match[1] or match[2]
        at = match.end()
    if at < len(text):
        yield Style.PLAIN, text[at:]


def plain(text: str) -> str:
    """Return a text without its marks."""
    return "".join(piece for _, piece in spans(text))
