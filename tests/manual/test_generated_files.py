"""The files that are generated and committed, and what of them an installation gets."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.write_docs import ROOT, WHOLE_FOLDERS, generated

FILES = generated()


@pytest.mark.parametrize("name", FILES)
def test_a_generated_file_is_current(name: str) -> None:
    path = ROOT / name
    written = path.read_text(encoding="utf-8") if path.exists() else "(there is no such file)"

    assert written == FILES[name], f"{name} is out of date: run `make docs`"


@pytest.mark.parametrize("folder", WHOLE_FOLDERS)
def test_no_generated_file_is_left_over(folder: str) -> None:
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.*")}

    assert found <= set(FILES), "run `make docs`"


def test_generating_twice_gives_the_same() -> None:
    code = "import json, tools.write_docs; print(json.dumps(tools.write_docs.generated()))"
    again = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "PYTHONHASHSEED": "1",
            "TZ": "Asia/Tokyo",
        },
        check=True,
        capture_output=True,
        encoding="utf-8",
    )

    assert json.loads(again.stdout) == FILES


def test_the_wheel_puts_pages_and_scripts_where_man_and_the_shells_look(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shared = {
            name.partition(".data/data/")[2]: archive.read(name).decode()
            for name in archive.namelist()
            if ".data/data/" in name
        }

    pages = {f"share/{name}": text for name, text in FILES.items() if name.startswith("man/")}
    assert shared == {
        **pages,
        "share/bash-completion/completions/dfctl": FILES["completions/dfctl.bash"],
        "share/zsh/site-functions/_dfctl": FILES["completions/_dfctl"],
        "share/fish/vendor_completions.d/dfctl.fish": FILES["completions/dfctl.fish"],
    }
