"""The completion script of bash: 3.2 (macOS) and later, with and without bash-completion."""

from collections.abc import Iterator
from string import Template

from dfctl.manual.commands import Command, Values
from dfctl.manual.scripts import (
    CALL,
    argument_of,
    by_values,
    calls,
    command_words,
    leaves,
    notice,
    place,
)
from dfctl.manual.sources import Source

# Words are compared one by one: `compgen -W` would expand what is in them. Bash splits words at
# = and @ too (COMP_WORDBREAKS), so they are put together again, and what it has before the cursor
# is taken off each answer.
_SCRIPT = Template(r"""$notice

_dfctl() {
    local IFS=$$' \t\n' line=$${COMP_LINE:0:$$COMP_POINT}
    local current='' before='' word rest path='' behind='' value=''
    local only_arguments='' count=0 index
    local offered='' source='' words=()
    COMPREPLY=()

    rest=$$line
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=$${COMP_WORDS[index]}
        ((index == COMP_CWORD)) && word=$${rest#"$${rest%%[![:space:]]*}"}
        if ((index > 0)) && [[ $$rest != [[:space:]]* ]]; then
            current+=$$word
        else
            ((index > 0)) && words+=("$$current")
            current=$$word
        fi
        rest=$${rest#"$${rest%%[![:space:]]*}"}
        rest=$${rest#"$$word"}
    done

    for word in $${words[@]+"$${words[@]:1}"}; do
        if [[ $$value ]]; then
            value=
        elif [[ $$word == -- && ! $$only_arguments ]]; then
            only_arguments=1
        elif [[ $$word == -?* && ! $$only_arguments ]]; then
            [[ $$word != *=* ]] && _dfctl_values "$$path" "$$word" && value=$$word
        elif _dfctl_is_command "$${path:+$$path }$$word"; then
            path=$${path:+$$path }$$word
        else
            count=$$((count + 1))
            if _dfctl_is_about_commands "$$path"; then behind+=" $$word"; fi
        fi
    done

    current=$${current#[\"\']}
    if [[ $$value ]]; then
        _dfctl_values "$$path" "$$value" || return 0
    elif [[ $$current == --*=* && ! $$only_arguments ]]; then
        before=$${current%%=*}=
        _dfctl_values "$$path" "$${current%%=*}" || return 0
    elif [[ $$current == -* && ! $$only_arguments ]]; then
        _dfctl_options "$$path"
    else
        _dfctl_arguments "$$path$$behind" "$$count"
    fi
    _dfctl_reply
}

# Leaves in COMPREPLY what of $$offered, and of the words of $$source, begins like the current word.
_dfctl_reply() {
    # To readline a word may begin with @, though it breaks words there.
    local cut='' files='' breaks=$${COMP_WORDBREAKS//@/}
    if [[ $$current == *["$$breaks"]* ]]; then
        cut=$${current%"$${current##*["$$breaks"]}"}
    fi
    if [[ $$source == files ]]; then
        # Readline completes names of files by itself, with ~ and quotes.
        compopt -o default 2>/dev/null && return 0
        files=$$(compgen -f -- "$${current#"$$before"}") || files=''
    elif [[ $$source ]]; then
        files=$$(command dfctl $call "$$source" "$${words[@]//[\"\'\\]/}" 2>/dev/null) || files=''
    fi
    for word in $$offered; do
        [[ $$before$$word == "$$current"* ]] && COMPREPLY+=("$${before:+$$before}$$word")
    done
    while IFS=$$'\t' read -r word rest; do
        [[ $$word && $$before$$word == "$$current"* ]] && COMPREPLY+=("$$before$$word")
    done <<<"$$files"
    for ((index = 0; index < $${#COMPREPLY[@]}; index++)); do
        COMPREPLY[index]=$${COMPREPLY[index]#"$$cut"}
    done
}

_dfctl_is_command() {
    case $$1 in
        $paths) return 0 ;;
    esac
    return 1
}

# Commands are words behind some commands, such as help.
_dfctl_is_about_commands() {
    case $$1 in
$about_commands
    esac
    return 1
}

# Sets $$offered and $$source to the values of an option; fails where it takes none.
_dfctl_values() {
    _dfctl_options "$$1"
    [[ " $$offered " == *" $$2 "* ]] || return 1
    offered='' source=''
    case $$1:$$2 in
$values
        *) return 1 ;;
    esac
}

_dfctl_options() {
    offered=''
    case $$1 in
$options
    esac
}

_dfctl_arguments() {
    offered='' source=''
    case $$1 in
$arguments
        $silent) ;;
        *) _dfctl_options "$$1" ;;
    esac
}

complete -F _dfctl dfctl
""")


def bash(program: Command) -> str:
    """Return the script for a program."""
    return _SCRIPT.substitute(
        notice=notice(program.name),
        call=CALL,
        paths=" | ".join(f"'{place(one)}'" for one in program.all() if one.path),
        about_commands="\n".join(_about_commands(program)),
        values="\n".join(_values(program)),
        options="\n".join(_options(program)),
        silent=" | ".join(
            f"'{place(one)} '*" for one in leaves(program) if _is_about_commands(one)
        ),
        arguments="\n".join(_arguments(program)),
    )


def _is_about_commands(command: Command) -> bool:
    argument = argument_of(command)
    return argument is not None and argument.values.source is Source.COMMANDS


def _about_commands(program: Command) -> Iterator[str]:
    for command in leaves(program):
        if _is_about_commands(command):
            yield f"        '{place(command)}') return 0 ;;"


def _values(program: Command) -> Iterator[str]:
    taken = [(place(command), option) for command in program.all() for option in command.options]
    for (at, values), names in sorted(by_values(taken).items(), key=lambda item: not item[0][0]):
        before = f"'{at}:'" if at else "*:"
        patterns = " | ".join(f"{before}{name}" for name in names)
        yield f"        {patterns}) {_found(values)} ;;"


def _options(program: Command) -> Iterator[str]:
    for command in program.all():
        names = " ".join(name for option in command.options for name in option.names)
        yield f"        '{place(command)}') offered='{names}' ;;"


def _arguments(program: Command) -> Iterator[str]:
    groups = dict(command_words(program))
    for at, group in groups.items():
        yield f"        '{at}') offered='{' '.join(one.path[-1] for one in group.commands)}' ;;"
    for command in leaves(program):
        argument = argument_of(command)
        if argument is None:
            continue
        if argument.values.source is Source.COMMANDS:
            top = " ".join([*(one.path[0] for one in program.commands), *argument.values.words])
            yield f"        '{place(command)}') offered='{top}' ;;"
            for at, group in groups.items():
                if at:
                    inner = " ".join(one.path[-1] for one in group.commands)
                    yield f"        '{place(command)} {at}') offered='{inner}' ;;"
        elif argument.is_repeatable:
            yield f"        '{place(command)}') {_found(argument.values)} ;;"
        else:
            yield f"        '{place(command)}') (($2)) || {_found(argument.values)} ;;"


def _found(values: Values) -> str:
    source = values.source if calls(values.source) or values.source is Source.FILES else None
    parts = [f"offered='{' '.join(values.words)}'"] if values.words else []
    parts += [f"source={source}"] if source else []
    return " ".join(parts) or ":"
