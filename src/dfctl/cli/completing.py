"""`dfctl __complete`, which the completion scripts call: words to offer, a line each.

A line is a word, a tab, and what the word means. Nothing is ever said on stderr, no service is
asked, no key is read, and no file is changed: a person is in the middle of typing.
"""

from collections.abc import Mapping, Sequence
from typing import TextIO

from dfctl.core.arguments import typed_value
from dfctl.manual.sources import Source
from dfctl.store.offers import open_runs_offered, profiles_offered, unsettled_offered

_CURRENT = "current="


def complete(argv: Sequence[str], variables: Mapping[str, str], stdout: TextIO | None) -> int:
    """Print the words of `profiles` or `runs`, or those that continue a `line`; return 0.

    Behind that stand the words of the command line, without the one at the cursor. The first word
    behind `line` is that one, written current=WORD.
    """
    kind, words = (argv[0], argv[1:]) if argv else ("", argv)
    if kind == "line" and words:
        offered = _of_line(words[1:], words[0].removeprefix(_CURRENT), variables)
    else:
        offered = _of_source(kind, words, variables)
    if stdout:
        stdout.write("".join(f"{word}\t{text}\n" for word, text in offered))
    return 0


def _of_source(
    kind: str, words: Sequence[str], variables: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return the words of a source, without those that stand on the line already."""
    profiles = profiles_offered(variables, typed_value(words, "--config"))
    found: dict[str, str] = {}
    if kind == Source.PROFILES:
        found = profiles
    elif kind == Source.RUNS:
        found = {"@last": "the newest start of all", **open_runs_offered(variables)}
        if "runs" in words[:2]:
            found |= unsettled_offered(variables)
        found |= dict.fromkeys(profiles, "its newest start")
    return [(word, text) for word, text in found.items() if word not in words]


def _of_line(
    words: Sequence[str], current: str, variables: Mapping[str, str]
) -> list[tuple[str, str]]:
    from dfctl.cli.app import program
    from dfctl.cli.description import described
    from dfctl.manual.answers import answers

    known = described(program())
    return answers(known, words[1:], current, lambda source: _of_source(source, words, variables))
