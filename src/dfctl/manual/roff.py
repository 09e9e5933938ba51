r"""A page as the source of `man`, in the macros of man(7).

What is typed must come out as it is, to be copied: so `-`, quotes and the like are written as the
ASCII characters that they are (groff_char(7)), and nothing is hyphenated.
"""

from dfctl.manual.page import Heading, Item, Lines, Page, Style, Text, spans

_CHARACTERS = {
    "\\": r"\e",
    "-": r"\-",
    "'": r"\(aq",
    '"': r"\(dq",
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
}
_FONTS = {Style.PLAIN: ("", ""), Style.TYPED: (r"\fB", r"\fR"), Style.PLACEHOLDER: (r"\fI", r"\fR")}


def roff(page: Page) -> str:
    """Return the source of a page."""
    # No date: the footer has the version, and a page that is made again stays the same.
    lines = [
        r".\" Written by `dfctl man --roff`.",
        f'.TH {escaped(page.name.upper())} {page.number} "" "dfctl {page.version}" "dfctl manual"',
        ".nh",
        ".ad l",
        ".SH NAME",
        rf"{escaped(page.name)} \- {escaped(page.purpose)}",
    ]
    for section in page.sections:
        lines.append(f'.SH "{escaped(section.title)}"')
        is_first = True
        for block in section.blocks:
            lines += _block(block, is_first=is_first)
            is_first = isinstance(block, Heading)
    return "\n".join(lines) + "\n"


def _block(block: Text | Item | Lines | Heading, *, is_first: bool) -> list[str]:
    match block:
        case Heading():
            return [f'.SS "{escaped(block.text)}"']
        case Item():
            return [".TP", _line(block.term), _line(block.text)]
        case Text():
            return [*([] if is_first else [".PP"]), _line(block.text)]
    # Without a paragraph of its own, what follows an item would be indented with it.
    space = [] if is_first else [".PP"]
    return [*space, ".nf", ".RS 4", *(_start(escaped(line)) for line in block.lines), ".RE", ".fi"]


def _line(text: str) -> str:
    pieces = []
    for style, piece in spans(text):
        begin, end = _FONTS[style]
        pieces.append(f"{begin}{escaped(piece)}{end}")
    return _start("".join(pieces))


def _start(line: str) -> str:
    # A line that begins with a dot is a request; an empty one is a paragraph's end.
    return rf"\&{line}" if not line or line.startswith(".") else line


def escaped(text: str) -> str:
    """Return a text, in one line, so that each character comes out as it is."""
    return "".join(map(_character, " ".join(text.split("\n"))))


def _character(character: str) -> str:
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    return character if character.isascii() else rf"\[u{ord(character):04X}]"
