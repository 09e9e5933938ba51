"""States: the words that all services are translated into."""

from dfctl.core.states import OUTCOMES, State


def test_the_words_are_those_of_the_contract() -> None:
    assert [state.value for state in State] == [
        "pending",
        "running",
        "succeeded",
        "warning",
        "failed",
        "cancelled",
        "timed_out",
        "unknown",
    ]


def test_pending_running_and_unknown_are_not_final() -> None:
    assert {state for state in State if not state.is_final} == {
        State.PENDING,
        State.RUNNING,
        State.UNKNOWN,
    }


def test_every_other_state_is_an_outcome() -> None:
    assert {state for state in State if state.is_final} == OUTCOMES
