"""The live view, as a person sees it in a window: while runs go on, and what stays of it."""

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dfctl.sandbox.server import Sandbox
from tests.clocks import LeapingClock
from tests.faults.wire import Step, Wire, answer, json_answer, read, send, wait_for
from tests.long import IS_LONG
from tests.shell import Shell
from tests.terminal.person import SOURCE
from tests.terminal.screens import Room, Window, in_rows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such terminals")

WIDTHS = [40, 60, 80, 100, 200] if IS_LONG else [40, 60, 200]
# A bar of the live line, however full it is.
BAR = "[━╸╺]{20}"


class Hands:
    """The hands of the service's clock: its time passes when the test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def service(hands: Hands) -> Iterator[Sandbox]:
    """A service whose ordinary runs take 1 s: they run from 0.2 s on."""
    sandbox = Sandbox(seconds=1, clock=hands, log=lambda line: None)
    with sandbox.serving():
        yield sandbox


@pytest.fixture
def empty_room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.close()


@pytest.fixture
def room(empty_room: Room, service: Sandbox) -> Room:
    """A room with a profile for each of the service's stories."""
    empty_room.configure(service.config_toml())
    return empty_room


def references(service: Sandbox) -> list[str]:
    """What each run that was started is called, the flow's name being its profile's."""
    return [
        f"{start.flow}/{start.flow}/{start.run}"
        if start.service == "invision"
        else f"web-{start.flow}/{start.run}"
        for start in service.starts
    ]


def link(run: str) -> str:
    return f"https://app.dataform.co/#/5685548636176384/run/{run}"


def earlier(room: Room, line: str, *, seconds: float = 1.0) -> None:
    """Type a line an hour ago, when runs took so long: no time passes, but the journal knows."""
    folder = room.folder / "earlier"
    folder.mkdir(exist_ok=True)
    clock = LeapingClock()
    clock.began = datetime.now(UTC) - timedelta(hours=1)
    shell = Shell(folder)
    shell.make_clock = lambda: clock
    shell.variables["DFCTL_STATE_DIR"] = str(room.state)
    with Sandbox(seconds=seconds, clock=clock.monotonic, log=lambda line: None).serving() as then:
        shell.configure(then.config_toml())
        assert shell(f"{line} --interval {max(100, int(100 * seconds))}ms").exit_code == 0


# The ends of runs


def test_a_run_that_succeeds_is_drawn_in_one_line_from_its_start_to_its_end(
    room: Room, service: Sandbox, hands: Hands
) -> None:
    window = room.window("run ok")
    window.shows("* ok pending Ns")
    [reference] = references(service)
    assert window.text == f"ok: started {reference}\n* ok pending Ns"
    hands.at = 0.2
    window.shows("* ok running Ns")
    assert window.text == f"ok: started {reference}\n* ok running Ns"
    hands.at = 1.0

    assert window.ends() == 0
    assert window.text == (
        f"ok: started {reference}\n✓ ok succeeded Ns\nok: succeeded after Ns ({reference})"
    )


def test_a_run_with_a_page_of_its_own_is_linked_to_it(
    room: Room, service: Sandbox, hands: Hands
) -> None:
    window = room.window("run web-cancelled", columns=100)
    window.shows("* web-cancelled running Ns")
    hands.at = 1.0

    assert window.ends() == 5
    [reference] = references(service)
    page = link(service.starts[0].run)
    assert window.text == (
        f"web-cancelled: started {reference}\n"
        f"web-cancelled: {page}\n"
        "✗ web-cancelled cancelled Ns\n"
        f"web-cancelled: cancelled after Ns ({reference})"
    )
    drawn = re.escape(page)
    assert re.search(
        rf"\x1b\]8;[^;]*;{drawn}\x1b\\(\x1b\[[0-9;]*m)*cancelled(\x1b\[0m)?\x1b\]8;;\x1b\\",
        window.screen,
    )


def test_a_start_whose_answer_is_lost_ends_with_its_error(room: Room) -> None:
    window = room.window("run lost-start", columns=200)

    assert window.ends() == 9
    error, hint = window.rows[-2:]
    assert error.startswith("error: lost-start: the start was sent, but the connection to ")
    assert hint.startswith("hint: it may be running: look at the service before you start it again")
    assert hint.endswith("dfctl runs resolve lost-start/start-0001 --as not-started, or --as RUN")
    assert "" not in window.rows, "an empty line is left where the run's own was"


