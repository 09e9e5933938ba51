"""What every CI system can be told, as values: nothing here writes anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Command:
    """A line of the log that the system obeys."""

    line: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """A text for the end of a file, or, where `is_whole`, for all of it.

    The file is `name` in the folder that the variable `place` names, or without a `name` the file
    that it names itself. `then` makes of its path the command that follows once it is written.
    """

    place: str
    name: str = ""
    text: str
    is_whole: bool = False
    then: Callable[[str], Command] | None = None


Act = Command | Written


class System(Protocol):
    """How one CI system is told things."""

    def opened(self, at: datetime) -> list[Act]:
        """Tell that lines about runs follow."""

    def closed(self, at: datetime) -> list[Act]:
        """Tell that they have ended."""

    def outputs(self, new: Mapping[str, str], known: Mapping[str, str]) -> list[Act]:
        """Tell outputs for later steps: `new` are those of all that are `known` that changed."""

    def complaint(self, title: str, text: str, *, is_error: bool) -> list[Act]:
        """Tell an error, or a warning, where people look first; `text` may have several lines."""

    def summary(self, text: str) -> list[Act]:
        """Tell the summary, in Markdown."""

    def had_warnings(self) -> list[Act]:
        """Tell that the command ends well, but a run had warnings."""
