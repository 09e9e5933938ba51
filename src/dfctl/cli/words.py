"""The words by which other tools call what dfctl has, or what no service can do."""

# The commands of dfctl, and the words by which other tools call what they do.
_COMMANDS = {
    ("run", "start"): "trigger launch execute exec submit go begin fire invoke rerun restart retry",
    ("wait",): "watch follow poll tail await attach join resume monitor",
    ("init", "keys set", "profiles add"): "login auth configure config setup connect signin",
    ("keys set",): "key token secret credentials password logon",
    ("keys remove",): "logout signout",
    ("runs list", "profiles list"): "list ls history ps",
    ("runs list",): "jobs journal log-book",
    ("status", "runs show", "profiles show"): "show describe get info view inspect",
    ("status",): "state stat query",
    ("profiles add", "init"): "add new create",
    ("keys remove", "runs prune"): "remove delete rm unset clear clean purge",
    ("profiles check", "keys check"): "check validate verify lint test doctor",
    ("profiles path",): "where files edit",
    ("cancel",): "stop kill abort terminate",
    ("logs",): "log output",
    ("sandbox",): "serve server mock",
    ("demo",): "tutorial example try",
}
COMMANDS_OF = {word: commands for commands, words in _COMMANDS.items() for word in words.split()}

_NO_CANCEL = (
    "neither InVision nor Dataform Web can cancel a run",
    "Ctrl-C ends the waiting of dfctl; the run itself goes on until it ends",
)
_NO_LOGS = (
    "dfctl has no logs of runs: neither InVision nor Dataform Web gives them",
    "dfctl status -o json shows the run's url, where the service told one; its logs are there",
)
_NO_VERSION = ("dfctl has no command 'version'", "dfctl --version prints it")
# What no command does, each with the reason and what to do instead.
IMPOSSIBLE = {
    **dict.fromkeys(("cancel", "stop", "kill", "abort", "terminate"), _NO_CANCEL),
    **dict.fromkeys(("logs", "log", "output"), _NO_LOGS),
    "version": _NO_VERSION,
}

# The options of dfctl, and the words by which other tools call them.
_OPTIONS = {
    "--wait": "--follow --watch --sync --block",
    "--output": "--format --out",
    "--output json": "--json",
    "--quiet": "--silent",
    "--progress none": "--no-progress",
    "--progress": "--spinner",
    "--color": "--colour --colors",
    "--color never": "--no-color --no-colour",
    "--verbose": "--debug --trace",
    "--param": "--parameter --parameters --arg --var --set",
    "--input": "--data --body",
    "--dry-run": "--simulate --what-if --noop",
    "--interval": "--every --poll --poll-interval --period",
    "--max-outage": "--retries --retry",
    "--config": "--config-file --file --conf",
    "--open": "--all --running",
    "--limit": "--last --max --count",
}
OPTION_OF = {word: option for option, words in _OPTIONS.items() for word in words.split()}
# Options of other tools that none of dfctl's stands for.
KEY_OPTIONS = frozenset({"--key", "--api-key", "--apikey", "--token", "--password", "--secret"})
NOT_WAITING = frozenset({"--no-wait", "--async", "--detach", "--background"})
# The options of dfcmdutil.
VENDOR = frozenset({"-run", "-url", "-apikey"})
