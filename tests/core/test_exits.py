"""Exit codes: one table over the whole enum."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.exits import ExitCode, exit_code_of, exit_code_of_signal, worst_of
from dfctl.core.states import State
from tests.core.properties import bounded

# Of several runs the first of these is the command's code. 12 may be missing.
BY_WEIGHT = (1, 9, 7, 3, 10, 5, 124, 4, 6, 2, 11, 12, 8, 0)
SIGNALS = {129, 130, 141, 143}
CODES = {int(code): code for code in ExitCode}
BEGAN = {
    0: "yes",
    1: "unknown",
    2: "no",
    3: "yes",
    4: "no",
    5: "yes",
    6: "no",
    7: "yes",
    8: "yes",
    9: "unknown",
    10: "yes",
    11: "no",
    12: "no",
    124: "yes",
    129: "as printed",
    130: "as printed",
    141: "as printed",
    143: "as printed",
}


@pytest.mark.parametrize(
    ("state", "code", "strict_code"),
    [
        (State.PENDING, 8, 8),
        (State.RUNNING, 8, 8),
        (State.SUCCEEDED, 0, 0),
        (State.WARNING, 0, 3),
        (State.FAILED, 3, 3),
        (State.CANCELLED, 5, 5),
        (State.TIMED_OUT, 10, 10),
        (State.UNKNOWN, 8, 8),
    ],
)
def test_a_state_has_one_code(state: State, code: int, strict_code: int) -> None:
    assert exit_code_of(state, fail_on_warning=False) == code
    assert exit_code_of(state, fail_on_warning=True) == strict_code


def test_the_table_of_states_is_whole() -> None:
    assert all(isinstance(exit_code_of(state, fail_on_warning=False), ExitCode) for state in State)


def test_no_two_codes_share_a_value() -> None:
    values = [int(code) for code in ExitCode.__members__.values()]
    assert len(values) == len(set(values))


def test_every_code_has_its_weight_or_is_a_signal() -> None:
    assert {int(code) for code in ExitCode} - SIGNALS <= set(BY_WEIGHT)
    assert {int(code) for code in ExitCode} | {12} == {*BY_WEIGHT, *SIGNALS}


@pytest.mark.parametrize("code", ExitCode)
def test_a_code_says_whether_a_run_began(code: ExitCode) -> None:
    assert code.began == BEGAN[int(code)]
    assert code.meaning
    assert CODES[int(code)] is code


@pytest.mark.parametrize("code", ExitCode)
def test_the_code_of_one_run_is_the_command_s(code: ExitCode) -> None:
    assert worst_of([code]) is code


def test_no_runs_are_a_success() -> None:
    assert worst_of([]) is ExitCode.SUCCEEDED


def test_of_two_codes_the_heavier_wins_in_either_order() -> None:
    codes = [CODES[value] for value in BY_WEIGHT if value in CODES]
    for heavy, light in itertools.combinations(codes, 2):
        assert worst_of([heavy, light]) is heavy
        assert worst_of([light, heavy]) is heavy


@bounded(100)
@given(st.lists(st.sampled_from(ExitCode), min_size=1))
def test_of_many_codes_a_signal_wins_then_the_heaviest(codes: list[ExitCode]) -> None:
    seen = set(map(int, codes))
    expected = seen & SIGNALS or {next(one for one in BY_WEIGHT if one in seen)}
    assert worst_of(codes) in expected
    assert worst_of(iter(codes)) is worst_of(reversed(codes))


@pytest.mark.parametrize(
    ("number", "code"),
    [(1, 129), (2, 130), (15, 143), (21, 130)],
    ids=["HUP", "INT", "TERM", "BREAK"],
)
def test_a_signal_has_the_code_of_its_number(number: int, code: int) -> None:
    assert exit_code_of_signal(number) == code
