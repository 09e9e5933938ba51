"""A program for --on-done that writes down what it was told, and the command line that names it."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

_SCRIPT = """
import json, os, sys
told = {"arguments": sys.argv[1:], "variables": dict(os.environ), "stdin": sys.stdin.read()}
name = f"{os.environ['DFCTL_DONE_PROFILE']}-{os.getpid()}.json"
with open(os.path.join(os.path.dirname(__file__), name), "x") as file:
    json.dump(told, file)
"""


class Teller:
    """The program `teller.py` in a folder of its own. `more` is Python that it runs at its end."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder / "with a blank"
        self.folder.mkdir()
        script = self.folder / "teller.py"
        script.write_text(_SCRIPT + more + "\n")
        quoted = subprocess.list2cmdline if sys.platform == "win32" else shlex.join
        self.command = quoted([sys.executable, "-I", "-S", str(script)])
        # As an option on a command line.
        self.option = f"--on-done {shlex.quote(self.command)}"

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Return what each call wrote down, in the order of the profiles' names."""
        return [json.loads(file.read_text()) for file in sorted(self.folder.glob("*.json"))]

    @property
    def told(self) -> list[dict[str, str]]:
        """Return the variables about the run that each call was given, DFCTL_DONE_ left out."""
        return [told_in(call["variables"]) for call in self.calls]


def told_in(variables: dict[str, str]) -> dict[str, str]:
    """Return the variables about a run, without what all their names begin with."""
    start = "DFCTL_DONE_"
    return {
        name.removeprefix(start): text for name, text in variables.items() if name.startswith(start)
    }
