"""The live line on a terminal: spinner, profile, state, elapsed time."""

from collections.abc import Callable
from typing import TextIO, cast

from rich.console import Console, RenderableType
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from dfctl.core.durations import format_duration
from dfctl.core.events import (
    Accepted,
    Event,
    Exchanged,
    Following,
    Missed,
    Seen,
    StartDelayed,
    Starting,
    Warned,
)
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.output.sentences import event_line, exchange_line, state_words
from dfctl.output.streams import UnbreakableStream

_STYLES = {
    State.SUCCEEDED: "green",
    State.WARNING: "yellow",
    State.FAILED: "red",
    State.CANCELLED: "yellow",
    State.TIMED_OUT: "red",
    State.UNKNOWN: "yellow",
}


class Live:
    """Draws one line that moves; what should stay is printed above it."""

    def __init__(
        self,
        stream: TextIO,
        monotonic: Callable[[], float],
        *,
        is_verbose: bool,
        color: bool | None,
        is_unicode: bool,
    ) -> None:
        self._console = Console(
            file=cast(TextIO, UnbreakableStream(stream)),
            force_terminal=True,
            no_color=None if color is None else not color,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._monotonic = monotonic
        self._is_verbose = is_verbose
        self._spinner = Spinner("dots" if is_unicode else "line")
        self._run: Run | None = None
        self._words = ""
        self._began = monotonic()
        self._live = RichLive(
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=8,
            transient=True,
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
            case Starting() | StartDelayed() | Accepted() | Following() | Missed() | Seen():
                self._turn_to(event)

    def note(self, text: str) -> None:
        # Soft-wrapped, so that the terminal wraps and a reference can be copied whole.
        self._console.print(Text(text), soft_wrap=True)

    def close(self, *, is_well: bool) -> None:
        self._live.stop()

    def _turn_to(
        self, event: Starting | StartDelayed | Accepted | Following | Missed | Seen
    ) -> None:
        url = self._run.url if self._run else None
        self._run = event.run
        self._words = _words(event)
        if isinstance(event, (StartDelayed, Accepted, Missed)) and (line := event_line(event)):
            self.note(line)
        if isinstance(event, Accepted):
            self._began = self._monotonic()
        if event.run.url and event.run.url != url:
            self.note(f"{event.run.profile}: {event.run.url}")
        self._live.start()

    def _draw(self) -> RenderableType:
        line = Table.grid(padding=(0, 1))
        line.add_column(no_wrap=True)
        line.add_column(no_wrap=True, overflow="ellipsis")
        line.add_row(self._spinner, self._text())
        return line

    def _text(self) -> Text:
        run = self._run
        if run is None:
            return Text("")
        elapsed = format_duration(max(0, int(self._monotonic() - self._began)))
        style = _STYLES.get(run.state, "cyan") if run.state else "cyan"
        return Text.assemble(
            (run.profile, "bold"), " ", (self._words, style), " ", (elapsed, "dim")
        )


def _words(event: Starting | StartDelayed | Accepted | Following | Missed | Seen) -> str:
    match event:
        case Starting():
            return "starting"
        case Following() if event.run.reference is None:
            return "starting"
        case StartDelayed():
            return "not started yet"
        case Accepted():
            return "started"
        case Missed():
            return "no news"
    return state_words(event.run.state) if event.run.state else "waiting"