def test_a_start_that_is_lost_is_told_while_other_runs_go_on(room: Room, hands: Hands) -> None:
    # Its exchange is told with -v, and then the state of the run that goes on.
    window = room.window("run ok lost-start -v", columns=200)
    window.shows_like(r"POST \S+/lost-start/start: .* broke off").shows("ok pending Ns")
    hands.at = 0.2
    window.shows("ok running Ns")
    window.signals("SIGTERM")

    window.ends()
    assert re.search(r"^(\S )?lost-start\b", window.text, re.MULTILINE), window.text


def test_each_of_several_runs_has_a_line_and_a_result(
    room: Room, service: Sandbox, hands: Hands
) -> None:
    window = room.window("run ok web-ok fail", columns=100)
    window.shows("* ok     pending Ns\n* web-ok running Ns\n* fail   pending Ns")
    hands.at = 1.0

    assert window.ends() == 3
    names = {reference.partition("/")[0]: reference for reference in references(service)}
    web = names["web-ok"].partition("/")[2]
    rows = window.text.split("\n")
    # Answers come in any order.
    assert sorted(rows[:4]) == sorted(
        [
            *(f"{name}: started {reference}" for name, reference in names.items()),
            f"web-ok: {link(web)}",
        ]
    )
    assert rows[4:] == [
        "✓ ok     succeeded Ns",
        "✓ web-ok succeeded Ns",
        "✗ fail   failed    Ns",
        f"ok: succeeded after Ns ({names['ok']})",
        f"web-ok: succeeded after Ns ({names['web-ok']})",
        f"fail: failed after Ns ({names['fail']})",
    ]


def _many(room: Room, service: Sandbox) -> str:
    """Configure six runs that take long and four that do not; return their names."""
    base = f'[profiles.base]\nbackend = "invision"\naddress = "{service.invision_address}"\n'
    flows = ["slow"] * 6 + ["ok"] * 3 + ["fail"]
    profiles = [
        f'[profiles.p{number}]\nlike = "base"\nflow = "{flow}"\n'
        for number, flow in enumerate(flows)
    ]
    room.configure(f'{base}key = "{service.invision_key}"\n' + "".join(profiles))
    return " ".join(f"p{number}" for number in range(len(flows)))


def test_of_more_runs_than_lines_the_rest_is_counted(
    room: Room, service: Sandbox, hands: Hands
) -> None:
    window = room.window(f"run {_many(room, service)}", lines=9)
    window.shows_like(r"(^\* p\d pending Ns\n){5}  and 5 more: 5 pending\Z")
    hands.at = 20.0

    assert window.ends() == 3
    *above, counted = window.text.split("\n")[:-10]
    assert len(above[10:]) == 5
    assert counted.startswith("  and 5 more: ")
    assert [row.partition(":")[0] for row in window.rows[-10:]] == [f"p{n}" for n in range(10)]


def test_of_more_runs_than_lines_those_that_changed_last_are_shown(
    room: Room, service: Sandbox, hands: Hands
) -> None:
    window = room.window(f"run {_many(room, service)}", lines=9)
    window.shows("and 5 more: 5 pending")
    hands.at = 1.0
    window.shows("succeeded")
    # Until then the others were looked at again and again, and are pending as before.
    before = len(service.requests)
    while len(service.requests) < before + 30:
        window.goes_on()
    # Ctrl-C would make the terminal drop what it has not shown yet.
    window.signals("SIGTERM")

    window.ends()
    last_frame = window.text.split("\n")[10:16]
    assert {row[:4] for row in last_frame} > {"✓ p6", "✓ p7", "✓ p8", "✗ p9"}, window.text
    assert last_frame[-1] == "  and 5 more: 5 pending"


def test_a_start_and_a_look_leave_nothing_but_what_they_found(room: Room, service: Sandbox) -> None:
    start = room.window("start ok", columns=200)
    assert start.ends() == 0
    [reference] = references(service)
    assert start.rows == [
        f"ok: started {reference}",
        f"accepted, not followed; to follow it: dfctl wait {reference}",
        reference,
    ]

    look = room.window("status")
    assert look.ends() == 8
    assert look.rows == [f"ok: pending ({reference})"]


# Times


def test_a_run_whose_usual_length_is_known_has_a_bar_and_a_share(room: Room, hands: Hands) -> None:
    earlier(room, "run ok", seconds=2)
    earlier(room, "run web-ok", seconds=0.1)
    window = room.window("run ok web-ok", columns=60)
    window.shows_like(rf"^\* ok     pending Ns {BAR} \d %$")
    window.shows_like(
        rf"^\* ok     pending Ns {BAR} [1-9]\d %\n\* web-ok running Ns ━{{20}} \+Ns over$"
    )
    hands.at = 1.0

    assert window.ends() == 0
    assert "✓ ok     succeeded Ns\n✓ web-ok succeeded Ns\n" in window.text


