from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.errors import KeyProblem, UsageError
from dfctl.core.exits import ExitCode
from dfctl.core.profiles import Line, Profile
from dfctl.core.settings import SettingProblem, Settings
from dfctl.core.watch import Limits
from dfctl.store.config import Config, account_name, load_config
from dfctl.store.keys import KeyReading
from tests.store.written import Files, attempt

INVISION = 'backend = "invision"\naddress = "https://host/company"\n'
SALES = f"[profiles.sales]\n{INVISION}"
NIGHTLY = '[profiles.nightly]\nbackend = "dataform-web"\nproject = "568"\n'
PROD_AND_SALES = f"""
default = "sales"

[profiles.prod]
{INVISION}
key = {{ env = "SALES_KEY" }}
timeout = "1h"

[profiles.sales]
like = "prod"
flow = "2b08"
timeout = "2h"
"""


def said(files: Files, act: Callable[[], object]) -> str:
    """The whole of the error that `act` raises; each is one of usage."""
    with pytest.raises(UsageError) as raised:
        act()
    assert raised.value.exit_code is ExitCode.USAGE
    return files.said(raised.value)


# Profiles


def test_a_profile_has_the_settings_of_those_it_is_like(files: Files) -> None:
    files.write(PROD_AND_SALES)

    assert files.load().profile("sales") == Profile(
        name="sales",
        backend="invision",
        line=Line("https://host/company"),
        settings=Settings("2b08", {}),
        limits=Limits(timeout=7200.0),
    )


def test_every_setting_of_a_profile_is_read(files: Files) -> None:
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (files.user.parent / name).write_text("PEM")
    files.write(
        NIGHTLY
        + """
address = "http://host/"
ca_file = "ca.pem"
client_cert = "./cert.pem"
client_key = "../user/key.pem"
allow_http = true
start_timeout = "1m"
timeout = "none"
queue_timeout = "10m"
interval = "500ms"
max_outage = "0s"
heartbeat = "none"
fail_on_warning = true
tags = ["a", "b"]
environment = "production"
"""
    )

    folder = files.user.parent
    assert files.load().profile("nightly") == Profile(
        name="nightly",
        backend="dataform-web",
        line=Line(
            "http://host",
            ca_file=str(folder / "ca.pem"),
            client_cert=str(folder / "cert.pem"),
            client_key=str(folder / "../user/key.pem"),
        ),
        settings=Settings(
            None, {"project": "568", "tags": ("a", "b"), "environment": "production"}
        ),
        limits=Limits(timeout=None, queue_timeout=600.0, interval=0.5, max_outage=0.0),
        start_timeout=60.0,
        heartbeat=None,
        fail_on_warning=True,
        allow_http=True,
    )


def test_a_backend_may_have_an_address_of_its_own(files: Files) -> None:
    files.write(NIGHTLY)

    assert files.load().profile("nightly").line.address == "https://api.dataform.co/v1"


def test_the_users_file_wins_over_the_machines_setting_by_setting(files: Files) -> None:
    files.write(
        'default = "sales"\n[profiles.sales]\nflow = "mine"\n[profiles.own]\nlike = "sales"\n',
        machine=f'default = "other"\n{SALES}flow = "theirs"\ntimeout = "1h"\n'
        f"[profiles.other]\n{INVISION}",
    )
    config = files.load()

    assert config.names() == ("sales", "other", "own")
    assert config.default_name() == "sales"
    for name in ("sales", "own"):
        assert config.profile(name).settings.flow == "mine"
        assert config.profile(name).limits.timeout == 3600.0


def test_two_files_cannot_give_one_profile_two_backends(files: Files) -> None:
    files.write('[profiles.sales]\nbackend = "dataform-web"\n', machine=SALES)

    assert said(files, lambda: files.load().profile("sales")) == (
        "USER: profile sales: backend: 'dataform-web' differs from 'invision' "
        "(MACHINE: profile sales: backend), and settings of one backend mean nothing to another"
    )


