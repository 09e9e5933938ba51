"""`dfctl profiles add`: a profile without questions."""

import os

import pytest

from tests.shell import CANARY, Ended, Shell

INVISION = "--backend invision --address https://host.example/company/ --flow 2b08"
SALES = """\
[profiles.sales]
backend = "invision"
address = "https://host.example/company"
flow = "2b08"
"""


def told(shell: Shell, ended: Ended) -> tuple[int, str, str]:
    """The result, with the folder of the test cut short."""
    code, out, err = ended.result
    return code, out.replace(str(shell.folder), "FOLDER"), err.replace(str(shell.folder), "FOLDER")


def test_the_first_profile_makes_the_file_and_is_the_default(shell: Shell) -> None:
    ended = shell(f"profiles add sales {INVISION}")

    assert told(shell, ended) == (
        0,
        SALES,
        "written to FOLDER/config.toml as the default\nnext: dfctl keys set sales\n",
    )
    assert shell.config.read_text() == f'default = "sales"\n\n{SALES}'
    if os.name != "nt":
        assert shell.config.stat().st_mode & 0o777 == 0o600


def test_another_profile_leaves_what_stands_there(shell: Shell) -> None:
    before = f"# mine\ndefault='sales'\n{SALES}# the end"
    shell.configure(before)

    ended = shell(
        "profiles add night --backend dataform-web --set project=568 --set tags=daily,hourly "
        "--set timeout=2h --set allow_http=yes --key-env NIGHT_KEY"
    )

    table = """\
[profiles.night]
backend = "dataform-web"
project = "568"
tags = ["daily", "hourly"]
timeout = "2h"
allow_http = true
key = { env = "NIGHT_KEY" }
"""
    assert told(shell, ended) == (
        0,
        table,
        "written to FOLDER/config.toml\nnext: dfctl profiles check night\n",
    )
    assert shell.config.read_text() == f"{before}\n\n{table}"


def test_a_profile_may_be_like_another(shell: Shell) -> None:
    shell.configure(SALES)

    ended = shell("profiles add stock --set like=sales --flow 7c1f")

    assert told(shell, ended) == (
        0,
        '[profiles.stock]\nflow = "7c1f"\nlike = "sales"\n',
        "written to FOLDER/config.toml\nnext: dfctl profiles check stock\n",
    )
    assert shell("profiles show stock").stdout.splitlines()[1].split()[:2] == [
        "address",
        "https://host.example/company",
    ]


def test_paths_are_written_so_that_they_mean_the_same_file_from_anywhere(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.folder)
    (shell.folder / "ca.pem").write_text("PEM")

    ended = shell(f"profiles add sales {INVISION} --set ca_file=ca.pem --key-file key.txt")

    assert ended.exit_code == 0
    assert shell.config.read_text() == (
        f'default = "sales"\n\n{SALES}'
        f'ca_file = "{shell.folder / "ca.pem"}"\n'
        f'key = {{ file = "{shell.folder / "key.txt"}" }}\n'
    )


def test_the_configuration_that_is_named_may_be_new_and_is_named_again(shell: Shell) -> None:
    file = shell.folder / "my files" / "other.toml"

    ended = shell(f"profiles add sales {INVISION} --config '{file}'")

    assert told(shell, ended) == (
        0,
        SALES,
        "written to FOLDER/my files/other.toml as the default\n"
        "next: dfctl keys set sales --config 'FOLDER/my files/other.toml'\n",
    )
    assert not shell.config.exists()


def test_json_tells_what_was_written_and_where(shell: Shell) -> None:
    ended = shell(f"profiles add sales {INVISION} --set fail_on_warning=1 -o json")

    assert ended.stderr == ""
    assert ended.document == {
        "schema": 1,
        "exit_code": 0,
        "profiles": [
            {
                "name": "sales",
                "file": str(shell.config),
                "settings": {
                    "backend": "invision",
                    "address": "https://host.example/company",
                    "flow": "2b08",
                    "fail_on_warning": True,
                },
            }
        ],
        "error": None,
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "new",
            "error: --backend is missing\n"
            "hint: --backend invision or --backend dataform-web; or --set like=PROFILE\n",
        ),
        (
            "new --backend invisoin",
            "error: --backend: there is no backend 'invisoin'\n"
            "hint: the backends are invision and dataform-web\n",
        ),
        (
            "new --backend dataform-web --flow nightly",
            "error: profile new: project: is missing\n"
            "hint: it is the id of the project, as in the app's address\n",
        ),
        (
            "new --backend dataform-web --flow nightly --set project=1 --set tags=daily",
            "error: profile new: tags: stands beside a flow: Dataform Web runs either a schedule "
            "or tags\nhint: leave one of them out\n",
        ),
        (
            "new --backend invision --address host.example/company",
            "error: --address: begins with neither https:// nor http://; did you mean "
            "https://host.example/company?\n",
        ),
        (
            f"new {INVISION} --set timeout=2",
            "error: --set timeout: '2' is not a duration such as 500ms, 90s, 5m, 2h30m "
            "or none; did you mean 2s?\n",
        ),
        (
            f"new {INVISION} --set allow_http=maybe",
            "error: --set allow_http: 'maybe' is not one of true, false, 1, 0, yes and no\n",
        ),
        (
            f"new {INVISION} --set flow=2",
            "error: --set flow: is given twice\n",
        ),
        (
            f"new {INVISION} --set timout=2h",
            "error: --set timout: 'timout' is no setting of the backend invision\n"
            "hint: did you mean timeout?\n",
        ),
        (
            f"new {INVISION} --set ca_file=/no/such.pem",
            "error: profile new: ca_file: /no/such.pem: there is no such file\n",
        ),
        (
            "new --set like=sale",
            "error: --set like: there is no profile 'sale'\nhint: did you mean sales?\n",
        ),
        (
            f"new {INVISION} --key-env A --key-file B",
            "error: --key-env and --key-file name two places: a key is in one\n",
        ),
        (
            f"sales {INVISION}",
            "error: FOLDER/config.toml: there is a profile 'sales' already\n"
            "hint: take another name, or change its settings in the file\n",
        ),
        (
            f"env {INVISION}",
            "error: the profile env is described by variables alone\nhint: take another name\n",
        ),
        (
            f"'my sales' {INVISION}",
            "error: 'my sales' is no name of a profile\n"
            "hint: a name has letters, digits, and after the first also . _ and -\n",
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(shell: Shell, line: str, said: str) -> None:
    shell.configure(SALES)

    ended = shell(f"profiles add {line}")

    assert told(shell, ended) == (2, "", said)
    assert shell.config.read_text() == SALES


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            f"--set 'key={CANARY}'",
            "error: a key is never typed into a command line, where others can see it\n"
            "hint: store it with `dfctl keys set NAME`, or give --key-env or --key-file\n",
        ),
        (f"--set '{CANARY}'", "error: --set has the form NAME=VALUE, such as --set timeout=2h\n"),
        (
            f"--set 'token={CANARY}'",
            "error: --set token: 'token' is no setting of the backend invision\n"
            "hint: did you mean key?\n",
        ),
        (
            f"--key-env '{CANARY}'",
            "error: --key-env: env must be the name of an environment variable\n"
            'hint: write { env = "NAME" }\n',
        ),
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    shell: Shell, option: str, said: str
) -> None:
    ended = shell(f"profiles add sales {INVISION} {option}")

    assert ended.result == (2, "", said)
    assert not shell.config.exists()
