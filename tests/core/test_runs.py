"""References find a run again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.errors import UsageError
from dfctl.core.runs import Reference, Run
from tests.core.properties import any_text, bounded, plain_text


@pytest.mark.parametrize(
    ("text", "profile", "locator"),
    [
        ("sales/flow/run", "sales", "flow/run"),
        ("nightly/1029591293203", "nightly", "1029591293203"),
        (" a.b_c-1/x \n", "a.b_c-1", "x"),
        ("sales/start-7f3a", "sales", "start-7f3a"),
        ("sales//", "sales", "/"),
    ],
)
def test_a_reference_is_read(text: str, profile: str, locator: str) -> None:
    assert Reference.parse(text) == Reference(profile, locator)


@pytest.mark.parametrize(
    "text",
    ["", "/", "sales", "sales/", "/run", ".sales/run", "sa les/run", "ø/run", "@last"],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Reference.parse(text)
    assert caught.value.message == f"{text!r} is not a run reference"
    assert caught.value.hint == "a reference is PROFILE/RUN, as `dfctl start` prints it"


@bounded(200)
@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]*", fullmatch=True),
    plain_text.filter(lambda text: text == text.strip() and text),
)
def test_a_reference_that_is_written_is_read_back(profile: str, locator: str) -> None:
    reference = Reference(profile, locator)
    assert Reference.parse(str(reference)) == reference


@bounded(200)
@given(any_text)
def test_any_text_is_a_reference_or_a_usage_error(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except UsageError:
        return
    assert str(reference) == text.strip()


def test_a_run_without_a_locator_has_no_reference() -> None:
    assert Run(profile="sales", backend="invision").reference is None
    run = Run(profile="sales", backend="invision", locator="flow/run")
    assert str(run.reference) == "sales/flow/run"
