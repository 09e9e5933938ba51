"""What the README shows works as it stands there."""

import re
import shlex

import pytest

from tests.shell import CANARY, Shell
from tools.write_docs import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def snippets(language: str) -> list[str]:
    """Return the README's blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def exported(snippet: str) -> dict[str, str]:
    """Return the variables that a block exports; the key, which is asked for, is the canary."""
    pairs = re.findall(r"^export (DFCTL_\w+)=(\S+)", snippet, re.MULTILINE)
    return {**dict(pairs), "DFCTL_KEY": CANARY}


@pytest.mark.parametrize(
    ("backend", "request_line"),
    [
        (
            "invision",
            "https://app.profitbase.biz/my-company/api/pub/v1/dataflows/"
            "2b081248-4963-43b3-ba06-5b7403d58b4d/start",
        ),
        ("dataform-web", "https://api.dataform.co/v1/project/5685548636176384/run"),
    ],
)
def test_its_variables_describe_a_start(shell: Shell, backend: str, request_line: str) -> None:
    [block] = [text for text in snippets("bash") if f"DFCTL_BACKEND={backend}\n" in text]
    shell.variables = exported(block)

    ended = shell("run --dry-run")

    assert ended.exit_code == 0
    assert request_line in ended.stdout


def test_its_configuration_has_the_profiles_that_it_shows(shell: Shell) -> None:
    [configuration] = snippets("toml")
    shell.configure(configuration)

    listed = shell("profiles list -o json").document["profiles"]

    assert [(row["name"], row["default"], row["problem"]) for row in listed] == [
        ("prod", False, None),
        ("sales", True, None),
        ("nightly", False, None),
    ]


def test_its_crontab_line_starts_the_profile(shell: Shell) -> None:
    [line] = snippets("cron")
    shell.configure_invision("https://host.example")
    words = shlex.split(line)[5:]
    assert words[0].endswith("/dfctl")

    ended = shell(f"{shlex.join(words[1:])} --dry-run")

    assert ended.exit_code == 0
    assert "https://host.example/api/pub/v1/dataflows/updatesales/start" in ended.stdout
