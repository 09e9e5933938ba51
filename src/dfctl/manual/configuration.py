"""What dfctl-config(5) says. Its settings come from where they are declared."""

from collections.abc import Iterator

from dfctl.core.settings import SettingKind
from dfctl.manual.facts import Facts, SettingFact
from dfctl.manual.page import Block, Heading, Item, Lines, Section, Text

_EXAMPLE = """\
default = "sales"                  # what `dfctl run` starts without a name

[profiles.prod]
backend = "invision"
address = "https://app.profitbase.biz/my-company"
key = { env = "SALES_KEY" }

[profiles.sales]
like = "prod"                      # the settings and the key of prod
flow = "2b081248-4963-43b3-ba06-5b7403d58b4d"
timeout = "2h"

[profiles.nightly]
backend = "dataform-web"
project = "5685548636176384"
flow = "nightly"
environment = "production"
key = { file = "/run/secrets/dataform" }"""

_FORMS = {
    SettingKind.TEXTS: "a list of texts",
    SettingKind.FLAG: "`true` or `false`",
    SettingKind.DURATION: "a duration",
    SettingKind.PATH: "a path",
    SettingKind.KEY: "see KEYS below",
}
_KEYS = (
    ('`key = { env = "`«NAME»`" }`', "In the environment variable «NAME»."),
    (
        '`key = { file = "`«PATH»`" }`',
        "All that the file holds, at most 64 KiB; a file that others can write is warned of.",
    ),
    (
        '`key = { command = ["`«PROGRAM»`", "`«ARGUMENT»`"] }`',
        "What the program writes to stdout within 60 s; no shell is involved.",
    ),
    (
        "`key = { keyring = true }`",
        "In the operating system's keyring; `dfctl keys set --keyring` keeps it there.",
    ),
    (
        '`key = "`«KEY»`"`',
        "The key itself. The file must then be readable by its owner alone.",
    ),
)


def configuration_sections(facts: Facts) -> Iterator[Section]:
    """Return the sections of the page on the configuration."""
    yield Section("DESCRIPTION", tuple(map(Text, _DESCRIPTION)))
    yield Section("SETTINGS", tuple(_settings(facts)))
    yield Section("KEYS", tuple(_keys()))
    yield Section("EXAMPLE", (Lines(tuple(_EXAMPLE.split("\n"))),))


def _settings(facts: Facts) -> Iterator[Block]:
    yield Text(
        "Durations are written 500ms, 90s, 5m, 2h30m, 7d or none. Paths may begin with ~, and are "
        "relative to the file they stand in."
    )
    for title, settings in facts.settings:
        yield Heading(title)
        for setting in settings:
            yield Item(f"`{setting.name}`", " ".join(setting_sentences(setting)))


def setting_sentences(setting: SettingFact) -> Iterator[str]:
    """Return what is to be said of a setting."""
    form = f" ({_FORMS[setting.form]})" if setting.form in _FORMS else ""
    yield f"{setting.help[:1].upper()}{setting.help[1:]}{form}."
    if not all(choice in setting.help for choice in setting.choices):
        yield f"One of {', '.join(setting.choices)}."
    if setting.default is not None:
        yield f"If not set: {setting.default}."
    if setting.variable:
        yield f"`{setting.variable}` sets it for every profile."


def _keys() -> Iterator[Block]:
    yield Text(
        "A key comes from the variable `DFCTL_KEY_`<«NAME»> where that is set (the profile's name "
        "in upper case, _ for . and -), or else from the setting `key`, or else from what "
        "`dfctl keys set` has kept. With `like`, a profile without a key takes the other's."
    )
    yield from (Item(term, text) for term, text in _KEYS)


_DESCRIPTION = (
    "The configuration is written in TOML, in the machine's file and the user's; `dfctl`(1) says "
    "where they are, and `dfctl profiles path` which are read. A setting in the user's file wins "
    "over the same one in the machine's. `--config` «FILE», or the variable `DFCTL_CONFIG`, names "
    "one file that is read instead of both.",
    "Each profile is a table `[profiles.`«NAME»`]`. A name has letters, digits, and after the "
    "first character also . _ and -; `env` is the profile that variables describe. At the top of "
    'the file, `default = "`«NAME»`"` names the profile that is meant where a command names none.',
    "A setting that is unknown, missing or wrong is named with its file and profile before "
    "anything is sent. `dfctl profiles check` «NAME» tries all of it and starts nothing.",
)
