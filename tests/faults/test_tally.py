"""The tally itself: it counts what it is told, also from other processes."""

import json

from tests.faults.tally import Problem, Tally, Wrong


def test_an_example_counts_in_the_row_of_each_fault_and_once_in_all() -> None:
    tally = Tally()
    tally.add({"reset", "garbage"}, 1, [])
    tally.add({"reset"}, 0, [])

    assert tally.lines() == [
        "                 examples  runs begun  wrong outcomes  lost references  leaked keys",
        "garbage                 1           1               0                0            0",
        "reset                   2           1               0                0            0",
        "examples in all         2           1               0                0            0",
    ]
    assert not tally.has_problems


def test_a_problem_that_another_process_counted_is_one() -> None:
    other, tally = Tally(), Tally()
    other.add({"reset"}, 2, [Problem(Wrong.OUTCOME, "two runs"), Problem(Wrong.KEY, "told")])
    tally.add({"reset"}, 1, [])

    tally.merge(json.loads(json.dumps(other.plain())))

    assert {type(key) for row in other.plain().values() for key in row} == {str}
    assert tally.has_problems
    assert tally.lines()[-1].split()[-5:] == ["2", "3", "1", "0", "1"]
