"""Text from outside, made safe to show."""

import re
from itertools import groupby

# C0 and C1 controls, DEL, the marks that end a line or turn its direction, and lone surrogates.
_STEERING = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
# What nobody sees: blanks without width, marks of annotations, and the alphabet of the tags.
_INVISIBLE = "\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_UNSAFE = re.compile(f"[{_STEERING}{_INVISIBLE}]")
_UNSAFE_ON_A_SCREEN = re.compile(f"(?![\t\n])[{_STEERING}]")
# Azure Pipelines and GitHub Actions obey these wherever they stand in a line: ##vso[...], ##[...]
# (microsoft/azure-pipelines-agent, Command.cs; actions/runner, ActionCommand.cs).
_COMMAND_OF_A_RUNNER = re.compile(r"##(?=[A-Za-z]*\[)")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LONGEST = 300
_MOST_MARKS = 6


def clean(text: str, *, longest: int = _LONGEST) -> str:
    """Return `text` on one line, unsafe characters replaced, cut to `longest` characters."""
    safe = _UNSAFE.sub(_REPLACEMENT, " ".join(text[: 4 * longest].split()))
    safe = _COMMAND_OF_A_RUNNER.sub(f"#{_REPLACEMENT}", _with_few_marks(safe))
    return safe if len(safe) <= longest else safe[: longest - 3] + "..."


def clean_link(link: str | None) -> str | None:
    """Return `link` if it is an http(s) address that is safe to show, else None."""
    if not link or len(link) > 2000 or not link.startswith(("https://", "http://")):
        return None
    is_whole = not any(character.isspace() for character in link)
    return link if is_whole and is_safe(link) else None


def is_safe(text: str) -> bool:
    """Return whether `text` can be shown as it is: it steers no terminal and no runner of jobs."""
    return not (_UNSAFE.search(text) or _COMMAND_OF_A_RUNNER.search(text))


def on_screen(text: str) -> str:
    """Return lines of dfctl's own, with what would steer a terminal replaced.

    They may name a file, whose name may hold anything.
    """
    return _UNSAFE_ON_A_SCREEN.sub(_REPLACEMENT, text)


def on_one_line(text: str) -> str:
    """Return a line of dfctl's own that is certainly one, whatever it names."""
    return on_screen(" ".join(text.splitlines()))


def _with_few_marks(text: str) -> str:
    """Return `text` without the marks that would tower above and below one character."""
    if text.isascii():
        return text
    from unicodedata import category

    runs = groupby(text, key=lambda character: category(character) in ("Mn", "Me"))
    return "".join("".join(run)[: _MOST_MARKS if is_marks else None] for is_marks, run in runs)
