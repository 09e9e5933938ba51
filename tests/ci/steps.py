"""Steps of CI systems, run by the shells that the systems run them with."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.process.processes import PATIENCE, SOURCES
from tests.shell import CANARY, Ended

ROOT = Path(__file__).resolve().parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*([^}]*?)\s*\}\}|\$\(([^)]+)\)")
_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What Python is for a step that installs dfctl: it makes the environment at once, and writes down
# what it was asked to install.
_PYTHON = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "{folder}/dfctl" "$3/bin/dfctl" ;;
"-m pip") printf '%s\\n' "$@" >> "{folder}/installed" ;;
*) exec "{python}" "$@" ;;
esac
"""
_DFCTL = '#!/bin/sh\nPYTHONPATH="{sources}" exec "{python}" -m dfctl "$@"\n'
_PIPX = '#!/bin/sh\nprintf \'%s\\n\' "$@" >> "{folder}/installed"\n'


@dataclass
class Machine:
    """A machine of a CI system: a folder, the programs it finds, the variables it sets."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programs = self.folder / "programs"
        programs.mkdir()
        texts = {"python3": _PYTHON, "dfctl": _DFCTL, "pipx": _PIPX}
        for name, text in texts.items():
            program = programs / name
            program.write_text(
                text.format(folder=programs, python=sys.executable, sources=SOURCES),
                encoding="utf-8",
            )
            program.chmod(0o755)
        self.variables = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "DFCTL_STATE_DIR": str(self.folder / "state"),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.variables,
        }

    @property
    def installed(self) -> list[str]:
        """Return the words that the installing program was given."""
        return (self.folder / "programs" / "installed").read_text(encoding="utf-8").splitlines()

    def begin(
        self, script: str, variables: Mapping[str, str], *, shell: Sequence[str] = ("sh", "-e")
    ) -> "subprocess.Popen[bytes]":
        """Begin a script as a system does: from a file, in the folder of the job."""
        file = self.folder / "script.sh"
        file.write_text(script, encoding="utf-8", newline="\n")
        return subprocess.Popen(
            [*shell, str(file)],
            env={**self.variables, **variables},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(
        self, script: str, variables: Mapping[str, str], *, shell: Sequence[str] = ("sh", "-e")
    ) -> Ended:
        """Run a script to its end."""
        return end_of(self.begin(script, variables, shell=shell))


def end_of(process: "subprocess.Popen[bytes]") -> Ended:
    """Wait for the end of a script; no key may show in what it wrote."""
    # Not as a text stream: it would make a new line of a carriage return.
    out, err = (text.decode("utf-8") for text in process.communicate(timeout=PATIENCE))
    assert CANARY not in out + err, "a key was shown"
    return Ended(process.returncode, out, err)


def interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Cancel a step: the signal goes to its first process alone."""
    process.send_signal(signal.SIGINT)


def document(path: str) -> Any:
    """Return what a YAML file of the repository says."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def snippets(path: str) -> list[Any]:
    """Return the YAML that a page shows."""
    found = _FENCE.findall((ROOT / path).read_text(encoding="utf-8"))
    assert found, f"{path} shows no YAML"
    return [yaml.safe_load(text) for text in found]


def filled(env: Mapping[str, object], values: Mapping[str, str]) -> dict[str, str]:
    """Return variables with `${{ expressions }}` and `$(macros)` filled in. KeyError: unknown."""

    def value(found: re.Match[str]) -> str:
        return values[found[1] or found[2]]

    return {name: _EXPRESSION.sub(value, str(text)) for name, text in env.items()}


def scripts_in(value: object) -> Iterator[str]:
    """Return every script of a document of a CI system."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("run", "bash") and isinstance(inner, str):
                yield inner
            elif name in ("script", "before_script") and isinstance(inner, list):
                yield "\n".join(inner)
            elif name != "with":
                yield from scripts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from scripts_in(inner)
