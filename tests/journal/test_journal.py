"""The journal by itself, with values: what is written is what is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dfctl.core.records import Change, Entry, Filter, OpenEntry, StartOutcome, StartRecord
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.store.writable_journal import WritableJournal
from tests.journal.conftest import SALES, STOCK, Clock

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def given(run: Run, number: int, state: State = State.PENDING, **more: object) -> Run:
    """The run that a start of `run` gave."""
    return replace(run, locator=f"{run.flow}/{number}", state=state, **more)  # type: ignore[arg-type]


def started(
    journal: WritableJournal, run: Run, number: int, state: State = State.PENDING
) -> StartRecord:
    """Write a start that was confirmed; return it as it was before."""
    start = journal.intend(run, open_for=None)
    journal.confirm(start, given(run, number, state))
    return start


def names(journal: WritableJournal, **which: object) -> list[str]:
    """The entries that a filter takes, by what they are called, the newest first."""
    entries = journal.entries(Filter(**which), most=100)  # type: ignore[arg-type]
    return [name_of(entry) for entry in entries]


def name_of(entry: Entry) -> str:
    if entry.run:
        return str(entry.run.reference)
    assert entry.start
    return str(entry.start.local_reference)


def test_an_intent_is_a_start_of_which_nothing_is_known(journal: WritableJournal) -> None:
    start = journal.intend(SALES, open_for=60.0)

    assert start == StartRecord(
        id=1,
        profile="sales",
        backend="invision",
        flow="updatesales",
        begun_at=NOON,
        outcome=StartOutcome.INTENDED,
        open_until=NOON + timedelta(seconds=60),
    )
    assert journal.newest_start() == journal.newest_start("sales") == start
    assert journal.newest_start("stock") is None
    assert journal.unsettled_starts() == [start]
    assert journal.open_entry("sales", "updatesales") == OpenEntry(start=start)
    assert str(start.local_reference) == "sales/start-0001"


def test_a_confirmed_start_has_its_run(journal: WritableJournal) -> None:
    start = journal.intend(SALES, open_for=60.0)
    run = given(SALES, 7, started_at=NOON, url="https://example.org/7")

    journal.confirm(start, run)

    known = replace(start, outcome=StartOutcome.CONFIRMED, run=run)
    assert journal.newest_start("sales") == known
    assert journal.run_at("sales", "updatesales/7") == run
    assert journal.entry_of("sales", "updatesales/7") == Entry(at=NOON, start=known)
    assert journal.open_runs() == [run]
    assert journal.unsettled_starts() == []
    assert journal.open_entry("sales", "updatesales") == OpenEntry(run=run)


@pytest.mark.parametrize(
    "outcome", [StartOutcome.REFUSED, StartOutcome.NOT_STARTED, StartOutcome.UNCONFIRMED]
)
def test_a_start_without_a_run_keeps_why(journal: WritableJournal, outcome: StartOutcome) -> None:
    start = journal.intend(SALES, open_for=None)

    journal.settle(start, outcome, "that is why")

    known = replace(start, outcome=outcome, message="that is why")
    assert journal.newest_start("sales") == known
    assert journal.unsettled_starts() == ([known] if known.outcome.is_unsettled else [])


def test_each_change_of_state_is_kept_with_when_it_was_seen_first(
    journal: WritableJournal, clock: Clock
) -> None:
    started(journal, SALES, 7)
    run = given(SALES, 7, service_state="Pending")
    journal.see(run)
    begins = clock.leap(seconds=5)
    journal.see(replace(run, state=State.RUNNING, service_state="Running"))
    clock.leap(seconds=5)
    journal.see(replace(run, state=State.RUNNING, service_state="Running"))
    ends = clock.leap(seconds=5)
    journal.see(replace(run, state=State.FAILED, service_state="Failed", ended_at=ends))

    assert journal.changes_of("sales", "updatesales/7") == [
        Change(NOON, "pending", None),
        Change(begins, "running", "Running"),
        Change(ends, "failed", "Failed"),
    ]
    assert journal.open_runs() == []
    assert journal.open_entry("sales", "updatesales") is None


def test_a_final_state_is_never_left(journal: WritableJournal) -> None:
    started(journal, SALES, 7, State.SUCCEEDED)

    journal.see(given(SALES, 7, State.RUNNING))

    run = journal.run_at("sales", "updatesales/7")
    assert run
    assert run.state is State.SUCCEEDED
    assert journal.open_runs() == []


def test_a_run_that_was_started_elsewhere_is_an_entry_of_its_own(
    journal: WritableJournal, clock: Clock
) -> None:
    run = given(SALES, 7, State.RUNNING)
    journal.see(run)
    clock.leap(hours=1)

    assert journal.newest_start() is None
    assert journal.entries(Filter(), most=9) == [Entry(at=NOON, elsewhere=run)]
    assert journal.entry_of("sales", "updatesales/7") == Entry(at=NOON, elsewhere=run)
    assert journal.open_entry("sales", "updatesales") == OpenEntry(run=run)


def test_only_the_first_of_two_claims_may_start(journal: WritableJournal) -> None:
    first = journal.claim(SALES, open_for=None)
    second = journal.claim(SALES, open_for=None)

    assert isinstance(first, StartRecord)
    assert second == OpenEntry(start=first)
    assert isinstance(journal.claim(STOCK, open_for=None), StartRecord)


def test_an_unsettled_start_counts_as_open_for_its_time(
    journal: WritableJournal, clock: Clock
) -> None:
    start = journal.intend(SALES, open_for=60.0)
    clock.leap(seconds=59)
    assert journal.open_entry("sales", "updatesales") == OpenEntry(start=start)

    clock.leap(seconds=1)

    assert journal.open_entry("sales", "updatesales") is None
    assert journal.unsettled_starts() == [start]


def test_an_unsettled_start_without_a_limit_counts_as_open_for_ever(
    journal: WritableJournal, clock: Clock
) -> None:
    start = journal.intend(SALES, open_for=None)
    clock.leap(days=4000)

    assert journal.open_entry("sales", "updatesales") == OpenEntry(start=start)


def test_a_run_that_is_closed_by_hand_is_open_again_only_when_it_changes(
    journal: WritableJournal,
) -> None:
    started(journal, SALES, 7)
    run = given(SALES, 7)

    journal.close_run(run)
    journal.see(run)
    assert journal.open_entry("sales", "updatesales") is None

    journal.see(given(SALES, 7, State.RUNNING))
    assert journal.open_entry("sales", "updatesales") == OpenEntry(
        run=given(SALES, 7, State.RUNNING)
    )


def test_settling_by_hand_keeps_what_is_known_of_the_run(journal: WritableJournal) -> None:
    start = journal.intend(SALES, open_for=None)
    journal.see(given(SALES, 7, State.SUCCEEDED, service_state="Succeeded"))

    journal.resolve(start, given(SALES, 7, State.UNKNOWN))

    known = given(SALES, 7, State.SUCCEEDED, service_state="Succeeded")
    assert journal.newest_start() == replace(start, outcome=StartOutcome.CONFIRMED, run=known)
    assert journal.open_runs() == []
    assert [change.state for change in journal.changes_of("sales", "updatesales/7")] == [
        "succeeded"
    ]


def test_entries_are_filtered_by_profile_state_and_time(
    journal: WritableJournal, clock: Clock
) -> None:
    started(journal, SALES, 1, State.SUCCEEDED)
    started(journal, STOCK, 2, State.FAILED)
    hour = clock.leap(hours=1)
    started(journal, SALES, 3, State.FAILED)
    journal.settle(journal.intend(SALES, open_for=None), StartOutcome.REFUSED, None)
    journal.see(given(STOCK, 5, State.FAILED))

    sales_1, stock_2 = "sales/updatesales/1", "stock/count/2"
    sales_3, stock_5 = "sales/updatesales/3", "stock/count/5"
    refused = "sales/start-0004"
    assert names(journal) == [refused, sales_3, stock_5, stock_2, sales_1]
    assert names(journal, profile="sales") == [refused, sales_3, sales_1]
    assert names(journal, state=State.FAILED) == [sales_3, stock_5, stock_2]
    assert names(journal, since=hour) == [refused, sales_3, stock_5]
    assert names(journal, profile="stock", state=State.FAILED, since=hour) == [stock_5]
    assert names(journal, profile="staff") == []
    assert [name_of(entry) for entry in journal.entries(Filter(), most=2)] == [refused, sales_3]


def test_the_start_before_is_of_the_same_profile(journal: WritableJournal) -> None:
    first = journal.intend(SALES, open_for=None)
    journal.intend(STOCK, open_for=None)
    second = journal.intend(SALES, open_for=None)

    assert journal.start_before(second) == first
    assert journal.start_before(first) is None


@pytest.mark.parametrize("name", ["start-", "start-zz", "start-0002", f"start-{2**64:x}"])
def test_a_name_that_no_start_has_finds_none(journal: WritableJournal, name: str) -> None:
    start = journal.intend(SALES, open_for=None)

    assert journal.start_called("sales", "start-0001") == start
    assert journal.start_called("stock", "start-0001") is None
    assert journal.start_called("sales", name) is None


def test_the_median_is_that_of_the_newest_successes(journal: WritableJournal, clock: Clock) -> None:
    assert journal.median_seconds("sales") is None

    def ended(number: int, seconds: float, state: State) -> None:
        ends = NOON + timedelta(seconds=seconds)
        journal.see(given(SALES, number, state, started_at=NOON, ended_at=ends))

    for number in range(30):
        ended(number, 1000, State.SUCCEEDED)
    for number in range(30, 49):
        ended(number, number, State.SUCCEEDED)
    ended(49, 5, State.SUCCEEDED)
    ended(50, 100_000, State.FAILED)
    ended(51, -3600, State.SUCCEEDED)  # the clock was set back
    journal.see(given(SALES, 52, State.SUCCEEDED, started_at=NOON))

    assert journal.median_seconds("sales") == 38.5
    assert journal.median_seconds("stock") is None


def test_pruning_forgets_what_is_old_and_settled_and_counts_it(
    journal: WritableJournal, clock: Clock
) -> None:
    started(journal, SALES, 1, State.SUCCEEDED)
    started(journal, SALES, 2, State.RUNNING)
    unconfirmed = journal.intend(SALES, open_for=60.0)
    journal.settle(journal.intend(SALES, open_for=None), StartOutcome.REFUSED, None)
    journal.see(given(STOCK, 5, State.FAILED))
    journal.see(given(STOCK, 6, State.RUNNING))
    clock.leap(days=1)
    started(journal, SALES, 7, State.SUCCEEDED)

    assert journal.prune(clock.time) == 3

    assert names(journal) == [
        "sales/updatesales/7",
        str(unconfirmed.local_reference),
        "sales/updatesales/2",
        "stock/count/6",
    ]
    assert journal.changes_of("sales", "updatesales/1") == []
    assert journal.prune(clock.time) == 0


def test_pruning_never_makes_an_older_start_the_newest(
    journal: WritableJournal, clock: Clock
) -> None:
    started(journal, SALES, 1, State.RUNNING)
    started(journal, SALES, 2, State.FAILED)
    clock.leap(days=100)

    assert journal.prune(clock.time) == 0

    newest = journal.newest_start("sales")
    assert newest
    assert newest.run == given(SALES, 2, State.FAILED)


def test_a_start_after_pruning_is_never_called_as_one_before(
    journal: WritableJournal, clock: Clock
) -> None:
    for number in range(3):
        started(journal, SALES, number, State.FAILED)
    clock.leap(days=1)
    journal.prune(clock.time)

    assert journal.intend(SALES, open_for=None).id == 4


def test_a_text_that_is_no_text_is_in_no_row(journal: WritableJournal) -> None:
    started(journal, SALES, 1)

    assert journal.newest_start("\udcff") is None
    assert journal.run_at("sales", "\udcff") is None
    assert journal.entry_of("sales", "\udcff") is None


def test_texts_of_all_kinds_come_back_as_they_were(journal: WritableJournal) -> None:
    start = journal.intend(SALES, open_for=None)
    odd = "'; DROP TABLE starts; -- \x00 \u202e \U0001f4a5"

    journal.confirm(start, given(SALES, 1, service_state=odd, url=odd))

    run = journal.run_at("sales", "updatesales/1")
    assert run
    assert (run.service_state, run.url) == (odd, odd)