def test_the_command_line_wins_over_variables_and_they_win_over_the_profile(files: Files) -> None:
    files.write(f'{SALES}flow = "1"\ntimeout = "1h"\ninterval = "1s"\nmax_outage = "1m"\n')
    environ = {
        "DFCTL_TIMEOUT": " 2h\n",
        "DFCTL_INTERVAL": "2s",
        "DFCTL_HEARTBEAT": "",
        "DFCTL_FAIL_ON_WARNING": "Yes",
        "DFCTL_FLOW": "of env alone",
    }

    profile = files.load(environ).profile("sales", overrides={"timeout": None, "flow": "2"})

    assert profile.limits == Limits(timeout=None, interval=2.0, max_outage=60.0)
    assert profile.settings.flow == "2"
    assert profile.fail_on_warning
    assert profile.heartbeat == 60.0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'flwo = "x"',
            "'flwo' is no setting of the backend invision\ndid you mean flow?",
        ),
        (
            'Start-Timeout = "5m"',
            "'Start-Timeout' is no setting of the backend invision\ndid you mean start_timeout?",
        ),
        ('url = "x"', "'url' is no setting of the backend invision\ndid you mean address?"),
        ('zzz = "x"', "'zzz' is no setting of the backend invision"),
        ('project = "5"', "'project' is no setting of the backend invision"),
        (
            "[profiles.sales.v2]",
            "'v2' is no setting of the backend invision\n"
            'a profile whose name has a dot is [profiles."sales.v2"]',
        ),
        ("flow = 12", "flow: must be text, not a number"),
        ('flow = " "', "flow: is empty; leave it out instead"),
        (
            "timeout = 90",
            'timeout: must be a duration in quotes, not a number\nwrite timeout = "90s"',
        ),
        (
            "timeout = true",
            'timeout: must be a duration in quotes, not true or false\nwrite timeout = "90s"',
        ),
        (
            'timeout = "90"',
            "timeout: '90' is not a duration such as 500ms, 90s, 5m, 2h30m or none; "
            "did you mean 90s?",
        ),
        ('interval = "0s"', "interval: must be at least 100ms"),
        (
            'allow_http = "true"',
            "allow_http: must be true or false, not text\nwrite it without quotes",
        ),
        ("allow_http = 1", "allow_http: must be true or false, not a number"),
        (
            'key_in = "hedder"',
            "key_in: 'hedder' is not one of header and query\ndid you mean header?",
        ),
        ("flow = 2026-01-01", "flow: must be text, not a date or time"),
        ('ca_file = "none.pem"', "ca_file: FOLDER/none.pem: there is no such file"),
        ('ca_file = "."', "ca_file: FOLDER: is a folder, not a file"),
        (
            'ca_file = "C:\\temp"',
            "ca_file: holds a control character; a path with backslashes stands in single "
            r"quotes, as in 'C:\certificates\ca.pem'",
        ),
        (
            'ca_file = "~no-such-account/x"',
            "ca_file: begins with a home folder that cannot be found",
        ),
        (
            'client_key = "config.toml"',
            "client_key: stands without client_cert\n"
            "set client_cert to the certificate of this key",
        ),
        ('flow = ".."', "flow: '..' cannot be the id of a flow"),
        (
            'like = "sale"',
            "like: there is no profile 'sale'\ndid you mean sales?",
        ),
        ('like = "sales"', "like: leads back: sales -> sales"),
        ("like = 3", "like: must be text, not a number"),
        ('like = "env"', "like: the profile env is described by variables, for itself alone"),
    ],
)
def test_a_wrong_setting_is_named_with_file_and_profile(
    files: Files, text: str, problem: str
) -> None:
    files.write(f"{SALES}{text}\n")

    problem = problem.replace("FOLDER", str(files.user.parent))
    assert said(files, lambda: files.load().profile("sales")) == (f"USER: profile sales: {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[profiles]\nx = 3",
            "must be a table, not a number\nwrite its settings below [profiles.x]",
        ),
        (
            '[profiles.x]\nflow = "1"',
            "backend: is missing\nit is the service: invision or dataform-web",
        ),
        ("[profiles.x]\nbackend = 3", "backend: must be text, not a number"),
        (
            '[profiles.x]\nbackend = "invison"',
            "backend: there is no backend 'invison'\nthe backends are invision and dataform-web",
        ),
        (
            '[profiles.x]\nbackend = "invision"',
            "address: is missing\n"
            "it is the service's address, such as https://app.profitbase.biz/my-company",
        ),
        (
            '[profiles.x]\nbackend = "dataform-web"',
            "project: is missing\nit is the id of the project, as in the app's address",
        ),
        (
            '[profiles.x]\nbackend = "invision"\naddress = "https://a:b@host"',
            "address: holds a user name or password; leave out what stands before @",
        ),
        (
            '[profiles.x]\nbackend = "dataform-web"\nproject = "mine"',
            "project: 'mine' is not a project's id\n"
            "it is the number in https://app.dataform.co/#/<number>/",
        ),
        (
            '[profiles.x]\nbackend = "dataform-web"\nproject = "1"\ntags = "a"',
            'tags: must be a list of texts, not text\nwrite ["a"]',
        ),
        (
            '[profiles.x]\nbackend = "dataform-web"\nproject = "1"\ntags = ["a", 2]',
            "tags: must be text, not a number",
        ),
        (
            '[profiles.x]\nbackend = "dataform-web"\nproject = "1"\ntags = 2',
            "tags: must be a list of texts, not a number",
        ),
    ],
)
def test_what_a_profile_lacks_is_named(files: Files, text: str, problem: str) -> None:
    files.write(f"{text}\n")

    assert said(files, lambda: files.load().profile("x")) == f"USER: profile x: {problem}"


