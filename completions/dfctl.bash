# Completes the words of dfctl; written by `dfctl completion`.

_dfctl() {
    local IFS=$' \t\n' line=${COMP_LINE:0:$COMP_POINT}
    local current='' before='' word rest path='' behind='' value=''
    local only_arguments='' count=0 index
    local offered='' source='' words=()
    COMPREPLY=()

    rest=$line
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        ((index == COMP_CWORD)) && word=${rest#"${rest%%[![:space:]]*}"}
        if ((index > 0)) && [[ $rest != [[:space:]]* ]]; then
            current+=$word
        else
            ((index > 0)) && words+=("$current")
            current=$word
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
    done

    for word in ${words[@]+"${words[@]:1}"}; do
        if [[ $value ]]; then
            value=
        elif [[ $word == -- && ! $only_arguments ]]; then
            only_arguments=1
        elif [[ $word == -?* && ! $only_arguments ]]; then
            [[ $word != *=* ]] && _dfctl_values "$path" "$word" && value=$word
        elif _dfctl_is_command "${path:+$path }$word"; then
            path=${path:+$path }$word
        else
            count=$((count + 1))
            if _dfctl_is_about_commands "$path"; then behind+=" $word"; fi
        fi
    done

    current=${current#[\"\']}
    if [[ $value ]]; then
        _dfctl_values "$path" "$value" || return 0
    elif [[ $current == --*=* && ! $only_arguments ]]; then
        before=${current%%=*}=
        _dfctl_values "$path" "${current%%=*}" || return 0
    elif [[ $current == -* && ! $only_arguments ]]; then
        _dfctl_options "$path"
    else
        _dfctl_arguments "$path$behind" "$count"
    fi
    _dfctl_reply
}

# Leaves in COMPREPLY what of $offered, and of the words of $source, begins like the current word.
_dfctl_reply() {
    # To readline a word may begin with @, though it breaks words there.
    local cut='' files='' breaks=${COMP_WORDBREAKS//@/}
    if [[ $current == *["$breaks"]* ]]; then
        cut=${current%"${current##*["$breaks"]}"}
    fi
    if [[ $source == files ]]; then
        # Readline completes names of files by itself, with ~ and quotes.
        compopt -o default 2>/dev/null && return 0
        files=$(compgen -f -- "${current#"$before"}") || files=''
    elif [[ $source ]]; then
        files=$(command dfctl __complete "$source" "${words[@]//[\"\'\\]/}" 2>/dev/null) || files=''
    fi
    for word in $offered; do
        [[ $before$word == "$current"* ]] && COMPREPLY+=("${before:+$before}$word")
    done
    while IFS=$'\t' read -r word rest; do
        [[ $word && $before$word == "$current"* ]] && COMPREPLY+=("$before$word")
    done <<<"$files"
    for ((index = 0; index < ${#COMPREPLY[@]}; index++)); do
        COMPREPLY[index]=${COMPREPLY[index]#"$cut"}
    done
}

_dfctl_is_command() {
    case $1 in
        'run' | 'start' | 'wait' | 'status' | 'init' | 'demo' | 'sandbox' | 'completion' | 'man' | 'help' | 'keys' | 'keys set' | 'keys list' | 'keys check' | 'keys remove' | 'profiles' | 'profiles list' | 'profiles show' | 'profiles path' | 'profiles add' | 'profiles check' | 'runs' | 'runs list' | 'runs show' | 'runs resolve' | 'runs prune') return 0 ;;
    esac
    return 1
}

# Commands are words behind some commands, such as help.
_dfctl_is_about_commands() {
    case $1 in
        'man') return 0 ;;
        'help') return 0 ;;
    esac
    return 1
}

# Sets $offered and $source to the values of an option; fails where it takes none.
_dfctl_values() {
    _dfctl_options "$1"
    [[ " $offered " == *" $2 "* ]] || return 1
    offered='' source=''
    case $1:$2 in
        *:--flow | *:-p | *:--param | *:--timeout | *:--queue-timeout | *:--interval | *:--max-outage | *:--heartbeat | *:--exit-map | *:--on-done | *:--seconds | *:--port | *:--address | *:--set | *:--key-env | *:--since | *:--limit | *:--older-than) : ;;
        *:--input | *:--config | *:--write-config | *:--key-file) source=files ;;
        *:--overlap) offered='allow refuse join' ;;
        *:-o | *:--output) offered='text json jsonl ref' ;;
        *:--progress) offered='auto live plain none' ;;
        *:--color) offered='auto always never' ;;
        *:--ci) offered='none auto github azure gitlab' ;;
        *:--outcome) offered='succeeded failed cancelled timed_out' ;;
        *:--backend) offered='invision dataform-web' ;;
        *:--profile) source=profiles ;;
        *:--state) offered='pending running succeeded warning failed cancelled timed_out unknown' ;;
        *:--as) offered='not-started ended' ;;
        *) return 1 ;;
    esac
}

