"""A key that cannot be printed by accident."""

import re
from urllib.parse import quote, unquote

MASK = "***"
# A shorter key is no secret, and would be found in every other word.
SHORTEST_HIDDEN = 4

_WORD = re.compile(r"\S+")
_ESCAPE_MARKS = re.compile(r"[%\\]")
# As JSON and Python write characters: \u002B, \/, \\.
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
# An address in an address in an address is escaped so often.
_MOST_ESCAPED = 3


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[2]


class Secret:
    """A key. `str`, `repr` and formatting show a mask; `reveal` is the one way to its value."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the key itself, for the request's header alone."""
        return self.__value

    def hide(self, text: str) -> str:
        """Return `text` with a mask where the key stands, plain, percent-encoded or escaped.

        Of a key that is escaped in some other way, the whole word goes.
        """
        if len(self.__value) < SHORTEST_HIDDEN:
            return text
        for form in (self.__value, quote(self.__value, safe="")):
            text = text.replace(form, MASK)
        if not _ESCAPE_MARKS.search(text):
            return text
        return _WORD.sub(lambda word: MASK if self._is_behind(word[0]) else word[0], text)

    def _is_behind(self, word: str) -> bool:
        forms = {word}
        for _ in range(_MOST_ESCAPED):
            # Each way alone: a key may have marks of the other in itself.
            forms |= {unquote(form) for form in forms}
            forms |= {_ESCAPED.sub(_unescaped, form) for form in forms}
            # Letters of an escape may be of either case, and so may what a service does with them.
            if any(self.__value.casefold() in form.casefold() for form in forms):
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
