"""GitHub Actions.

Facts: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, and
how the runner reads them: actions/runner, src/Runner.Common/ActionCommand.cs and
src/Runner.Worker/FileCommandManager.cs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dfctl.output.ci.system import Act, Command, Written


@dataclass(frozen=True)
class GitHub:
    """`token` is a text that nobody can foresee, to end values with."""

    token: str

    def opened(self, at: datetime) -> list[Act]:
        # A group would fold away the lines that people open the log for.
        return []

    def closed(self, at: datetime) -> list[Act]:
        return []

    def outputs(self, new: Mapping[str, str], known: Mapping[str, str]) -> list[Act]:
        text = "".join(self._entry(name, value) for name, value in new.items())
        return [Written(place="GITHUB_OUTPUT", text=text)]

    def complaint(self, title: str, text: str, *, is_error: bool) -> list[Act]:
        level = "error" if is_error else "warning"
        return [Command(f"::{level} title={_property(title)}::{_data(text)}")]

    def summary(self, text: str) -> list[Act]:
        return [Written(place="GITHUB_STEP_SUMMARY", text=text)]

    def had_warnings(self) -> list[Act]:
        return []

    def _entry(self, name: str, value: str) -> str:
        end = f"dfctl_{self.token}"
        while end in value:
            end += "_"
        return f"{name}<<{end}\n{value}\n{end}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