def test_a_run_that_is_followed_later_is_drawn_with_its_age(room: Room, service: Sandbox) -> None:
    earlier(room, "run slow", seconds=1)
    shell = Shell(room.folder)
    shell.variables["DFCTL_STATE_DIR"] = str(room.state)
    clock = LeapingClock()
    clock.began = datetime.now(UTC) - timedelta(minutes=2)
    shell.make_clock = lambda: clock
    assert shell("start slow").exit_code == 0

    window = room.window("wait slow").shows("* slow pending Ns")
    window.signals("SIGTERM")

    assert window.ends() == 143
    assert window.written[-1].startswith("slow: pending after 2m")
    assert re.search(r"slow pending 2m\d*s? .*over", "\n".join(window.rows)), window.text


def test_time_in_the_queue_is_told_apart_where_there_is_room(room: Room, hands: Hands) -> None:
    wide, narrow = room.window("run ok"), room.window("run ok", columns=79)
    for window in (wide, narrow):
        window.shows_like("pending")
        while "pending 1s" not in "\n".join(window.rows):
            window.goes_on()
    hands.at = 0.2
    wide.shows("* ok running Ns, Ns of it queued")
    narrow.shows("* ok running Ns")
    hands.at = 1.0

    assert (wide.ends(), narrow.ends()) == (0, 0)
    assert re.match(r"✓ ok succeeded [1-9]\d*s, [1-9]\d*s of it queued$", wide.rows[1])
    assert narrow.text.split("\n")[1] == "✓ ok succeeded Ns"


# Interruptions


@pytest.mark.parametrize(("way", "code"), [("\x03", 130), ("SIGTERM", 143)], ids=["^C", "SIGTERM"])
def test_an_interruption_leaves_the_last_line_and_says_how_to_go_on(
    way: str, code: int, room: Room, service: Sandbox
) -> None:
    window = room.window("run ok", columns=100).shows("* ok pending Ns")
    if way == "\x03":
        window.presses(way)
    else:
        window.signals(way)

    assert window.ends() == code
    [reference] = references(service)
    assert window.text == (
        f"ok: started {reference}\n"
        "* ok pending Ns\n"
        "error: ok: interrupted; the run goes on\n"
        f"hint: to follow it: dfctl wait {reference}\n"
        f"ok: pending after Ns ({reference})"
    )


# Windows of all sizes


@pytest.mark.long
def test_the_line_fits_into_windows_of_all_widths(room: Room, hands: Hands) -> None:
    earlier(room, "run ok", seconds=600)
    windows = {width: room.window("run ok", columns=width) for width in WIDTHS}
    for width, window in windows.items():
        bar = rf" {BAR} 0 %" if width >= 60 else ""
        window.shows_like(rf"^\* ok pending Ns{bar}$")
    hands.at = 1.0
    for width, window in windows.items():
        assert window.ends() == 0
        assert window.rows == [row for line in window.written for row in in_rows(line, width)]
        assert re.fullmatch(r"✓ ok succeeded \d+s", window.written[-2])


def test_the_line_follows_a_window_that_is_resized(room: Room, hands: Hands) -> None:
    earlier(room, "run ok", seconds=600)
    window = room.window("run ok", columns=100)
    window.shows_like(rf"^\* ok pending Ns {BAR} 0 %$")
    window.resize(50)
    window.shows_like(r"^\* ok pending Ns$")
    window.resize(90)
    window.shows_like(rf"^\* ok pending Ns {BAR} 0 %$")
    hands.at = 1.0

    assert window.ends() == 0
    assert len([row for row in window.rows if " ok " in row]) == 1, window.text


def test_a_number_of_columns_that_says_nothing_is_not_believed(room: Room, hands: Hands) -> None:
    earlier(room, "run ok", seconds=600)
    window = room.window("run ok", columns=30, variables={"COLUMNS": "0"})
    window.shows("* ok pending Ns")
    hands.at = 1.0

    assert window.ends() == 0
    assert len([row for row in window.rows if " ok " in row]) == 1, window.text


# Windows of all kinds


