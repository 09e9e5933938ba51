"""A command line, typed as a user would, against real local servers."""

import io
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfctl.client.clock import Clock
from dfctl.composition import Environment
from dfctl.main import main
from tests.clocks import LeapingClock
from tests.documents import check_document, check_lines

# It must show nowhere: every ended command is searched for it.
CANARY = "canary|7kQ+p/Zr9=|0451"


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """Return the JSON document that is all of stdout."""
        return json.loads(self.stdout)

    @property
    def result(self) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr, to be compared at once."""
        return self.exit_code, self.stdout, self.stderr


class Shell:
    """Runs command lines in this process, with a leaping clock and without jitter.

    `variables` are the environment; `config` is the configuration that DFCTL_CONFIG names. The
    next command begins `seconds_later` than the first one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.variables: dict[str, str] = {"DFCTL_CONFIG": str(self.config)}
        self.stdin = ""
        self.random = 0.5
        self.stall = LeapingClock()._stall
        # The clock that each command begins with; `seconds_later` puts it on.
        self.seconds_later = 0.0
        self.make_clock: Callable[[], Clock] = lambda: LeapingClock(
            self.stall, seconds_later=self.seconds_later
        )
        # A stream that commands write to instead of one of their own, such as a closed one.
        self.stdout: io.StringIO | None = None

    def configure(self, text: str) -> None:
        """Write the configuration, private as a key in it demands."""
        self.config.touch(mode=0o600)
        self.config.write_text(text, encoding="utf-8")

    def configure_invision(self, address: str, **settings: object) -> None:
        """Configure the profile `sales` of InVision; more settings as TOML would write them."""
        self._configure("sales", "invision", address, {"flow": "updatesales", **settings})

    def configure_dataform(self, address: str, **settings: object) -> None:
        """Configure the profile `nightly` of Dataform Web."""
        own = {"project": "1234", "flow": "nightly", **settings}
        self._configure("nightly", "dataform-web", address, own)

    def _configure(
        self, name: str, backend: str, address: str, settings: Mapping[str, object]
    ) -> None:
        rows = {"backend": backend, "address": address, "key": CANARY, **settings}
        lines = [f"{key} = {json.dumps(value)}" for key, value in rows.items() if value is not None]
        self.configure(f"[profiles.{name}]\n" + "\n".join(lines) + "\n")

    def __call__(self, line: str, *, variables: Mapping[str, str] | None = None) -> Ended:
        """Run `dfctl` with the words of `line`; return how it ended."""
        out, err = self.stdout or io.StringIO(), io.StringIO()
        environment = Environment(
            stdin=io.StringIO(self.stdin),
            stdout=out,
            stderr=err,
            variables={**self.variables, **(variables or {})},
            make_clock=self.make_clock,
            random=lambda: self.random,
        )
        words = shlex.split(line)
        code = main(words, environment)
        ended = Ended(code, "" if out.closed else out.getvalue(), err.getvalue())
        check_printed(words, environment.variables, ended.stdout)
        assert CANARY not in ended.stdout + ended.stderr, "a key was shown"
        return ended


def check_printed(words: Sequence[str], variables: Mapping[str, str], stdout: str) -> None:
    """Fail unless stdout is as the schema says, where the words or a variable asked for JSON."""
    if set(words) & {"-h", "--help", "help", "demo", "sandbox"} or not stdout:
        return
    forms = {"-ojson", "--output=json", "json"} & set(words)
    lines = {"-ojsonl", "--output=jsonl", "jsonl"} & set(words)
    asked = variables.get("DFCTL_OUTPUT")
    if lines or (asked == "jsonl" and not forms):
        check_lines(stdout)
    elif forms or asked == "json":
        check_document(stdout)