def test_a_wrong_setting_is_named_in_the_profile_where_it_stands(files: Files) -> None:
    files.write(f'[profiles.prod]\n{INVISION}timeout = "x"\n[profiles.sales]\nlike = "prod"\n')

    assert said(files, lambda: files.load().profile("sales")) == (
        "USER: profile prod: timeout: 'x' is not a duration such as 500ms, 90s, 5m, 2h30m or none"
    )


def test_a_chain_of_like_that_leads_back_is_told_whole(files: Files) -> None:
    files.write('[profiles.a]\nlike = "b"\n[profiles.b]\nlike = "c"\n[profiles.c]\nlike = "b"\n')

    assert said(files, lambda: files.load().profile("a")) == (
        "USER: profile c: like: leads back: a -> b -> c -> b"
    )


def test_profiles_of_two_backends_are_not_alike(files: Files) -> None:
    files.write(f'{SALES}{NIGHTLY}like = "sales"\n')

    assert said(files, lambda: files.load().profile("nightly")) == (
        "USER: profile nightly: backend: 'dataform-web' differs from 'invision' "
        "(USER: profile sales: backend), and settings of one backend mean nothing to another"
    )


def test_a_broken_profile_does_not_stop_a_command_about_another(files: Files) -> None:
    files.write(f'{SALES}[profiles.broken]\nbackend = 3\n[profiles."a b"]\n[profiles.env]\n')
    config = files.load()

    assert config.names() == ("sales", "broken", "a b", "env")
    assert config.profile("sales").name == "sales"


def test_env_in_a_file_and_a_name_that_is_none_are_errors_of_that_profile(files: Files) -> None:
    files.write(f'[profiles.env]\n{INVISION}[profiles."a b"]\n{INVISION}')

    assert said(files, lambda: files.load().profile("env")) == (
        "USER: profile env: is described by variables alone\ngive the profile another name"
    )
    assert said(files, lambda: files.load().profile("a b")) == (
        "USER: profile 'a b': is no name of a profile\n"
        "a name has letters, digits, and after the first also . _ and -"
    )


