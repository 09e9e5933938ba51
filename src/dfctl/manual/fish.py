"""The completion script of fish."""

from collections.abc import Iterator
from string import Template

from dfctl.manual.commands import Argument, Command, Option, Values
from dfctl.manual.scripts import (
    CALL,
    argument_of,
    calls,
    command_words,
    leaves,
    meaning,
    notice,
    place,
)
from dfctl.manual.sources import Source

_SCRIPT = Template(r"""$notice

# Prints the command that stands before the cursor, and on a second line how many words follow it.
function __dfctl_place
    set -l words (commandline -opc)
    set -l path
    set -l count 0
    set -l is_value 0
    set -l only_arguments 0
    for word in $$words[2..-1]
        if test $$is_value = 1
            set is_value 0
        else if test "$$word" = -- -a $$only_arguments = 0
            set only_arguments 1
        else if string match -q -- '-?*' $$word; and test $$only_arguments = 0
            contains -- $$word $valued; and set is_value 1
        else
            set -l longer (string trim -- "$$path $$word")
            if contains -- $$longer $paths
                set path $$longer
            else
                set count (math $$count + 1)
                string match -q -r -- '^($helped)( |$$)' $$path; and set path $$longer
            end
        end
    end
    echo $$path
    echo $$count
end

# Whether the cursor is behind a command: one of its options, or one of at most so many words.
function __dfctl_in --argument-names path most
    set -l place (__dfctl_place)
    test "$$place[1]" = "$$path"; or return 1
    test -z "$$most"; or test $$place[2] -lt $$most
end

# Prints the words of a source: profiles or runs.
function __dfctl_offer --argument-names source
    command dfctl $call $$source (commandline -opc) 2>/dev/null
end

complete -c dfctl -e
complete -c dfctl -f
$completions
""")


def fish(program: Command) -> str:
    """Return the script for a program."""
    valued = dict.fromkeys(
        name
        for command in program.all()
        for option in command.options
        if option.values
        for name in option.names
    )
    paths = [_quoted(place(one)) for one in program.all() if one.path]
    helped = [
        place(one)
        for one in leaves(program)
        if (argument := argument_of(one)) and argument.values.source is Source.COMMANDS
    ]
    return _SCRIPT.substitute(
        notice=notice(program.name),
        call=CALL,
        valued=" ".join(valued),
        paths=" ".join(paths),
        helped="|".join(helped),
        completions="\n".join(_completions(program)),
    )


def _completions(program: Command) -> Iterator[str]:
    for _, group in command_words(program):
        yield from _commands(group, group, is_topic=False)
    for command in program.all():
        for option in command.options:
            yield _option(command, option)
        if argument := argument_of(command):
            yield from _argument(command, argument, program)


def _commands(at: Command, group: Command, *, is_topic: bool) -> Iterator[str]:
    """Return what offers the commands of a group behind a command."""
    behind = f"{place(at)} {place(group)}" if is_topic else place(at)
    for one in group.commands:
        yield _line(behind.strip(), f"-a {one.path[-1]} -d {_quoted(one.summary)}")


def _argument(command: Command, argument: Argument, program: Command) -> Iterator[str]:
    values = argument.values
    most = "" if argument.is_repeatable else " 1"
    if values.source is Source.COMMANDS:
        for _, group in command_words(program):
            yield from _commands(command, group, is_topic=True)
    yield from (_line(place(command), f"-a {word}", most) for word in values.words)
    if calls(values.source):
        yield _line(place(command), f"-k -a '(__dfctl_offer {values.source})'", most)


def _option(command: Command, option: Option) -> str:
    names = [f"-l {one[2:]}" if one.startswith("--") else f"-s {one[1:]}" for one in option.names]
    value = f" {_value(option.values)}" if option.values else ""
    return _line(place(command), f"{' '.join(names)}{value} -d {_quoted(meaning(option))}")


def _value(values: Values) -> str:
    if values.source is Source.FILES:
        return "-r -F"
    words = [*values.words, *([f"(__dfctl_offer {values.source})"] if values.source else [])]
    return f"-x -a {_quoted(' '.join(words))}" if words else "-x"


def _line(at: str, what: str, most: str = "") -> str:
    return f"complete -c dfctl -n '__dfctl_in \"{at}\"{most}' {what}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
