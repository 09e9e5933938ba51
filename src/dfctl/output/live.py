"""The live view on a terminal: how each run stands, drawn over and over in place."""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TextIO, cast

from rich.cells import cell_len
from rich.console import Console, Group, OverflowMethod, RenderableType
from rich.live import Live as RichLive
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.style import Style
from rich.table import Table
from rich.text import Text

from dfctl.core.events import (
    Accepted,
    Event,
    Exchanged,
    Following,
    Missed,
    NotBegun,
    Seen,
    StartDelayed,
    Starting,
    Warned,
)
from dfctl.core.states import State
from dfctl.core.text import on_one_line
from dfctl.output.lines import Line, length_words, next_line, share_words
from dfctl.output.sentences import event_line, exchange_line, not_begun_line
from dfctl.output.streams import FrameStream, NoticeStream, Writer

_STYLES = {
    State.SUCCEEDED: "green",
    State.WARNING: "yellow",
    State.FAILED: "red",
    State.CANCELLED: "yellow",
    State.TIMED_OUT: "red",
    State.UNKNOWN: "yellow",
}
_WELL = frozenset({State.SUCCEEDED, State.WARNING})
# From these widths on there is room for a bar, and for the time in the queue.
_WITH_BAR, _WITH_QUEUE = 60, 80
_BAR_WIDTH = 20
_REFRESHES_PER_SECOND = 8


class Live:
    """Draws a line for each run; what should stay for good is printed above.

    `color` is None where the terminal decides. Without `is_unicode` only ASCII is drawn.
    """

    def __init__(
        self,
        notices: NoticeStream,
        monotonic: Callable[[], float],
        *,
        is_verbose: bool,
        color: bool | None,
        is_unicode: bool,
    ) -> None:
        # Rich reads its table of widths with the first character that needs it: the mark at the
        # end, when an upgrade may have taken the table away.
        cell_len("\N{CHECK MARK}")
        assert notices.writer is not None
        self._notices = notices
        self._writer = notices.writer
        self._console = _console(self._writer, color=color)
        self._monotonic = monotonic
        self._is_verbose = is_verbose
        self._is_unicode = is_unicode
        self._spinner = Spinner("dots" if is_unicode else "line")
        self._lines: dict[str, Line] = {}
        self._has_followed = False
        self._is_closed = False
        self._live = _Frames(
            lambda: self._writer.is_behind and not self._is_closed,
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=_REFRESHES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def hear(self, event: Event) -> None:
        match event:
            case Warned():
                self.note(f"warning: {event.message}")
            case Exchanged():
                if self._is_verbose:
                    self.note(exchange_line(event))
            case NotBegun():
                self._lines.pop(event.run.name, None)
                if any(not line.is_over for line in self._lines.values()):
                    self.note(not_begun_line(event))
            case Starting() | StartDelayed() | Accepted() | Following() | Missed() | Seen():
                self._turn_to(event)

    def note(self, text: str) -> None:
        if self._notices.has_room():
            for line in [*self._notices.left_out(), text]:
                self._print(line)

    def _print(self, text: str) -> None:
        # Soft-wrapped, so that the terminal wraps and a reference can be copied whole.
        self._console.print(Text(on_one_line(text)), soft_wrap=True)

    def close(self, *, is_well: bool) -> None:
        # A run that was followed leaves its last frame; a look or a start has nothing to add.
        self._is_closed = True
        self._live.transient = not (self._has_followed and self._lines)
        self._live.stop()

    def _turn_to(
        self, event: Starting | StartDelayed | Accepted | Following | Missed | Seen
    ) -> None:
        run = event.run
        self._has_followed |= isinstance(event, Following)
        before = self._lines.get(run.name)
        self._lines[run.name] = next_line(before, event, self._monotonic())
        if isinstance(event, (StartDelayed, Accepted, Missed)) and (line := event_line(event)):
            self.note(line)
        if run.url and (before is None or run.url != before.run.url):
            self.note(f"{run.name}: {run.url}")
        self._live.start()

    def _draw(self) -> RenderableType:
        # A copy: the view is refreshed by a thread of its own.
        lines = list(self._lines.values())
        room = max(1, self._console.height - 4)
        if len(lines) <= room:
            return self._table(lines)
        lines.sort(key=lambda line: line.changed, reverse=True)
        return Group(self._table(lines[:room]), Text(_rest(lines[room:]), "dim"))

    def _table(self, lines: list[Line]) -> Table:
        table = Table.grid(padding=(0, 1))
        overflow: OverflowMethod = "ellipsis" if self._is_unicode else "crop"
        rows = [self._cells(line) for line in lines]
        for _ in range(max(map(len, rows), default=0)):
            table.add_column(no_wrap=True, overflow=overflow)
        for row in rows:
            table.add_row(*row)
        return table

    def _cells(self, line: Line) -> list[RenderableType]:
        width, now = self._console.width, self._monotonic()
        state = line.run.state
        style = _STYLES.get(state, "cyan") if state else "cyan"
        # Not as words of a style: an address could have words of its own in it.
        link = Style.parse(style) + Style(link=line.run.url)
        cells: list[RenderableType] = [
            self._mark(line),
            Text(line.run.name, "bold"),
            Text(line.words, link),
            Text(length_words(line, now, with_queue=width >= _WITH_QUEUE), "dim"),
        ]
        if width >= _WITH_BAR:
            cells += self._progress(line, now)
        return cells

    def _progress(self, line: Line, now: float) -> list[RenderableType]:
        """Return the bar and the words for how far a run is, by the usual length of its kind."""
        if line.usual is None or line.is_over:
            return [Text(""), Text("")]
        elapsed = min(line.elapsed(now), line.usual)
        bar = ProgressBar(
            total=line.usual,
            completed=elapsed,
            width=_BAR_WIDTH,
            complete_style="cyan",
            finished_style="yellow",
        )
        return [bar, Text(share_words(line, now), "dim")]

    def _mark(self, line: Line) -> RenderableType:
        if not line.is_over:
            return Text("-") if self._is_closed else self._spinner
        is_well = line.run.state in _WELL
        if self._is_unicode:
            return Text("\N{CHECK MARK}" if is_well else "\N{BALLOT X}")
        return Text("+" if is_well else "x")


class _Frames(RichLive):
    """Rich's live display, which draws no frame on a terminal that `is_behind`.

    What a person who stopped the terminal (Ctrl-S) then sees first is how things stand now.
    """

    def __init__(self, is_behind: Callable[[], bool], **options: Any) -> None:
        self._is_behind = is_behind
        super().__init__(**options)

    def refresh(self) -> None:
        if not self._is_behind():
            super().refresh()


def _rest(lines: list[Line]) -> str:
    counts = Counter(line.words for line in lines)
    words = ", ".join(f"{count} {words}" for words, count in counts.most_common())
    return f"  and {len(lines)} more: {words}"


def _console(writer: Writer, *, color: bool | None) -> Console:
    return Console(
        file=cast(TextIO, FrameStream(writer)),
        force_terminal=True,
        color_system="auto" if color is not False else None,
        no_color=None if color is None else not color,
        highlight=False,
        markup=False,
        emoji=False,
        _environ=_believable(os.environ),
    )


def _believable(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment without a width that is none: Rich would believe in it."""
    if variables.get("COLUMNS", "").strip("0"):
        return variables
    return {name: text for name, text in variables.items() if name != "COLUMNS"}


def wants_color(variables: Mapping[str, str]) -> bool | None:
    """Return what the environment says of colours, or None where it says nothing."""
    if variables.get("NO_COLOR"):
        return False
    return True if variables.get("FORCE_COLOR") else None