def test_what_an_adapter_says_of_a_start_is_told_with_its_place(files: Files) -> None:
    files.write(PROD_AND_SALES)
    problem = SettingProblem("flow", "is missing", hint="set it")
    config = files.load()

    assert files.said(config.describe("sales").error(problem)) == (
        "USER: profile sales: flow: is missing\nset it"
    )
    assert files.said(config.describe("prod").error(problem)) == (
        "USER: profile prod: flow: is missing\nset it"
    )
    given_here = config.describe("prod", overrides={"flow": "x"}).error(problem)
    assert files.said(given_here) == "--flow: is missing\nset it"


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"flow": ""}, "--flow: is empty; leave it out instead"),
        ({"flow": "a\udcff"}, "--flow: holds bytes that are not UTF-8"),
        ({"start_timeout": 0.0}, "--start-timeout: must be at least 100ms"),
    ],
)
def test_a_wrong_option_is_named(
    files: Files, overrides: Mapping[str, str | float], problem: str
) -> None:
    files.write(SALES)

    assert said(files, lambda: files.load().profile("sales", overrides=overrides)) == problem


# Alternatives


@pytest.mark.parametrize(
    ("parent", "child", "flow", "tags"),
    [
        ('flow = "f"', "", "f", ()),
        ('tags = ["t"]\neverything = true', 'flow = "g"', "g", ()),
        ('flow = "f"', 'tags = ["t"]', None, ("t",)),
        ('flow = "f"', 'flow = "g"', "g", ()),
    ],
)
def test_a_setting_replaces_its_inherited_alternatives(
    files: Files, third_party: str, parent: str, child: str, flow: str | None, tags: tuple[str, ...]
) -> None:
    files.write(
        f'[profiles.a]\nbackend = "{third_party}"\n{parent}\n[profiles.b]\nlike = "a"\n{child}\n'
    )
    settings = files.load().profile("b").settings

    assert (settings.flow, settings.texts("tags")) == (flow, tags)
    assert not settings.flag("everything")


def test_a_schedule_of_dataform_web_replaces_inherited_tags(files: Files) -> None:
    files.write(f'{NIGHTLY}tags = ["t"]\n[profiles.b]\nlike = "nightly"\nflow = "f"\n')

    assert files.load().profile("b").settings == Settings("f", {"project": "568"})


def test_a_flow_on_the_command_line_replaces_the_tags_of_the_profile(
    files: Files, third_party: str
) -> None:
    files.write(f'[profiles.a]\nbackend = "{third_party}"\ntags = ["t"]\n')

    settings = files.load().profile("a", overrides={"flow": "f"}).settings

    assert (settings.flow, settings.texts("tags")) == ("f", ())


def test_alternatives_beside_each_other_are_left_to_the_adapter(
    files: Files, third_party: str
) -> None:
    files.write(f'[profiles.a]\nbackend = "{third_party}"\nflow = "f"\ntags = ["t"]\n')

    assert said(files, lambda: files.load().profile("a")) == (
        "USER: profile a: flow: stands beside tags\nleave one of them out"
    )


def test_a_file_that_an_adapter_of_a_third_party_asks_for_must_be_there(
    files: Files, third_party: str
) -> None:
    files.write(f'[profiles.a]\nbackend = "{third_party}"\ncertificate = "x"\n')

    assert said(files, lambda: files.load().profile("a")) == (
        f"USER: profile a: certificate: {files.user.parent / 'x'}: there is no such file"
    )


# The default


@pytest.mark.parametrize(
    ("text", "environ", "name"),
    [
        (SALES, {}, "sales"),
        (SALES + NIGHTLY, {"DFCTL_PROFILE": "nightly"}, "nightly"),
        (PROD_AND_SALES, {}, "sales"),
        (PROD_AND_SALES, {"DFCTL_PROFILE": "prod"}, "prod"),
        (PROD_AND_SALES, {"DFCTL_PROFILE": ""}, "sales"),
        (PROD_AND_SALES, {"DFCTL_BACKEND": "invision"}, "env"),
        (PROD_AND_SALES, {"DFCTL_BACKEND": "invision", "DFCTL_PROFILE": "prod"}, "prod"),
        (PROD_AND_SALES, {"DFCTL_BACKEND": " "}, "sales"),
    ],
)
def test_the_default_profile(files: Files, text: str, environ: dict[str, str], name: str) -> None:
    files.write(text)

    assert files.load(environ).default_name() == name


