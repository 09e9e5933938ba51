"""What CI systems make of a step: their own parsers, written anew from their sources.

GitHub: actions/runner at 258d6c85, src/Runner.Common/ActionCommand.cs (commands in lines) and
src/Runner.Worker/FileCommandManager.cs (files). Azure: microsoft/azure-pipelines-agent at
42bde98b, src/Microsoft.VisualStudio.Services.Agent/Command.cs and
src/Agent.Sdk/CommandStringConvertor.cs. GitLab: gitlab-org/gitlab,
app/services/ci/parse_dotenv_artifact_service.rb and lib/gitlab/regex.rb.

.NET compares texts by culture where it is not told otherwise, and skips characters that show
nothing; these parsers do so too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# A command that the runner does not know is none; these are those of actions/runner.
GITHUB_COMMANDS = frozenset(
    {
        "stop-commands", "set-env", "set-output", "save-state", "add-path", "add-mask",
        "add-matcher", "remove-matcher", "warning", "error", "notice", "debug", "group",
        "endgroup", "echo",
    }
)  # fmt: skip
_IGNORED = "[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*"
# What char.IsWhiteSpace of .NET holds for white space.
_BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_GITHUB_DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_GITHUB_PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
_AZURE = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
_SECTION = re.compile(
    r"section_(start|end):(\d+):([a-zA-Z0-9_.-]+)(?:\[(?:\w+=\w+)(?:, ?(?:\w+=\w+))*\])?\r\x1b\[0K"
)


@dataclass(frozen=True)
class Obeyed:
    """A command that a system would carry out."""

    name: str
    data: str
    properties: Mapping[str, str] = field(default_factory=dict)


def lines_of(log: str) -> list[str]:
    """Return the lines of a log as .NET's StreamReader reads them."""
    return _LINE_ENDS.split(log)


def github_commands(log: str) -> list[Obeyed]:
    """Return what GitHub's runner would carry out."""
    found = [_github_v2(line) or _github_v1(line) for line in lines_of(log)]
    return [command for command in found if command]


def azure_commands(log: str) -> list[Obeyed]:
    """Return what Azure's agent would carry out."""
    return [command for line in lines_of(log) if (command := _azure(line))]


def azure_complaints(log: str) -> list[str]:
    """Return the lines that Azure's agent would warn of, since they look like a broken command."""
    return [line for line in lines_of(log) if _index(line, "##vso") >= 0 and not _azure(line)]


def gitlab_sections(log: str) -> list[tuple[str, str]]:
    """Return the sections that GitLab sees begin and end."""
    return [(found[1], found[3]) for found in _SECTION.finditer(log)]


def github_file(text: str) -> dict[str, str]:
    """Return what a file such as GITHUB_OUTPUT sets. Raises ValueError where it is broken."""
    return dict(_github_pairs(text))


def dotenv(text: str) -> dict[str, str]:
    """Return what GitLab reads from a dotenv report. Raises ValueError where it refuses it."""
    if len(text.encode()) >= 5 * 1024:
        raise ValueError("too big")
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(.*?)=(.*)", line)
        if match is None:
            raise ValueError("Invalid Format")
        found[match[1].strip()] = match[2].strip()
    return found


def _index(text: str, sign: str, start: int = 0) -> int:
    """Return where `sign` stands, characters that show nothing left aside."""
    found = re.compile(_IGNORED.join(map(re.escape, sign))).search(text, start)
    return found.start() if found else -1


def _github_v2(line: str) -> Obeyed | None:
    message = line.lstrip(_BLANKS)
    if not re.match(_IGNORED + ":" + _IGNORED + ":", message):
        return None
    end = _index(message, "::", 2)
    if end < 0:
        return None
    name, _, rest = message[2:end].partition(" ")
    if name.lower() not in GITHUB_COMMANDS:
        return None
    properties = _properties(rest.strip(), ",", _GITHUB_PROPERTY)
    return Obeyed(name, _unescaped(message[end + 2 :], _GITHUB_DATA), properties)


def _github_v1(line: str) -> Obeyed | None:
    start = _index(line, "##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, rest = line[start + 3 : end].partition(" ")
    if name.lower() not in GITHUB_COMMANDS:
        return None
    return Obeyed(name, line[end + 1 :], _properties(rest, ";", {}))


def _azure(line: str) -> Obeyed | None:
    start = _index(line, "##vso[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, rest = line[start + 6 : end].partition(" ")
    if len([part for part in name.split(".") if part]) != 2:
        return None
    return Obeyed(name, _unescaped(line[end + 1 :], _AZURE), _properties(rest, ";", _AZURE))


def _properties(text: str, separator: str, escapes: Mapping[str, str]) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split(separator) if part]
    return {pair[0]: _unescaped(pair[1], escapes) for pair in pairs if len(pair) == 2}


def _unescaped(text: str, escapes: Mapping[str, str]) -> str:
    for escape, sign in escapes.items():
        text = text.replace(escape, sign)
    return text


def _github_pairs(text: str) -> Iterator[tuple[str, str]]:
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line has no end")
    rest = iter(lines)
    for line in rest:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            yield line[:equals], line[equals + 1 :]
        elif heredoc > 0 and line[heredoc + 2 :]:
            yield line[:heredoc], "\n".join(_until(rest, line[heredoc + 2 :]))
        else:
            raise ValueError(f"Invalid format '{line}'")


def _until(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    for line in lines:
        if line == delimiter:
            return
        yield line
    raise ValueError("Matching delimiter not found")