def test_colours_are_as_asked_for(room: Room, hands: Hands) -> None:
    cases: list[tuple[str, dict[str, str], bool]] = [
        ("", {"NO_COLOR": ""}, True),
        ("", {"NO_COLOR": "1"}, False),
        ("", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("--color never", {"FORCE_COLOR": "1"}, False),
        ("--color always", {"NO_COLOR": "1"}, True),
    ]
    windows = [
        room.window(f"run fail {words}", variables=variables) for words, variables, _ in cases
    ]
    for window in windows:
        window.shows("fail pending")
    hands.at = 1.0
    for window, case in zip(windows, cases, strict=True):
        assert window.ends() == 3
        assert ("\x1b[31m" in window.screen) is case[2], case
        assert window.text.split("\n")[1] == "✗ fail failed Ns"


def test_a_terminal_that_cannot_draw_gets_plain_lines(
    room: Room, service: Sandbox, hands: Hands
) -> None:
    window = room.window("run ok", columns=120, variables={"TERM": "dumb"}).shows("ok: pending")
    hands.at = 1.0

    assert window.ends() == 0
    [reference] = references(service)
    assert "\x1b" not in window.screen
    assert re.sub(r"(?m)^20\S+", "AT", window.text) == (
        "AT ok: starting ok on invision, to follow it for up to Ns (--timeout)\n"
        f"AT ok: started {reference}\n"
        "AT ok: pending\n"
        "AT ok: succeeded\n"
        f"ok: succeeded after Ns ({reference})"
    )


def test_a_terminal_without_unicode_is_drawn_on_in_ascii(room: Room, hands: Hands) -> None:
    earlier(room, "run ok", seconds=2)
    windows = [
        room.window("run ok fail", encoding=encoding, variables={"PYTHONIOENCODING": encoding})
        for encoding in ("ascii", "cp1252")
    ]
    for window in windows:
        window.shows_like(r"^\* ok   pending Ns [ -]{20} [1-9]\d? %\n\* fail pending Ns$")
    hands.at = 1.0
    for window in windows:
        assert window.ends() == 3
        assert "\n+ ok   succeeded Ns\nx fail failed    Ns\n" in window.text
        assert window.screen.isascii()


# Where results go


def test_a_result_that_goes_into_a_file_is_not_on_the_terminal(
    room: Room, service: Sandbox, hands: Hands
) -> None:
    result = room.folder / "result"
    with result.open("w") as file:
        window = room.window("run ok", stdout=file).shows("* ok pending Ns")
    assert result.read_text() == ""
    hands.at = 1.0

    assert window.ends() == 0
    [reference] = references(service)
    assert window.text == f"ok: started {reference}\n✓ ok succeeded Ns"
    assert re.fullmatch(
        rf"ok: succeeded after \w+ \({re.escape(reference)}\)\n", result.read_text()
    )


def test_a_document_stands_whole_below_the_line(room: Room, hands: Hands) -> None:
    window = room.window("run ok -o json", lines=40).shows("* ok pending Ns")
    hands.at = 1.0

    assert window.ends() == 0
    assert window.text.split("\n")[1] == "✓ ok succeeded Ns"
    assert json.loads("\n".join(window.rows[2:]))["exit_code"] == 0


def test_events_that_are_printed_as_they_happen_stand_in_lines_of_their_own(
    room: Room, hands: Hands
) -> None:
    window = room.window("run ok -o jsonl -v", columns=200).shows("/status: HTTP 200")
    hands.at = 1.0

    assert window.ends() == 0
    assert json.loads(window.written[-1])["exit_code"] == 0
    told = [line for line in window.written if '{"' in line]
    assert [line for line in told if not line.startswith("{")] == []


# Text from a service

# It clears the window, names it, turns text around, colours it, looks like markup.
EVIL = "\x1b[2J\x1b]0;owned\x07\u202e[red]up[/red]\x9b31m\x7f\ud800\r\n:smile:"
SHOWN = "�[2J�]0;owned��[red]up[/red]�31m�� :smile:"
RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"


@pytest.fixture
def serve(empty_room: Room) -> Iterator[Callable[..., Wire]]:
    """Serve one connection as the steps say, for the profile `sales` of either service."""
    wires: list[Wire] = []

    def serve(*steps: Step, backend: str = "invision") -> Wire:
        wires.append(Wire(steps))
        empty_room.configure(
            f'[profiles.sales]\nbackend = "{backend}"\naddress = "{wires[0].address}"\n'
            'flow = "updatesales"\nkey = "a-key"\n'
            + ('project = "1"\n' if backend == "dataform-web" else "")
        )
        return wires[0]

    yield serve
    empty_room.close()
    for wire in wires:
        wire.close()


def _state(word: str) -> bytes:
    return json_answer({"runId": RUN, "status": word})


def test_a_state_that_means_harm_is_shown_as_text(
    empty_room: Room, serve: Callable[..., Wire]
) -> None:
    is_seen = threading.Event()
    serve(
        answer(_state("Pending")),
        answer(_state(EVIL)),
        wait_for(is_seen),
        answer(_state("W" * 1_000_000)),
        answer(_state("Succeeded")),
    )
    window = empty_room.window("run sales", columns=200).shows("* sales unknown Ns")
    assert window.rows[1] == (
        f"warning: Profitbase InVision calls the state {SHOWN!r}: "
        "dfctl takes that for no end, and goes on looking"
    )
    is_seen.set()

    assert window.ends() == 0
    assert window.text.split("\n")[2:] == [
        "✓ sales succeeded Ns",
        f"sales: succeeded after Ns (sales/updatesales/{RUN})",
    ]


def test_an_error_that_means_harm_is_shown_as_text(
    empty_room: Room, serve: Callable[..., Wire]
) -> None:
    serve(answer(json_answer({"title": EVIL, "detail": EVIL}, "400 Bad Request")))
    window = empty_room.window("run sales", columns=200)

    assert window.ends() == 2
    assert "[red]up[/red]" in window.text


def test_a_link_leads_nowhere_but_to_the_web(empty_room: Room, serve: Callable[..., Wire]) -> None:
    pages = [
        "javascript:alert(1)",
        "https://h.example/\x1b]8;;file:///etc/passwd\x1b\\",
        "https://h.example/\u202e",
        "https://h.example/1",
    ]
    window = _linked(pages, empty_room, serve)

    assert window.ends() == 0
    assert set(_links(window)) == {"https://h.example/1"}


def test_a_link_with_wide_blanks_leads_nowhere_else(
    empty_room: Room, serve: Callable[..., Wire]
) -> None:
    window = _linked(["https://h.example/\u3000link\u3000file:///etc/passwd"], empty_room, serve)

    assert [page for page in _links(window) if not page.startswith("https://")] == []
    assert window.ends() == 0


def _linked(pages: list[str], room: Room, serve: Callable[..., Wire]) -> Window:
    """Follow a run that is told to have each of these pages in turn, until it is over."""
    states = ["RUNNING"] * (len(pages) - 1) + ["SUCCESSFUL"]
    looks = [
        {"id": "7", "status": state, "runLogUrl": page}
        for state, page in zip(states, pages, strict=True)
    ]
    serve(
        answer(json_answer({"id": "7"})),
        *(answer(json_answer(look)) for look in looks),
        backend="dataform-web",
    )
    return room.window("run sales", columns=200).shows("✓ sales succeeded Ns")


def _links(window: Window) -> list[str]:
    return re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)", window.screen)


