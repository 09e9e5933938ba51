"""Write what is generated in this repository: `make docs`. Each file is committed.

A new kind of generated file is one more function in GENERATORS.
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dfctl.cli.app import program
from dfctl.cli.writing import facts_of
from dfctl.core.exits import ExitCode, name_of
from dfctl.manual.pages import pages_of
from dfctl.manual.reference import reference
from dfctl.manual.roff import roff
from dfctl.manual.shells import Shell, script_of
from tools.picture import picture

ROOT = Path(__file__).parents[1]
Files = Mapping[str, str]

# Where a shell, or a packager, looks for the script.
_SCRIPT_FILES = {
    Shell.BASH: "dfctl.bash",
    Shell.ZSH: "_dfctl",
    Shell.FISH: "dfctl.fish",
    Shell.POWERSHELL: "dfctl.ps1",
}


def scripts() -> Files:
    """Return the completion scripts."""
    known = facts_of(program()).program
    return {f"completions/{name}": script_of(shell, known) for shell, name in _SCRIPT_FILES.items()}


def man_pages() -> Files:
    """Return the pages of the manual."""
    pages = pages_of(facts_of(program()))
    return {f"man/man{page.number}/{page.file}": roff(page) for page in pages.values()}


def command_reference() -> Files:
    """Return the command reference."""
    return {"docs/commands.md": reference(facts_of(program()))}


def pictures() -> Files:
    """Return the picture of the README."""
    return {"docs/live.svg": picture()}


def readme() -> Files:
    """Return the README with its table of exit codes written anew."""
    head = "| code | meaning | did a run begin? |\n|---|---|---|\n"
    before, _, after = (ROOT / "README.md").read_text(encoding="utf-8").partition(head)
    rows = [
        f"| {int(code)} {name_of(code)} | {_with_code(code.meaning)} | {code.began} |\n"
        for code in ExitCode
    ]
    return {"README.md": "".join([before, head, *rows, "\n", after.partition("\n\n")[2]])}


def _with_code(text: str) -> str:
    return re.sub(r"(?<![\w`-])(--[a-z][a-z-]*(?: refuse)?)", r"`\1`", text)


GENERATORS: tuple[Callable[[], Files], ...] = (
    scripts,
    man_pages,
    command_reference,
    pictures,
    readme,
)
# Folders that hold generated files and nothing else.
WHOLE_FOLDERS = ("completions", "man")


def generated() -> dict[str, str]:
    """Return the content of each generated file, by its path from the root."""
    return {path: text for generate in GENERATORS for path, text in generate().items()}


def main() -> None:
    files = generated()
    for folder in WHOLE_FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.relative_to(ROOT).as_posix() not in files:
                path.unlink()
    for name, text in files.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    print(f"{len(files)} files written", file=sys.stderr)


if __name__ == "__main__":
    main()