def test_where_nothing_is_described_the_error_says_how_to(files: Files) -> None:
    looked = f"(account {account_name()}, looked at MACHINE (not there) and USER (not there))"
    hint = (
        "dfctl init writes one to USER, step by step; or set DFCTL_BACKEND, DFCTL_ADDRESS, "
        "DFCTL_FLOW and DFCTL_KEY"
    )

    assert said(files, lambda: files.load().default_name()) == (
        f"there is no profile {looked}\n{hint}"
    )
    assert said(files, lambda: files.load().profile("x")) == (
        f"there is no profile 'x' {looked}\n{hint}"
    )


def test_of_several_profiles_one_must_be_named(files: Files) -> None:
    files.write(SALES + NIGHTLY)

    assert said(files, lambda: files.load().default_name()) == (
        "no profile is named, and none of sales and nightly is the default\n"
        'name one, set DFCTL_PROFILE, or write default = "sales" at the top of USER'
    )


@pytest.mark.parametrize(
    ("text", "environ", "problem"),
    [
        (f'default = "slaes"\n{SALES}', {}, "USER: default: there is no profile 'slaes'"),
        (SALES, {"DFCTL_PROFILE": "slaes"}, "DFCTL_PROFILE: there is no profile 'slaes'"),
    ],
)
def test_a_default_that_is_no_profile_says_who_named_it(
    files: Files, text: str, environ: dict[str, str], problem: str
) -> None:
    files.write(text)

    assert said(files, lambda: files.load(environ).default_name()) == (
        f"{problem} (account {account_name()}, looked at MACHINE (not there) and USER)\n"
        "did you mean sales?"
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("saels", "did you mean sales?"),
        ("xyz", "the profiles are sales and nightly"),
        ("env", "the profile env exists while DFCTL_BACKEND is set"),
    ],
)
def test_an_unknown_profile_is_told_with_the_account_and_the_files(
    files: Files, name: str, hint: str
) -> None:
    files.write(SALES + NIGHTLY)

    assert said(files, lambda: files.load().profile(name)) == (
        f"there is no profile {name!r} "
        f"(account {account_name()}, looked at MACHINE (not there) and USER)\n{hint}"
    )


def test_the_only_profile_is_named_to_who_asks_for_another(files: Files) -> None:
    files.write(SALES)

    assert said(files, lambda: files.load().key_source("xyz")).endswith(
        "\nthe only profile is sales"
    )


# Variables


