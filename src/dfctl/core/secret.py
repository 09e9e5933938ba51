"""A key that cannot be printed by accident."""

import binascii
import re
from functools import cached_property
from urllib.parse import quote, unquote

MASK = "***"
# A shorter key is no secret, and would be found in every other word.
SHORTEST_HIDDEN = 4
# A shorter key would be found across the words of a sentence.
_SHORTEST_SCATTERED = 8
# Nothing that is shown comes from further behind.
_LONGEST_SEARCHED = 16 * 1024

_WORD = re.compile(r"\S+")
_NOT_IN_KEYS = re.compile(r"[^\x21-\x7e]+")
_ESCAPE_MARKS = re.compile(r"[%\\&]")
# As JSON and Python write characters: \u002B, \x2b, \/, \\.
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
# An address in an address in an address is escaped so often.
_MOST_ESCAPED = 3


def _without_backslashes(text: str) -> str:
    def meant(escape: re.Match[str]) -> str:
        code = escape[1] or escape[2]
        return chr(int(code, 16)) if code else escape[3]

    return _ESCAPED.sub(meant, text)


def _without_entities(text: str) -> str:
    # Few answers have one, and the list of all their names costs more than the rest here.
    from html import unescape

    return unescape(text) if "&" in text else text


_WAYS_BACK = (unquote, _without_backslashes, _without_entities)


class Secret:
    """A key. `str`, `repr` and formatting show a mask; `reveal` is the one way to its value."""

    __slots__ = ("__traces", "__value")

    def __init__(self, value: str) -> None:
        self.__value = value
        self.__traces = _Traces(value)

    def reveal(self) -> str:
        """Return the key itself, for the request's header alone."""
        return self.__value

    def hide(self, text: str) -> str:
        """Return `text` with a mask where the key stands, in any letter case.

        Of a key that is percent-encoded, escaped as in JSON, HTML or Python, or in a word as
        Base64 or hexadecimal digits, the whole word goes. Where a key of 8 characters or more
        is scattered over words or lines, all of the text goes. A text longer than 16 KiB is cut.
        """
        if len(self.__value) < SHORTEST_HIDDEN or len(text) < len(self.__value):
            return text
        text = self._without_plain(text)
        text = _WORD.sub(lambda word: MASK if self._is_behind(word[0]) else word[0], text)
        is_long = len(self.__value) >= _SHORTEST_SCATTERED
        return MASK if is_long and self._is_behind(_NOT_IN_KEYS.sub("", text)) else text

    def _without_plain(self, text: str) -> str:
        searched = self.__traces.plain.sub(MASK, text[:_LONGEST_SEARCHED])
        # The cut may have left a beginning of the key.
        return searched if len(text) <= _LONGEST_SEARCHED else searched[: -self.__traces.longest]

    def _is_behind(self, word: str) -> bool:
        if len(word) < len(self.__value):
            return False
        forms = {word}
        if self.__traces.are_in(word):
            return True
        for _ in range(_MOST_ESCAPED if _ESCAPE_MARKS.search(word) else 0):
            # Each way alone: a key may have marks of the others in itself.
            forms |= {way(form) for form in forms for way in _WAYS_BACK}
            if any(self.__traces.are_in(form) for form in forms):
                return True
        return False

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__value == other.__value

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __reduce__(self) -> str:
        raise TypeError("a key is never written down")


class _Traces:
    """What a key leaves in a text, each worked out when a text is first searched."""

    def __init__(self, value: str) -> None:
        self._value = value

    @property
    def longest(self) -> int:
        """How many characters the key is written with where each is escaped: \\u0063."""
        return 6 * len(self._value)

    @cached_property
    def plain(self) -> re.Pattern[str]:
        """The key itself, and percent-encoded as in an address."""
        forms = (self._value, quote(self._value, safe=""))
        return re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)

    @cached_property
    def _in_any_case(self) -> tuple[str, ...]:
        return self._value.casefold(), self._value.encode(errors="replace").hex()

    @cached_property
    def _in_base64(self) -> frozenset[str]:
        cores = [_base64_core(self._value.encode(errors="replace"), before) for before in range(3)]
        return frozenset(cores) | {core.replace("+", "-").replace("/", "_") for core in cores}

    def are_in(self, text: str) -> bool:
        """Return whether the key stands in `text`: plain, in hexadecimal digits or in Base64."""
        folded = text.casefold()
        return any(form in folded for form in self._in_any_case) or any(
            core in text for core in self._in_base64
        )


def _base64_core(content: bytes, before: int) -> str:
    """Return what Base64 makes of `content` whatever stands around it, `before` bytes in front.

    Base64 has 6 bits in a character: those that hold bits of a neighbour's are left out.
    """
    encoded = binascii.b2a_base64(b"\0" * before + content, newline=False).decode()
    return encoded[-(-8 * before // 6) : 8 * (before + len(content)) // 6]
