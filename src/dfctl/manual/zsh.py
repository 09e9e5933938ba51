"""The completion script of zsh."""

from collections.abc import Iterator
from string import Template

from dfctl.manual.commands import Command, Option, Values
from dfctl.manual.scripts import (
    CALL,
    calls,
    command_words,
    function_name,
    meaning,
    notice,
    place,
)
from dfctl.manual.sources import Source

# When zsh loads the file on the first Tab, the file's text is the body of the function: so it has
# to call the function that it has just defined. Read with `source`, it makes itself known instead.
_SCRIPT = Template(r"""#compdef dfctl
$notice

_dfctl() {
  local -a dfctl_others
  dfctl_others=("$${(@Q)words[1,CURRENT-1]}" "$${(@Q)words[CURRENT+1,-1]}")
  _dfctl_at
}

# Offers the words of a source: profiles or runs.
_dfctl_offer() {
  local line
  local -a lines offered
  lines=("$${(@f)$$(command dfctl $call $$1 "$${(@)dfctl_others}" 2>/dev/null)}")
  for line in "$${(@)lines}"; do
    [[ -n $$line ]] && offered+=("$${$${line%%$$'\t'*}//:/\\:}:$${line#*$$'\t'}")
  done
  (( $$#offered )) && _describe -t $$1 $$2 offered
}

$functions
if [[ $$funcstack[1] = _dfctl ]]; then
  _dfctl "$$@"
elif (( $$+functions[compdef] )); then
  compdef _dfctl dfctl
fi
""")


def zsh(program: Command) -> str:
    """Return the script for a program."""
    functions = [
        "\n".join(_group(command, program) if command.commands else _leaf(command, program))
        for command in program.all()
    ]
    helped = "\n".join(_commands_function(program))
    return _SCRIPT.substitute(
        notice=notice(program.name), call=CALL, functions="\n".join([*functions, helped])
    )


def _group(command: Command, program: Command) -> Iterator[str]:
    yield f"{function_name(command)}() {{"
    yield "  local curcontext=$curcontext state"
    yield "  _arguments -S -C : \\"
    yield from (f"    {spec} \\" for option in command.options for spec in _specs(option))
    yield "    '1: :->command' '*:: :->rest'"
    yield "  case $state in"
    yield f"    command) _dfctl_commands {_quoted(place(command))} ;;"
    yield "    rest)"
    yield "      case $words[1] in"
    for one in command.commands:
        yield f"        {one.path[-1]}) {function_name(one)} ;;"
    yield from ("      esac", "      ;;", "  esac", "}", "")


def _leaf(command: Command, program: Command) -> Iterator[str]:
    specs = [spec for option in command.options for spec in _specs(option)]
    for argument in command.arguments:
        position = "*" if argument.is_repeatable else "1"
        optional = "" if argument.is_required or argument.is_repeatable else ":"
        action = _action(argument.values, program)
        specs.append(_quoted(f"{position}:{optional}{_label(argument.values)}:{action}"))
    yield f"{function_name(command)}() {{"
    yield "  _arguments -s -S : \\"
    yield from (f"    {spec} \\" for spec in specs[:-1])
    yield from (f"    {specs[-1]}", "}", "")


def _commands_function(program: Command) -> Iterator[str]:
    """Return the function that offers the commands of the group at the place that it is given."""
    yield from ("_dfctl_commands() {", "  local -a offered", "  case $1 in")
    for at, group in command_words(program):
        rows = " ".join(_described(one.path[-1], one.summary) for one in group.commands)
        yield f"    {_quoted(at)}) offered=({rows}) ;;"
    yield from ("  esac", "  (( $#offered )) && _describe -t commands command offered", "}", "")
    yield from ("# Offers what `dfctl help` has pages on, behind the words that stand there.",)
    yield from ("_dfctl_pages() {", "  local -a offered")
    yield '  offered=("$@")'
    yield '  _dfctl_commands "${(j: :)${(@)words[2,CURRENT-1]}}"'
    yield "  (( CURRENT == 2 && $#offered )) && _describe -t topics topic offered"
    yield from ("}", "")


def _specs(option: Option) -> Iterator[str]:
    """Return an option as _arguments takes it: once given, it is not offered again."""
    text = _escaped(meaning(option))
    if option.values:
        value = f":{_label(option.values)}:{_action(option.values, None)}"
        names = [f"{name}=" if name.startswith("--") else f"{name}+" for name in option.names]
    else:
        value, names = "", list(option.names)
    others = "*" if option.is_repeatable else f"({' '.join(option.names)})"
    for name in names:
        yield _quoted(f"{others}{name}[{text}]{value}")


def _action(values: Values, program: Command | None) -> str:
    if values.source is Source.COMMANDS:
        return f" _dfctl_pages {' '.join(values.words)}".rstrip()
    if values.source is Source.FILES:
        return "_files"
    if calls(values.source) and not values.words:
        return f" _dfctl_offer {values.source} {_label(values)}"
    return f"({' '.join(values.words)})" if values.words else " "


def _label(values: Values) -> str:
    """Return what zsh says that is asked for."""
    return values.placeholder.lower() if values.source or not values.words else "choice"


def _described(word: str, text: str) -> str:
    return _quoted(f"{word}:{text}")


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in "\\[]:" else one for one in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", r"'\''") + "'"
