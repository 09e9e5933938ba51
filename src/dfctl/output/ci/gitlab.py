"""GitLab CI/CD.

Facts: https://docs.gitlab.com/ci/jobs/job_logs/ (sections) and
https://docs.gitlab.com/ci/variables/dotenv_variables/ (the file that later jobs have variables
from: a value on each line, no empty line, 5 KB at most).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dfctl.output.ci.system import Act, Command, Written

_FILE = "dfctl.env"
VARIABLES = {
    "run": "DFCTL_RUN",
    "state": "DFCTL_RUN_STATE",
    "url": "DFCTL_RUN_URL",
    "elapsed": "DFCTL_RUN_ELAPSED",
    "exit_code": "DFCTL_RUN_EXIT_CODE",
}
# Five values of this length, with their names, are less than 5 KB.
_LONGEST = 980


@dataclass(frozen=True)
class GitLab:
    """`token` tells the sections of one job apart. Without `has_sections` there are none."""

    token: str
    has_sections: bool

    def opened(self, at: datetime) -> list[Act]:
        # Open: who watches a run wants to see its lines, and may fold them away later.
        return self._section("start", at, "dfctl")

    def closed(self, at: datetime) -> list[Act]:
        return self._section("end", at, "")

    def outputs(self, new: Mapping[str, str], known: Mapping[str, str]) -> list[Act]:
        rows = [
            f"{VARIABLES[name]}={value}\n"
            for name, value in known.items()
            if len(value) <= _LONGEST
        ]
        return [Written(place="CI_PROJECT_DIR", name=_FILE, text="".join(rows), is_whole=True)]

    def complaint(self, title: str, text: str, *, is_error: bool) -> list[Act]:
        return []

    def summary(self, text: str) -> list[Act]:
        return []

    def had_warnings(self) -> list[Act]:
        return []

    def _section(self, edge: str, at: datetime, header: str) -> list[Act]:
        if not self.has_sections:
            return []
        name = f"section_{edge}:{int(at.timestamp())}:dfctl_{self.token}"
        return [Command(f"\x1b[0K{name}\r\x1b[0K{header}")]