# What is loaded when

# A backend that tells the service whether Rich is loaded when a start is made.
TELLING = """
import dataclasses
import sys

from dfctl.backends.invision import InVision


class Telling(InVision):
    name = "telling"

    def start(self, settings, parameters, *, server_wait):
        exchange = super().start(settings, parameters, server_wait=server_wait)
        told = b"true" if "rich" in sys.modules else b"false"
        answer = yield dataclasses.replace(next(exchange), body=told)
        try:
            exchange.send(answer)
        except StopIteration as done:
            return done.value
"""


def _install(folder: Path) -> str:
    """Install a package with the backend `telling`; return where."""
    information = folder / "site" / "telling-1.0.dist-info"
    information.mkdir(parents=True)
    (folder / "site" / "telling.py").write_text(TELLING)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: telling\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[dfctl.backends]\ntelling = telling:Telling\n")
    return str(folder / "site")


def test_drawing_is_loaded_while_the_service_works_on_the_start(
    empty_room: Room, serve: Callable[..., Wire]
) -> None:
    is_drawn = threading.Event()
    wire = serve(
        read,
        wait_for(is_drawn),
        send(_state("Running")),
        answer(_state("Succeeded")),
        backend="telling",
    )
    path = os.pathsep.join([str(SOURCE), _install(empty_room.folder)])
    window = empty_room.window("run sales", variables={"PYTHONPATH": path}).shows(
        "* sales starting Ns"
    )
    assert [request.body for request in wire.posts] == [b"false"]
    is_drawn.set()

    assert window.ends() == 0
