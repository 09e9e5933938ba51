import sys
from pathlib import Path

import pytest

from tests.store.written import Files

ADAPTER = """
from dfctl.backends.backend import Backend
from dfctl.core.settings import Setting, SettingKind, SettingProblem


class Adapter(Backend):
    name = "{name}"
    title = "A service of a third party"
    default_address = "https://third.example"
    settings = (
        Setting("certificate", "a file", SettingKind.PATH),
        Setting("tags", "instead of a flow", SettingKind.TEXTS),
        Setting("everything", "instead of a flow", SettingKind.FLAG),
        Setting("key_in", "where the key goes", choices=("header", "query")),
    )
    alternatives = (("flow", "tags", "everything"),)

    def check(self, settings):
        if settings.flow and (settings.texts("tags") or settings.flag("everything")):
            raise SettingProblem("flow", "stands beside tags", hint="leave one of them out")

    key_place = start = look = refusal = None  # nothing is sent
"""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an installed adapter with a setting of each kind, and with alternatives."""
    module = f"third_party_{tmp_path.name.replace('-', '_')}"
    installed = tmp_path / "installed"
    (installed / f"{module}-1.dist-info").mkdir(parents=True)
    (installed / f"{module}.py").write_text(ADAPTER.format(name="third"))
    (installed / f"{module}-1.dist-info" / "METADATA").write_text(f"Name: {module}\nVersion: 1\n")
    (installed / f"{module}-1.dist-info" / "entry_points.txt").write_text(
        f"[dfctl.backends]\nthird = {module}:Adapter\n"
    )
    monkeypatch.syspath_prepend(installed)
    monkeypatch.delitem(sys.modules, module, raising=False)
    return "third"