def test_variables_describe_the_profile_env(files: Files, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("PEM")
    files.write(SALES)
    config = files.load(
        {
            "DFCTL_BACKEND": "dataform-web\n",
            "DFCTL_PROJECT": "568",
            "DFCTL_TAGS": "a, b,",
            "DFCTL_ENVIRONMENT": "production",
            "DFCTL_ADDRESS": "http://localhost:1/",
            "DFCTL_CA_FILE": str(ca_file),
            "DFCTL_ALLOW_HTTP": "1",
            "DFCTL_WHOLE_PROJECT": "no",
            "DFCTL_TIMEOUT": "5m",
            "DFCTL_KEY": "sesame\n",
        }
    )

    assert config.names() == ("env", "sales")
    assert config.profile("env") == Profile(
        name="env",
        backend="dataform-web",
        line=Line("http://localhost:1", ca_file=str(ca_file)),
        settings=Settings(
            None,
            {
                "project": "568",
                "tags": ("a", "b"),
                "environment": "production",
                "whole_project": False,
            },
        ),
        limits=Limits(timeout=300.0),
        allow_http=True,
    )
    assert config.key_source("env").describe() == "env DFCTL_KEY"
    assert config.key_source("env").read().secret.reveal() == "sesame"
    assert config.profile("sales").line.address == "https://host/company"


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {"DFCTL_BACKEND": "invison"},
            "DFCTL_BACKEND: there is no backend 'invison'\n"
            "the backends are invision and dataform-web",
        ),
        (
            {"DFCTL_ADDRESS": ""},
            "DFCTL_ADDRESS: is missing\n"
            "it is the service's address, such as https://app.profitbase.biz/my-company",
        ),
        (
            {"DFCTL_ADDRESS": "host"},
            "DFCTL_ADDRESS: begins with neither https:// nor http://; did you mean https://host?",
        ),
        (
            {"DFCTL_TIMEOUT": "90"},
            "DFCTL_TIMEOUT: '90' is not a duration such as 500ms, 90s, 5m, 2h30m or none; "
            "did you mean 90s?",
        ),
        (
            {"DFCTL_FAIL_ON_WARNING": "on"},
            "DFCTL_FAIL_ON_WARNING: 'on' is not one of true, false, 1, 0, yes and no",
        ),
        (
            {"DFCTL_KEY_IN": "cookie"},
            "DFCTL_KEY_IN: 'cookie' is not one of header and query",
        ),
        ({"DFCTL_FLOW": ".."}, "DFCTL_FLOW: '..' cannot be the id of a flow"),
        ({"DFCTL_FLOW": "\udcff"}, "DFCTL_FLOW: holds bytes that are not UTF-8"),
    ],
)
def test_a_wrong_variable_is_named(files: Files, environ: dict[str, str], problem: str) -> None:
    whole = {"DFCTL_BACKEND": "invision", "DFCTL_ADDRESS": "https://host", **environ}

    assert said(files, lambda: files.load(whole).profile("env")) == problem


# Keys of profiles


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        ({}, "env SALES_KEY"),
        ({"DFCTL_KEY_SALES": "a", "DFCTL_KEY_PROD": "b"}, "env DFCTL_KEY_SALES"),
        ({"DFCTL_KEY_PROD": "b", "DFCTL_KEY": "c"}, "env DFCTL_KEY_PROD"),
        ({"DFCTL_KEY_SALES": ""}, "env SALES_KEY"),
    ],
)
def test_a_variable_of_the_profile_comes_before_its_key_and_before_what_is_inherited(
    files: Files, environ: dict[str, str], source: str
) -> None:
    files.write(PROD_AND_SALES)

    assert files.load(environ).key_source("sales").describe() == source


def test_a_profiles_own_key_comes_before_a_variable_of_the_one_it_is_like(files: Files) -> None:
    files.write(f'{PROD_AND_SALES}key = {{ env = "OWN" }}\n')

    assert files.load({"DFCTL_KEY_PROD": "b"}).key_source("sales").describe() == "env OWN"


def test_the_name_of_a_key_variable_has_no_dots_and_dashes(files: Files) -> None:
    files.write(f'[profiles."Sales.v-2"]\n{INVISION}')

    key = files.load({"DFCTL_KEY_SALES_V_2": "sesame"}).key_source("Sales.v-2")

    assert key.describe() == "env DFCTL_KEY_SALES_V_2"


def test_profiles_that_would_share_a_key_variable_are_an_error_when_it_is_set(
    files: Files,
) -> None:
    files.write(f"[profiles.a-b]\n{INVISION}[profiles.A_B]\n{INVISION}")

    assert files.load().profile("a-b").name == "a-b"
    assert said(files, lambda: files.load({"DFCTL_KEY_A_B": "x"}).key_source("a-b")) == (
        "DFCTL_KEY_A_B: could be the key of each of the profiles a-b and A_B\n"
        'rename one, or write key = { env = "NAME" } in their settings and unset this variable'
    )


