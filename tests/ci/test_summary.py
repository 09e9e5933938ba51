"""The summary is a table that no text of a service can break or make say something else."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.core.text import clean_link
from dfctl.output.ci.facts import as_code, outputs, summary
from tests.ci.hostile import hostile_text
from tests.core.properties import any_text, bounded
from tests.output.stages import ENDED, LOST, REFUSED

MARKDOWN = [
    "a | b", "a \\| b", "`code`", "``", "\\`", "<b>bold</b>", "<!-- ", "<script>alert(1)</script>",
    "[link](https://host.example)", "![image](https://host.example/i.png)", "@everyone", "#1",
    "https://host.example", "www.host.example", "someone@host.example", "&#124;", "&lt;b&gt;",
    "# heading", "- list", ":tada:", "$\\frac{a}{b}$", "~~gone~~", "a\n\n| b |", "\\",
]  # fmt: skip
hostile_markdown = st.lists(
    st.sampled_from([*MARKDOWN, "|", "`", "\\", "\n", "<", ">", "]", ")", "("]) | hostile_text,
    max_size=5,
).map("".join)
runs = st.builds(
    Run,
    profile=st.sampled_from(["sales", "a.b-c_d"]),
    backend=st.just("invision"),
    flow=st.none() | hostile_markdown,
    locator=st.none() | hostile_markdown,
    state=st.none() | st.sampled_from(State),
    service_state=st.none() | hostile_markdown,
    elapsed_s=st.none() | st.floats(0, 1e9),
    url=(any_text | hostile_markdown).map(lambda text: clean_link(f"https://host.example/{text}")),
    exit_code=st.sampled_from(ExitCode),
    message=st.none() | hostile_markdown,
)
WORDS = {
    "dfctl", "profile", "flow", "state", "length", "run", ": ", ":", "",
    "not seen", "not started", "unconfirmed", "succeeded with warnings", "timed out", *State,
}  # fmt: skip


def tokens_of(text: str) -> list[Token]:
    """Return all that a page of Markdown is made of, as GitHub reads it: with tables and HTML."""
    read = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    return [inner for token in read for inner in [token, *(token.children or [])]]


@bounded(80)
@given(st.lists(runs, max_size=3))
def test_whatever_is_known_of_runs_gives_a_row_of_five_cells_each(told: list[Run]) -> None:
    tokens = tokens_of(summary(told))
    kinds = [token.type for token in tokens]

    assert kinds.count("table_open") == 1
    assert kinds.count("tr_open") == 1 + len(told)
    assert kinds.count("td_open") == 5 * len(told)
    assert not {"html_inline", "html_block", "image", "code_block", "fence"} & set(kinds)
    for token in tokens:
        if token.type == "text":
            assert token.content in WORDS or re.fullmatch(r"[\d.dhms]+", token.content)
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith("https://host.example/")


@pytest.mark.parametrize("text", MARKDOWN)
def test_text_of_a_service_is_code_and_nothing_else(text: str) -> None:
    tokens = tokens_of(f"| a |\n|---|\n| {as_code(text)} |\n")

    assert [token.type for token in tokens].count("td_open") == 1
    [code] = [token for token in tokens if token.type == "code_inline"]
    assert "|" not in code.content
    assert as_code("a | `b`") == "`a \N{BROKEN BAR} 'b'`"


def test_the_link_of_a_run_leads_where_the_service_says() -> None:
    run = replace(ENDED, url="https://app.dataform.co/#/1234/run/5678?a=b&c=%20d")

    tokens = tokens_of(summary([run]))

    assert [token.attrs["href"] for token in tokens if token.type == "link_open"] == [run.url]


def test_what_went_wrong_stands_below_the_table() -> None:
    assert summary([ENDED, LOST, REFUSED]) == (
        "### dfctl\n"
        "\n"
        "| profile | flow | state | length | run |\n"
        "|---|---|---|---|---|\n"
        "| `sales` | `updatesales` | succeeded | 1m30s | `sales/updatesales/r1` |\n"
        "| `sales` | `updatesales` | running |  | `sales/updatesales/r1` |\n"
        "| `sales` | `updatesales` | not started |  |  |\n"
        "\n"
        "- `sales`: `no contact for 5m (--max-outage); the run goes on`\n"
        "- `sales`: `the service refused the key: HTTP 401`\n"
        "\n"
    )


@bounded(25)
@given(st.lists(runs, min_size=4, max_size=8), st.integers(100, 1500))
def test_a_summary_is_cut_before_it_is_too_long(told: list[Run], longest: int) -> None:
    whole = summary(told)
    cut = summary(told, longest=longest)
    end = "\nThere is more: the log has all of it.\n"

    assert len(cut.removesuffix(end).encode()) <= longest
    assert whole.startswith(cut.removesuffix(end))
    assert (cut == whole) == (len(whole.encode()) <= longest)


@bounded(60)
@given(st.lists(runs, max_size=3))
def test_outputs_are_one_line_with_a_word_for_each_run(told: list[Run]) -> None:
    known = [run for run in told if run.reference]
    values = outputs(told, ExitCode.FAILED)

    assert values.pop("exit_code") == "3"
    for name, value in values.items():
        assert len(value.split(" ")) == len(known), name
        assert value.isascii()
        assert value.isprintable()
        assert not set("$`\"'\\|;<>()") & set(value) or name == "run"
