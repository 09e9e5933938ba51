"""Text from outside, made safe to show."""

import re
from itertools import groupby

# C0 and C1 controls, DEL, the marks that end a line or turn its direction, and lone surrogates.
_STEERING = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
# What nobody sees: blanks without width, marks of annotations, and the alphabet of the tags.
_INVISIBLE = "\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_UNSAFE = re.compile(f"[{_STEERING}{_INVISIBLE}]")
_UNSAFE_ON_A_SCREEN = re.compile(f"(?![\t\n])[{_STEERING}]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LONGEST = 300
_MOST_MARKS = 6

# What a CI system reads as a command in a line of a step's log, whoever wrote it:
#   ::error::      at the start of a line, after white space (GitHub)
#   ##[error]      anywhere in a line (GitHub); at its start it is drawn as an error (Azure)
#   ##vso[...]     anywhere in a line (Azure)
#   ##teamcity[...]
# GitHub: actions/runner, src/Runner.Common/ActionCommand.cs. Azure: azure-pipelines-agent of
# microsoft, src/Microsoft.VisualStudio.Services.Agent/Command.cs; it warns of a mere ##vso, too.
# GitLab's section_start: needs a carriage return and an escape, of which `clean` leaves none.
# Both are programs of .NET, which may skip characters that show nothing when it compares.
_UNSEEN = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_COMMAND = re.compile(
    f"#[{_UNSEEN}]*#(?=[a-z{_UNSEEN}]*\\[|v[{_UNSEEN}]*s[{_UNSEEN}]*o)", re.IGNORECASE
)
_COMMAND_AT_START = re.compile(f"((?:\\A|[\r\n])(?:[^\\S\r\n]|[{_UNSEEN}])*):(?=[{_UNSEEN}]*:)")


def clean(text: str, *, longest: int = _LONGEST) -> str:
    """Return `text` on one line, unsafe characters replaced, cut to `longest` characters."""
    line = " ".join(text[: 4 * longest].split())
    safe = _with_few_marks(_UNSAFE.sub(_REPLACEMENT, line))
    return safe if len(safe) <= longest else safe[: longest - 3] + "..."


def clean_link(link: str | None) -> str | None:
    """Return `link` if it is an http(s) address that is safe to show, else None.

    One that a CI system would take for a command is none: no address has ## in it.
    """
    if not link or len(link) > 2000 or not link.startswith(("https://", "http://")):
        return None
    is_whole = not any(character.isspace() for character in link)
    return link if is_whole and is_safe(link) else None


def is_safe(text: str) -> bool:
    """Return whether `text` can be shown as it is: it steers no terminal and no CI system."""
    return not (_UNSAFE.search(text) or _COMMAND.search(text))


def on_screen(text: str) -> str:
    """Return lines of dfctl's own, with what would steer a terminal or a CI system replaced.

    They may hold a service's words, or name a file, whose name may hold anything.
    """
    return without_commands(_UNSAFE_ON_A_SCREEN.sub(_REPLACEMENT, text))


def on_one_line(text: str) -> str:
    """Return a line of dfctl's own that is certainly one, whatever it names."""
    return on_screen(" ".join(text.splitlines()))


def without_commands(text: str) -> str:
    """Return `text`, of any number of lines, with no command to a CI system in it.

    A blank parts the signs that begin one: `# #[error]`, `: :error::`.
    """
    return _COMMAND.sub("# #", _COMMAND_AT_START.sub(r"\1: ", text))


def json_without_commands(text: str) -> str:
    """Return a JSON text of the same meaning with no command to a CI system in it.

    No line of a JSON text begins with a colon, and a number sign stands in strings alone.
    """
    return _COMMAND.sub(r"\\u0023#", text)


def _with_few_marks(text: str) -> str:
    """Return `text` without the marks that would tower above and below one character."""
    if text.isascii():
        return text
    from unicodedata import category

    runs = groupby(text, key=lambda character: category(character) in ("Mn", "Me"))
    return "".join("".join(run)[: _MOST_MARKS if is_marks else None] for is_marks, run in runs)
