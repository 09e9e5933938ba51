"""A command line before it has been understood as a whole."""

from collections.abc import Sequence
from itertools import pairwise


def typed_value(words: Sequence[str], option: str) -> str | None:
    """Return the value of a long option as `words` give it, attached or apart; the last one counts.

    It is empty where nothing follows the option, and None where the option is not there.
    """
    found = None
    for word, following in pairwise([*words, ""]):
        name, is_attached, value = word.partition("=")
        if name == option:
            found = value if is_attached else following
    return found
