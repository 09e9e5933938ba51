"""A page as plain text, where no `man` is to set it."""

import textwrap
from collections.abc import Iterator

from dfctl.manual.page import Block, Heading, Item, Lines, Page, Text, plain

_INDENT = 4
_DEEPER = 8


def plain_text(page: Page, *, width: int) -> str:
    """Return a page as lines of at most `width` characters, but for those that stay as they are."""
    lines = ["NAME", *_wrapped(f"{page.name} - {page.purpose}", width, _INDENT)]
    for section in page.sections:
        lines += ["", section.title]
        previous: Block | None = None
        for block in section.blocks:
            if previous and not isinstance(previous, Heading):
                lines.append("")
            lines += _block(block, width)
            previous = block
    return "\n".join(lines)


def _block(block: Block, width: int) -> Iterator[str]:
    match block:
        case Heading():
            yield f"{'':{_INDENT // 2}}{block.text}"
        case Text():
            yield from _wrapped(block.text, width, _INDENT)
        case Item():
            yield from _wrapped(block.term, width, _INDENT)
            yield from _wrapped(block.text, width, _DEEPER)
        case Lines():
            yield from (f"{'':{_DEEPER}}{line}".rstrip() for line in block.lines)


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        plain(text),
        width,
        initial_indent=space,
        subsequent_indent=space,
        break_on_hyphens=False,
        break_long_words=False,
    )