_dfctl_options() {
    offered=''
    case $1 in
        '') offered='-V --version -h --help' ;;
        'run') offered='--flow -p --param --input --dry-run --server-wait --timeout --queue-timeout --interval --max-outage --overlap --heartbeat --fail-on-warning --fail-fast --exit-map --on-done -o --output -q --quiet --progress --color -v --verbose --ci --config -h --help' ;;
        'start') offered='--wait --flow -p --param --input --dry-run --server-wait --timeout --queue-timeout --interval --max-outage --overlap --heartbeat --fail-on-warning --fail-fast --exit-map --on-done -o --output -q --quiet --progress --color -v --verbose --ci --config -h --help' ;;
        'wait') offered='--timeout --queue-timeout --interval --max-outage --heartbeat --fail-on-warning --fail-fast --exit-map --on-done -o --output -q --quiet --progress --color -v --verbose --ci --config -h --help' ;;
        'status') offered='--open --fail-on-warning --exit-map -o --output -q --quiet --progress --color -v --verbose --config -h --help' ;;
        'init') offered='--config -h --help' ;;
        'demo') offered='--outcome --seconds -h --help' ;;
        'sandbox') offered='--port --seconds --write-config -q --quiet -h --help' ;;
        'completion') offered='-h --help' ;;
        'man') offered='--roff -h --help' ;;
        'help') offered='-h --help' ;;
        'keys') offered='-h --help' ;;
        'keys set') offered='--keyring -q --quiet --config -h --help' ;;
        'keys list') offered='-o --output --config -h --help' ;;
        'keys check') offered='-o --output -v --verbose --config -h --help' ;;
        'keys remove') offered='-q --quiet --config -h --help' ;;
        'profiles') offered='-h --help' ;;
        'profiles list') offered='-o --output --config -h --help' ;;
        'profiles show') offered='-o --output --config -h --help' ;;
        'profiles path') offered='-o --output --config -h --help' ;;
        'profiles add') offered='--backend --address --flow --set --key-env --key-file -o --output --config -h --help' ;;
        'profiles check') offered='-o --output -v --verbose --config -h --help' ;;
        'runs') offered='-h --help' ;;
        'runs list') offered='--profile --state --since --limit -o --output -h --help' ;;
        'runs show') offered='-o --output -h --help' ;;
        'runs resolve') offered='--as -h --help' ;;
        'runs prune') offered='--older-than -h --help' ;;
    esac
}

_dfctl_arguments() {
    offered='' source=''
    case $1 in
        '') offered='run start wait status init demo sandbox completion man help keys profiles runs' ;;
        'keys') offered='set list check remove' ;;
        'profiles') offered='list show path add check' ;;
        'runs') offered='list show resolve prune' ;;
        'run') source=profiles ;;
        'start') source=profiles ;;
        'wait') source=runs ;;
        'status') source=runs ;;
        'completion') (($2)) || offered='bash zsh fish powershell' ;;
        'man') offered='run start wait status init demo sandbox completion man help keys profiles runs config' ;;
        'man keys') offered='set list check remove' ;;
        'man profiles') offered='list show path add check' ;;
        'man runs') offered='list show resolve prune' ;;
        'help') offered='run start wait status init demo sandbox completion man help keys profiles runs exit-codes json json-schema environment' ;;
        'help keys') offered='set list check remove' ;;
        'help profiles') offered='list show path add check' ;;
        'help runs') offered='list show resolve prune' ;;
        'keys set') (($2)) || source=profiles ;;
        'keys check') (($2)) || source=profiles ;;
        'keys remove') (($2)) || source=profiles ;;
        'profiles show') (($2)) || source=profiles ;;
        'profiles check') (($2)) || source=profiles ;;
        'runs show') (($2)) || source=runs ;;
        'runs resolve') (($2)) || source=runs ;;
        'man '* | 'help '*) ;;
        *) _dfctl_options "$1" ;;
    esac
}

complete -F _dfctl dfctl