def missing_key(config: Config, name: str) -> tuple[str, str | None]:
    source = config.key_source(name)
    assert source.describe() == "none"
    with pytest.raises(KeyProblem) as raised:
        source.read()
    return raised.value.message, raised.value.hint


def test_a_profile_without_a_key_says_how_to_give_one(files: Files) -> None:
    files.write(SALES)

    assert missing_key(files.load(), "sales") == (
        "the profile sales has no key",
        "dfctl keys set sales, or set DFCTL_KEY_SALES",
    )
    assert missing_key(files.load({"DFCTL_BACKEND": "invision"}), "env") == (
        "the profile env has no key",
        "set DFCTL_KEY",
    )


def test_the_variable_key_in_never_holds_the_key_of_a_profile_called_in(files: Files) -> None:
    files.write(f"[profiles.in]\n{INVISION}")

    assert missing_key(files.load({"DFCTL_KEY_IN": "query"}), "in") == (
        "the profile in has no key",
        "dfctl keys set in; the variable DFCTL_KEY_IN is a setting of the profile env",
    )


# Showing


def test_each_setting_is_shown_with_where_it_comes_from(files: Files) -> None:
    files.write(PROD_AND_SALES)
    config = files.load({"DFCTL_HEARTBEAT": "30s"})

    shown = [
        (setting.name, setting.value, setting.origin.replace(str(files.user), "USER"))
        for setting in config.describe("sales", overrides={"interval": 5.0}).shown()
    ]

    assert shown == [
        ("backend", "invision", "USER, profile prod, through like"),
        ("address", "https://host/company", "USER, profile prod, through like"),
        ("flow", "2b08", "USER, profile sales"),
        ("key", "env SALES_KEY", "USER, profile prod, through like"),
        ("like", "prod", "USER, profile sales"),
        ("allow_http", "false", "default"),
        ("start_timeout", "5m", "default"),
        ("timeout", "2h", "USER, profile sales"),
        ("queue_timeout", "none", "default"),
        ("interval", "5s", "--interval"),
        ("max_outage", "5m", "default"),
        ("heartbeat", "30s", "DFCTL_HEARTBEAT"),
        ("fail_on_warning", "false", "default"),
    ]


# Anything

VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["address", "flow", "key", "like", "ca_file", "allow_http", "timeout", "interval", "tags",
     "project", "key_in", "client_key"]
)  # fmt: skip


@given(
    st.dictionaries(NAMES | st.text(), VALUES, max_size=6),
    st.sampled_from(["invision", "dataform-web"]),
)
def test_any_settings_are_a_profile_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, settings: dict[str, object], backend: str
) -> None:
    import tomli_w

    path = tmp_path_factory.getbasetemp() / "settings.toml"
    table = {"backend": backend, **settings}
    path.write_text(tomli_w.dumps({"profiles": {"any": table}}), encoding="utf-8", newline="")

    config = load_config({}, explicit=str(path))
    profile = attempt(lambda: config.profile("any"))
    shown = attempt(lambda: config.describe("any").shown())

    assert isinstance(profile, (Profile, UsageError))
    assert isinstance(shown, (tuple, UsageError))


@given(st.dictionaries(
    st.sampled_from(["BACKEND", "ADDRESS", "FLOW", "KEY", "TIMEOUT", "TAGS", "PROJECT", "CA_FILE",
                     "ALLOW_HTTP", "PROFILE", "INTERVAL", "CLIENT_KEY"]).map("DFCTL_{}".format),
    st.text() | st.sampled_from(["invision", "dataform-web", "https://host", "1", "5m"]),
))  # fmt: skip
def test_any_variables_are_a_profile_or_an_error(environ: dict[str, str]) -> None:
    config = load_config(environ, files=(Path("none"), Path("nowhere")))

    profile = attempt(lambda: config.profile(config.default_name()))
    read = attempt(lambda: config.key_source(config.default_name()).read())

    assert isinstance(profile, (Profile, UsageError))
    assert isinstance(read, (KeyReading, UsageError, KeyProblem))
