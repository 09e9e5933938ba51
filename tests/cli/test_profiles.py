"""`dfctl profiles`: what is configured, and where it comes from."""

from pathlib import Path

from tests.shell import CANARY, Shell

CONFIG = f"""\
default = "sales"

[profiles.prod]
backend = "invision"
address = "https://app.profitbase.biz/my-company"
key = {{ env = "SALES_KEY" }}

[profiles.sales]
like = "prod"
flow = "2b081248-4963-43b3-ba06-5b7403d58b4d"
timeout = "2h"

[profiles.nightly]
backend = "dataform-web"
project = "5685548636176384"
key = "{CANARY}"
tags = ["daily", "b c"]

[profiles.broken]
backend = "invision"
"""


def test_profiles_list_marks_the_default_and_tells_what_is_broken(shell: Shell) -> None:
    shell.configure(CONFIG)

    ended = shell("profiles list")

    broken = f"{shell.config}: profile broken: address: is missing"
    flow = "2b081248-4963-43b3-ba06-5b7403d58b4d"
    address = "https://app.profitbase.biz/my-company"
    blank = " " * (len(flow) - 1)
    assert ended.result == (
        0,
        f"  prod     invision      -{blank}  {address}\n"
        f"* sales    invision      {flow}  {address}\n"
        f"  nightly  dataform-web  -{blank}  https://api.dataform.co/v1\n"
        f"  broken   -             -{blank}  {broken}\n",
        "",
    )


def test_profiles_list_is_a_document_in_json(shell: Shell) -> None:
    shell.configure(CONFIG)

    ended = shell("profiles list -o json")

    address = "https://app.profitbase.biz/my-company"
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.document == {
        "schema": 1,
        "exit_code": 0,
        "profiles": [
            {
                "name": "prod",
                "default": False,
                "backend": "invision",
                "flow": None,
                "address": address,
                "problem": None,
            },
            {
                "name": "sales",
                "default": True,
                "backend": "invision",
                "flow": "2b081248-4963-43b3-ba06-5b7403d58b4d",
                "address": address,
                "problem": None,
            },
            {
                "name": "nightly",
                "default": False,
                "backend": "dataform-web",
                "flow": None,
                "address": "https://api.dataform.co/v1",
                "problem": None,
            },
            {
                "name": "broken",
                "default": False,
                "backend": None,
                "flow": None,
                "address": None,
                "problem": f"{shell.config}: profile broken: address: is missing",
            },
        ],
        "error": None,
    }


def test_profiles_list_of_none_says_where_they_would_be(shell: Shell) -> None:
    shell.configure("")

    ended = shell("profiles list")

    assert ended.result == (0, "", "no profiles; dfctl init makes one, step by step\n")


def test_profiles_list_of_none_is_a_document_in_json(shell: Shell) -> None:
    shell.configure("")

    ended = shell("profiles list -o json")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.document == {"schema": 1, "exit_code": 0, "profiles": [], "error": None}


def test_profiles_show_tells_each_setting_and_its_origin(shell: Shell) -> None:
    shell.configure(CONFIG)

    ended = shell("profiles show", variables={"DFCTL_MAX_OUTAGE": "10m"})

    inherited = f"({shell.config}, profile prod, through like)"
    own = f"({shell.config}, profile sales)"
    # The widest value is the address.
    rows = [
        ("backend", "invision", inherited),
        ("address", "https://app.profitbase.biz/my-company", inherited),
        ("flow", "2b081248-4963-43b3-ba06-5b7403d58b4d", own),
        ("key", "env SALES_KEY", inherited),
        ("like", "prod", own),
        ("allow_http", "false", "(default)"),
        ("start_timeout", "5m", "(default)"),
        ("timeout", "2h", own),
        ("queue_timeout", "none", "(default)"),
        ("max_outage", "10m", "(DFCTL_MAX_OUTAGE)"),
        ("heartbeat", "1m", "(default)"),
        ("fail_on_warning", "false", "(default)"),
    ]
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout == "".join(
        f"{name:<15}  {value:<37}  {origin}\n" for name, value, origin in rows
    )


def test_profiles_show_is_a_document_in_json(shell: Shell) -> None:
    shell.configure(CONFIG)

    ended = shell("profiles show nightly -o json")

    document = ended.document
    settings = document.pop("settings")
    origin = f"{shell.config}, profile nightly"
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert document == {"schema": 1, "exit_code": 0, "error": None}
    assert [row for row in settings if row["origin"] != "default"] == [
        {"name": "backend", "value": "dataform-web", "origin": origin},
        {"name": "key", "value": "literal", "origin": origin},
        {"name": "project", "value": "5685548636176384", "origin": origin},
        {"name": "tags", "value": "daily, b c", "origin": origin},
    ]
    assert {
        "name": "address",
        "value": "https://api.dataform.co/v1",
        "origin": "default",
    } in settings


def test_profiles_show_tells_which_profile_it_shows(shell: Shell) -> None:
    shell.configure(CONFIG)

    ended = shell("profiles show")

    assert ended.exit_code == 0
    assert "sales" in ended.stdout


def test_profiles_show_of_the_variables_names_them(shell: Shell) -> None:
    shell.configure(CONFIG)
    variables = {
        "DFCTL_BACKEND": "dataform-web",
        "DFCTL_PROJECT": "1234",
        "DFCTL_FLOW": "nightly",
        "DFCTL_KEY": CANARY,
    }

    ended = shell("profiles show -o json", variables=variables)

    named = [row for row in ended.document["settings"] if row["origin"] != "default"]
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert named == [
        {"name": "backend", "value": "dataform-web", "origin": "DFCTL_BACKEND"},
        {"name": "flow", "value": "nightly", "origin": "DFCTL_FLOW"},
        {"name": "key", "value": "env DFCTL_KEY", "origin": "DFCTL_KEY"},
        {"name": "project", "value": "1234", "origin": "DFCTL_PROJECT"},
    ]


def test_profiles_path_names_the_file_that_is_read(shell: Shell) -> None:
    shell.configure(CONFIG)

    ended = shell("profiles path")

    assert ended.result == (0, f"{shell.config}\n", "")


def test_profiles_path_is_a_document_in_json(shell: Shell, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.touch(mode=0o600)

    ended = shell(f"profiles path -o json --config '{other.as_posix()}'")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.document == {
        "schema": 1,
        "exit_code": 0,
        "files": [{"path": str(other), "exists": True}],
        "error": None,
    }


def test_profiles_path_names_the_files_that_are_not_there(shell: Shell) -> None:
    ended = shell("profiles path", variables={"DFCTL_CONFIG": ""})

    lines = ended.stdout.splitlines()
    assert (ended.exit_code, ended.stderr, len(lines)) == (0, "", 2)
    assert lines[1].endswith("config.toml  (not there)")


def test_a_configuration_that_is_not_there_is_a_mistake(shell: Shell) -> None:
    by_variable = shell("profiles list")
    by_option = shell("profiles list -o json --config gone.toml")

    assert by_variable.result == (
        2,
        "",
        f"error: {shell.config}: there is no such file\nhint: DFCTL_CONFIG names this file\n",
    )
    assert by_option.exit_code == 2
    assert by_option.document["error"]["hint"] == "--config names this file"
