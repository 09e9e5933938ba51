"""Draws the README's picture: the live view of three runs, as a terminal shows it.

The view is dfctl's own, told of events at moments that are chosen here.
"""

import io
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby

import pyte
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.text import Text

from dfctl.core.events import Accepted, Event, Following, Missed, Seen
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.output.live import Live
from dfctl.output.streams import NoticeStream

COLUMNS, ROWS = 96, 24
COMMAND = "dfctl run sales stock nightly"
DAY = 24 * 3600.0
# The last that is drawn of the story, and what turns there.
LAST = "63 %"
TURNING = dict.fromkeys("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "⠹")

SALES = Run(
    profile="sales",
    backend="invision",
    locator="2b081248-4963-43b3-ba06-5b7403d58b4d/ad73a1ad-60eb-1066-4d61-1821009431b2",
)
STOCK = replace(SALES, profile="stock", locator="refreshstock/6d2e9e2c-7a0f-4f4e-9a53-2f3c1d0b8e11")
NIGHTLY = replace(SALES, profile="nightly", backend="dataform-web", locator="1029591293203")


class Terminal(io.StringIO):
    """A stream that is a terminal to those who ask."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def story() -> Iterator[tuple[float, Event]]:
    """Yield what happens to three runs, each event with its moment in seconds."""
    for run, usual in ((SALES, 201.0), (STOCK, 95.0), (NIGHTLY, None)):
        yield 0.0, Following(run, DAY, usual)
        yield 0.4, Accepted(run)
        yield 0.6, Seen(replace(run, state=State.PENDING, service_state="Pending"))
    yield 4.6, Seen(replace(SALES, state=State.RUNNING))
    yield 5.1, Seen(replace(STOCK, state=State.RUNNING))
    yield 6.2, Seen(replace(NIGHTLY, state=State.RUNNING))
    yield 93.0, Seen(replace(STOCK, state=State.SUCCEEDED))
    yield 128.4, Missed(NIGHTLY, "HTTP 502", 4.0)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.moment = 0.0

    def __call__(self) -> float:
        return self.moment


def written() -> str:
    """Return what the live view writes until it has drawn the story's last moment."""
    stream, clock = Terminal(), Clock()
    with variables(COLUMNS=str(COLUMNS), TERM="xterm-256color"):
        live = Live(NoticeStream(stream), clock, is_verbose=False, color=True, is_unicode=True)
    for clock.moment, event in story():
        live.hear(event)
    # It is drawn several times a second, by a thread of its own.
    for _ in range(200):
        if LAST in stream.getvalue():
            break
        threading.Event().wait(0.05)
    text = stream.getvalue()
    live.close(is_well=True)
    return text


@contextmanager
def variables(**values: str) -> Iterator[None]:
    """Set variables of the environment for a while."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def screen(text: str) -> list[list[Char]]:
    """Return the rows of a terminal after `text`, as far as they are filled."""
    drawn = pyte.Screen(COLUMNS, ROWS)
    pyte.Stream(drawn).feed(text.replace("\n", "\r\n"))
    return [[drawn.buffer[y][x] for x in range(COLUMNS)] for y in range(drawn.cursor.y + 1)]


def styled(row: list[Char]) -> Text:
    """Return a row of the terminal as Rich draws it; what turns in it stands still."""
    text = Text()
    for style, chars in groupby(row, style_of):
        text.append("".join(TURNING.get(char.data, char.data) for char in chars), style)
    text.rstrip()
    return text


def style_of(char: Char) -> Style:
    """Return the style of a character; the terminal names some colours by their numbers alone."""
    is_number = re.fullmatch("[0-9a-f]{6}", char.fg)
    color = f"#{char.fg}" if is_number else char.fg
    return Style(color=color, bold=char.bold)


def picture() -> str:
    """Return the SVG."""
    console = Console(file=io.StringIO(), width=COLUMNS, record=True, force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), (COMMAND, "bold")))
    for row in screen(written()):
        console.print(styled(row))
    svg = console.export_svg(title="dfctl", unique_id="dfctl")
    # A picture in a page loads no fonts, and should ask nobody for them.
    return re.sub(r" *@font-face \{.*?\n    \}\n", "", svg, flags=re.DOTALL)
