"""JSON lines: each event as it happens, and at last the document that tells the end."""

from collections.abc import Callable
from datetime import datetime

from dfctl.core.errors import OutputClosed
from dfctl.core.events import Accepted, Event, Following, Missed, Seen
from dfctl.core.runs import Run
from dfctl.output.documents import event_document, json_text
from dfctl.output.results import JsonResults
from dfctl.output.streams import NoticeStream, ResultStream


class JsonLineResults(JsonResults):
    """A JSON object on each line, in ASCII.

    A reader who leaves early stops no run: nothing more is written, and the closed stdout is told
    at the end, when every start has its reference in the journal and every run was followed.
    """

    indent = None

    def __init__(
        self,
        out: ResultStream,
        err: NoticeStream,
        now: Callable[[], datetime],
        *,
        is_quiet: bool = False,
    ) -> None:
        super().__init__(out, err, is_quiet=is_quiet)
        self._now = now
        self._told: dict[str, Run] = {}
        self._missed: set[str] = set()
        self._closed: OutputClosed | None = None

    def hear(self, event: Event) -> None:
        if not self._is_news(event):
            return
        document = event_document(event, self._now())
        if document and self._closed is None:
            try:
                self._out.line(json_text(document))
            except OutputClosed as closed:
                self._closed = closed

    def _write_line(self, text: str) -> None:
        if self._closed:
            raise self._closed
        super()._write_line(text)

    def _is_news(self, event: Event) -> bool:
        """Return whether an event tells more than the last one of its run."""
        match event:
            case Seen():
                before = self._told.get(event.run.name)
                is_back = event.run.name in self._missed
                self._missed.discard(event.run.name)
                self._told[event.run.name] = event.run
                return is_back or before is None or _seen_of(event.run) != _seen_of(before)
            case Following() | Accepted():
                self._told[event.run.name] = event.run
            case Missed():
                self._missed.add(event.run.name)
        return True


def _seen_of(run: Run) -> tuple[object, ...]:
    return run.state, run.service_state, run.url
