"""The variables that dfctl reads, and those that it sets for others."""

from collections.abc import Iterable, Iterator, Sequence

from dfctl.core.profiles import COMMON_SETTINGS
from dfctl.core.settings import Setting, SettingKind
from dfctl.manual.commands import Command


def environment_sections(program: Command) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every variable that dfctl reads with what it means, in groups that have titles."""
    from dfctl.store.environment import LIMITS, variable_of

    limits = [setting for setting in COMMON_SETTINGS if setting.name in LIMITS]
    own = [one for one in COMMON_SETTINGS if one.name not in (*LIMITS, "like", "key")]
    known = {variable_of(setting.name) for setting in COMMON_SETTINGS}
    options = {name: text for name, text in _options_with(program) if name not in known}
    return [
        ("Options", list(options.items())),
        ("Limits for all profiles; a duration is such as 90s, 2h30m or none", _of_settings(limits)),
        (
            "Which profile, and its key",
            [
                ("DFCTL_PROFILE", "the profile that is meant where none is named"),
                ("DFCTL_KEY", "the key of the profile env"),
                ("DFCTL_KEY_<NAME>", "that of another, its name in upper case, _ for . and -"),
            ],
        ),
        ("The profile env, which needs no file", _of_settings(own)),
        *(
            (f"The settings that {title} adds to it", _of_settings(settings))
            for title, settings in backend_settings()
        ),
        ("What the program of --on-done is told; what is not known is empty", _announced()),
        (
            "dfctl itself",
            [
                ("DFCTL_STATE_DIR", "the folder of the journal"),
                ("DFCTL_DEBUG", "1: show where a bug of dfctl happened"),
            ],
        ),
        ("What --ci gitlab sets for later jobs, in dfctl.env", _set_for_later_jobs()),
    ]


def _set_for_later_jobs() -> list[tuple[str, str]]:
    from dfctl.output.ci.gitlab import VARIABLES

    meanings = {
        "run": "the reference, for dfctl wait",
        "state": "the state",
        "url": "where the service shows the run",
        "elapsed": "how long it took, in seconds",
        "exit_code": "the exit code of dfctl",
    }
    return [(variable, meanings[name]) for name, variable in VARIABLES.items()]


def _options_with(program: Command) -> Iterator[tuple[str, str]]:
    """Return the variables that the help of options names, each with the option and its help."""
    for command in program.all():
        for option in command.options:
            if option.variable:
                words = option.values.words if option.values else ()
                allowed = f" ({', '.join(words)})" if words else ""
                yield option.variable, f"{option.names[-1]}: {option.help.rstrip('.')}{allowed}"


def _of_settings(settings: Iterable[Setting]) -> list[tuple[str, str]]:
    from dfctl.store.environment import variable_of

    return [(variable_of(setting.name), setting.help + _form(setting)) for setting in settings]


def _form(setting: Setting) -> str:
    match setting.kind:
        case SettingKind.FLAG:
            return " (true or false)"
        case SettingKind.TEXTS:
            return ", separated by commas"
    return ""


def backend_settings() -> list[tuple[str, Sequence[Setting]]]:
    """Return the settings that each backend adds to the common ones, by its title."""
    from dfctl.backends import built_in_names, load_backend

    backends = [load_backend(name) for name in built_in_names()]
    return [(backend.title, backend.settings) for backend in backends if backend.settings]


def _announced() -> list[tuple[str, str]]:
    from dfctl.programs.announcing import VARIABLES

    return list(VARIABLES.items())
