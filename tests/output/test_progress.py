"""Plain, quiet and silent progress; whole texts are compared."""

from collections.abc import Sequence
from dataclasses import replace

from dfctl.cli.references import labelled
from dfctl.core.events import (
    Accepted,
    Event,
    Exchanged,
    Following,
    Heartbeat,
    Missed,
    Seen,
    StartDelayed,
    Starting,
    Warned,
)
from dfctl.core.exchange import Effect, Request, Response
from dfctl.core.states import State
from dfctl.output.progress import Plain, Progress, Quiet, Silent
from tests.output.stages import ACCEPTED, BEGUN, ENDED, NEW, NOW, RUNNING, STAMP, STORY

REQUEST = Request("GET", "/x", Effect.READ)
EXCHANGED = Exchanged(REQUEST, "http://h/x?api_key=***", Response(200, b""), 0.0)


def plain(events: Sequence[Event], *, is_verbose: bool = False) -> list[str]:
    """Return the lines of a plain progress, without the time that is the same in each."""
    lines: list[str] = []
    progress = Plain(lines.append, lambda: NOW, is_verbose=is_verbose)
    for event in events:
        progress.hear(event)
    progress.close(is_well=True)
    return [line.removeprefix(f"{STAMP} ") for line in lines]


def test_each_change_is_a_line_with_its_time() -> None:
    lines: list[str] = []
    progress = Plain(lines.append, lambda: NOW, is_verbose=False)
    for event in STORY:
        progress.hear(event)
    assert all(line.startswith(f"{STAMP} sales: ") for line in lines)
    assert plain(STORY) == [
        "sales: starting updatesales on invision, to follow it for up to 24h (--timeout)",
        "sales: started sales/updatesales/r1",
        "sales: pending",
        "sales: no news: the network broke; looking again in 2s",
        "sales: running, in contact again",
        "sales: still running",
        "sales: succeeded",
    ]


def test_what_does_not_change_is_not_told_again() -> None:
    begin: list[Event] = [Following(NEW, None), Accepted(ACCEPTED), Seen(BEGUN)]
    assert plain([*begin, *[Seen(BEGUN)] * 5, *[Seen(RUNNING)] * 5])[2:] == [
        "sales: pending",
        "sales: running",
    ]


def test_a_state_that_the_service_does_not_name_is_not_told_at_each_look() -> None:
    """As of Dataform Web, which may leave the status out."""
    silent = replace(BEGUN, state=State.UNKNOWN, service_state=None)
    lines = plain([Following(BEGUN, None), *[Seen(silent)] * 5])
    assert lines.count("sales: unknown") == 1


def test_a_link_is_told_once() -> None:
    linked = replace(RUNNING, url="https://h.example/run")
    lines = plain([Following(BEGUN, None), Seen(linked), Seen(linked)])
    assert lines[1:] == ["sales: running", "sales: https://h.example/run"]


def test_warnings_and_delays_are_told() -> None:
    assert plain([Starting(NEW), Warned("careful"), StartDelayed(NEW, "it broke", 0.5)]) == [
        "sales: starting updatesales on invision",
        "warning: careful",
        "sales: nothing started yet: it broke; trying again in 500ms",
    ]


def test_exchanges_are_told_where_they_are_asked_for() -> None:
    assert plain([EXCHANGED]) == []
    (line,) = plain([EXCHANGED], is_verbose=True)
    assert line.startswith("GET http://h/x?api_key=***: HTTP 200")


def test_two_runs_of_one_profile_are_told_apart() -> None:
    first, second = labelled([RUNNING, replace(BEGUN, locator="updatesales/r2")])
    begin: list[Event] = [Following(first, None), Following(second, None)]
    lines = plain([*begin, *[Seen(first), Seen(second)] * 5])
    assert lines == [
        "sales/updatesales/r1: following sales/updatesales/r1 with no timeout",
        "sales/updatesales/r2: following sales/updatesales/r2 with no timeout",
        "sales/updatesales/r1: running",
        "sales/updatesales/r2: pending",
    ]


def test_a_heartbeat_tells_only_of_runs_that_go_on() -> None:
    other = replace(RUNNING, profile="nightly")
    lines = plain(
        [Following(BEGUN, None), Following(other, None), Seen(ENDED), Seen(other), Heartbeat()]
    )
    assert [line for line in lines if "still" in line] == ["nightly: still running"]


def test_silence_leaves_warnings_and_notes() -> None:
    lines: list[str] = []
    progress = Silent(lines.append, is_verbose=False)
    for event in (*STORY, EXCHANGED, Warned("careful")):
        progress.hear(event)
    progress.note("a note")
    progress.close(is_well=False)
    assert lines == ["warning: careful", "a note"]


def quiet(*, is_well: bool, times: int = 1) -> list[str]:
    lines: list[str] = []

    def inner(write: object) -> Progress:
        return Plain(write, lambda: NOW, is_verbose=False)  # type: ignore[arg-type]

    progress = Quiet(lines.append, inner)
    for event in (*STORY, Warned("careful")):
        progress.hear(event)
    progress.note("a note")
    assert lines == []
    for _ in range(times):
        progress.close(is_well=is_well)
    return lines


def test_quiet_tells_nothing_where_all_is_well() -> None:
    assert quiet(is_well=True) == []


def test_quiet_tells_the_whole_story_once_after_a_bad_end() -> None:
    lines = quiet(is_well=False, times=3)
    assert lines[0].startswith(STAMP)
    assert [line.removeprefix(f"{STAMP} ") for line in lines] == [
        *plain(STORY),
        "warning: careful",
        "a note",
    ]


def test_a_miss_without_a_further_look_is_told() -> None:
    assert plain([Missed(BEGUN, "it broke", None)]) == ["sales: no news: it broke"]
