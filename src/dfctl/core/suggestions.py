"""The nearest known word to one that nobody knows."""

from collections.abc import Iterable

_LONGEST = 100


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the question that names the nearest of the `known` words, or None if none is near."""
    # Only a mistake needs it, and start-up is what a user waits for.
    from difflib import get_close_matches

    plain = {name.lower().replace("-", "_"): name for name in known}
    near = get_close_matches(word[:_LONGEST].lower().replace("-", "_"), plain, n=1)
    return f"did you mean {plain[near[0]]}?" if near else None


def listed(words: Iterable[str]) -> str:
    """Return the words as a sentence lists them: `a, b and c`."""
    *others, last = list(words)
    return f"{', '.join(others)} and {last}" if others else last
