"""A key that cannot be printed by accident."""

from urllib.parse import quote

MASK = "***"


class Secret:
    """A key. `str`, `repr` and formatting show a mask; `reveal` is the one way to its value."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the key itself, for the request's header alone."""
        return self.__value

    def hide(self, text: str) -> str:
        """Return `text` with the key, plain or percent-encoded, replaced by a mask."""
        for form in (self.__value, quote(self.__value, safe="")):
            text = text.replace(form, MASK) if form else text
        return text

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
