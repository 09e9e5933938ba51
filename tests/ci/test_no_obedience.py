"""No text of a service is ever obeyed by the CI system in whose log it stands."""

import io
import json
import sys
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dfctl.core.text import clean, clean_link, without_commands
from dfctl.output.documents import json_text
from dfctl.output.live import Live
from dfctl.output.streams import NoticeStream, ResultStream
from tests.ci.hostile import COMMANDS, hostile_text
from tests.ci.runners import (
    Obeyed,
    azure_commands,
    azure_complaints,
    github_commands,
    gitlab_sections,
)
from tests.cli.services import DataformWeb, InVision, answer
from tests.core.properties import bounded
from tests.output.stages import Terminal
from tests.shell import Ended, Shell


def obeyed(log: str) -> list[object]:
    """Return what any system would make of a log."""
    found: list[object] = [*github_commands(log), *azure_commands(log), *azure_complaints(log)]
    return [*found, *(["teamcity"] if "##teamcity[" in log else [])]


@pytest.mark.parametrize("text", COMMANDS)
def test_the_parsers_of_the_tests_obey_what_is_hostile(text: str) -> None:
    assert obeyed(text) or gitlab_sections(text) or "\u200b" in text or "\ufeff" in text


def test_the_parsers_of_the_tests_read_what_the_systems_document() -> None:
    assert github_commands("::error title=a%3Ab,file=c::d%0Ae%25") == [
        Obeyed("error", "d\ne%", {"title": "a:b", "file": "c"})
    ]
    assert azure_commands("x ##vso[task.logissue type=error;code=1%5D]a%AZP25%0Ab") == [
        Obeyed("task.logissue", "a%\nb", {"type": "error", "code": "1]"})
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::no", ": :error::no"),
        ("well\n  ::error::no", "well\n  : :error::no"),
        ("a\r::error::no", "a\r: :error::no"),
        ("sales: ##[error]no", "sales: # #[error]no"),
        ("##vso[a.b]no", "# #vso[a.b]no"),
        ("### Heading ## of #1 and Foo::bar::baz", "### Heading ## of #1 and Foo::bar::baz"),
        ("https://app.dataform.co/#/1234/run/5678", "https://app.dataform.co/#/1234/run/5678"),
    ],
)
def test_a_blank_parts_the_signs_of_a_command(text: str, shown: str) -> None:
    assert without_commands(text) == shown


@bounded(200)
@given(hostile_text)
def test_no_line_of_either_stream_is_obeyed(text: str) -> None:
    out, err = io.StringIO(newline=""), io.StringIO(newline="")
    ResultStream(out).line(text)
    NoticeStream(err).line(text)

    assert obeyed(out.getvalue()) == []
    assert obeyed(err.getvalue()) == []


@bounded(100)
@given(hostile_text)
def test_no_cleaned_text_folds_a_log_of_gitlab(text: str) -> None:
    assert gitlab_sections(f"sales: {clean(text)}\r\n") == []


@bounded(60)
@given(st.dictionaries(hostile_text, hostile_text, max_size=3), st.sampled_from([None, 2]))
def test_no_json_is_obeyed_and_it_says_the_same(
    document: dict[str, object], indent: int | None
) -> None:
    text = json_text(document, indent=indent)

    assert json.loads(text) == document
    assert obeyed(text) == []
    assert without_commands(text) == text


@bounded(100)
@given(hostile_text)
@example("##vso[task.complete]")
@example("##[error]")
def test_no_link_is_obeyed_even_within_a_line(text: str) -> None:
    link = clean_link(f"https://host.example/{text}")

    assert link is None or obeyed(f"sales: \x1b]8;;{link}\x1b\\running") == []


@pytest.mark.parametrize("text", COMMANDS)
def test_no_note_beside_the_live_line_is_obeyed(text: str) -> None:
    stream = Terminal(newline="")
    notices = NoticeStream(stream)
    Live(notices, lambda: 0.0, is_verbose=False, color=None, is_unicode=True).note(clean(text))

    assert obeyed(stream.getvalue()) == []


@pytest.mark.parametrize("options", ["-v", "-o json", "-o jsonl", "-q", "-o ref"])
def test_no_answer_of_a_service_is_obeyed(shell: Shell, invision: InVision, options: str) -> None:
    ended = a_run_that_is_refused(shell, invision, options)

    assert obeyed(ended.stdout + ended.stderr) == []


@pytest.mark.parametrize("system", ["github", "azure", "gitlab"])
def test_nothing_is_obeyed_but_what_dfctl_tells_the_system_itself(
    shell: Shell, invision: InVision, system: str
) -> None:
    ended = a_run_that_is_refused(shell, invision, f"-v --ci {system}")

    log = ended.stdout + ended.stderr
    own = ["task.setvariable", "task.logissue", *["task.setvariable"] * 3]
    assert [one.name for one in github_commands(log)] == (["error"] if system == "github" else [])
    assert [one.name for one in azure_commands(log)] == (own if system == "azure" else [])


def a_run_that_is_refused(shell: Shell, invision: InVision, options: str) -> Ended:
    """Run a flow of a service that puts commands wherever it has something to say."""
    hostile = "##vso[task.complete result=Succeeded;]##[error]x"
    invision.on_start({"runId": f"::error::{hostile}", "status": f"::debug::{hostile}"})
    locator = quote(f"::error::{hostile}", safe="")
    look = f"GET /invision/api/pub/v1/dataflows/updatesales/runs/{locator}/status"
    invision.expect(look, answer({"message": f"::error::{hostile}"}, 403), headers={})

    ended = shell(f"run sales {options}")

    invision.server.check()
    assert ended.exit_code == 7
    assert hostile not in ended.stdout + ended.stderr
    return ended


@pytest.mark.parametrize("text", [COMMANDS[0], COMMANDS[7], COMMANDS[-2]])
def test_no_message_of_a_refusal_is_obeyed(shell: Shell, dataform: DataformWeb, text: str) -> None:
    dataform.on_start(answer({"error": text, "code": 3, "message": text, "details": []}, 400))

    ended = shell("run nightly -v")

    assert dataform.requests == [dataform.start_line]
    assert ended.exit_code == 2
    assert obeyed(ended.stdout + ended.stderr) == []


def test_a_program_that_prints_the_key_is_not_obeyed(shell: Shell) -> None:
    words = "##vso[task.complete result=Succeeded;]"
    command = [sys.executable, "-c", f"raise SystemExit({words!r})"]
    shell.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "https://host.example"\nflow = "f"\n'
        f"key = {{ command = {json.dumps(command)} }}\n"
    )

    ended = shell("run sales")

    assert ended.exit_code == 4
    assert "# #vso[task.complete" in ended.stderr
    assert obeyed(ended.stderr) == []


def test_json_still_says_what_the_service_said(shell: Shell, invision: InVision) -> None:
    invision.on_look(invision.seen("##vso[a.b]"))

    ended = shell(f"status {invision.reference} -o json")

    assert ended.document["runs"][0]["service_state"] == "##vso[a.b]"
    assert obeyed(ended.stdout) == []
