"""Azure Pipelines.

Facts: https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands, and how the
agent reads them: microsoft/azure-pipelines-agent, src/Agent.Sdk/CommandStringConvertor.cs and
src/Agent.Worker/TaskCommandExtension.cs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dfctl.output.ci.system import Act, Command, Written


@dataclass(frozen=True)
class Azure:
    """`token` tells the summaries of one step's commands apart: each is named as its file."""

    token: str

    def opened(self, at: datetime) -> list[Act]:
        # A group would fold away the lines that people open the log for.
        return []

    def closed(self, at: datetime) -> list[Act]:
        return []

    def outputs(self, new: Mapping[str, str], known: Mapping[str, str]) -> list[Act]:
        return [
            Command(f"##vso[task.setvariable variable={name};isOutput=true]{_escaped(value)}")
            for name, value in new.items()
        ]

    def complaint(self, title: str, text: str, *, is_error: bool) -> list[Act]:
        level = "error" if is_error else "warning"
        return [Command(f"##vso[task.logissue type={level}]{_escaped(text)}")]

    def summary(self, text: str) -> list[Act]:
        return [
            Written(
                place="AGENT_TEMPDIRECTORY",
                name=f"dfctl-{self.token}.md",
                text=text,
                is_whole=True,
                then=lambda path: Command(f"##vso[task.uploadsummary]{_escaped(path)}"),
            )
        ]

    def had_warnings(self) -> list[Act]:
        return [Command("##vso[task.complete result=SucceededWithIssues;]")]


def _escaped(text: str) -> str:
    text = text.replace("%", "%AZP25").replace(";", "%3B").replace("]", "%5D")
    return text.replace("\r", "%0D").replace("\n", "%0A")
