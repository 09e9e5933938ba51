"""An upgrade while a run is followed: dfctl and all it needs are gone, and it ends as it should."""

import sys
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.documents import check_document
from tests.faults.told import KNOWN_PLAIN as KNOWN
from tests.faults.told import REFERENCE, RESUME, RUN, RUNNING, STARTED, error, without_times
from tests.faults.wire import Script, Wire, answer, http, json_answer, read, send, silence, wait_for
from tests.process.processes import SOURCES, Desk
from tests.process.terminals import Terminal

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows lets nobody remove what is in use"
)

Serve = Callable[..., Wire]

# Without what else is installed beside the tests: words, interpreter, `-m` and `dfctl` are left out
# and written anew.
_ALONE = ("/bin/sh", "-c", 'shift 3; exec "$0" -S -m dfctl "$@"', sys.executable)
GARBAGE = "this is no Python, and no upgrade ends so\n"


def _needed(name: str) -> Iterator[str]:
    """Return the distribution `name` and those that it needs."""
    yield name
    for line in distribution(name).requires or ():
        requirement, _, condition = line.partition(";")
        if not condition.strip():
            yield from _needed("".join(_name_of(requirement)))


def _name_of(requirement: str) -> Iterator[str]:
    for character in requirement.strip():
        if not (character.isalnum() or character in "-_."):
            return
        yield character


class Installation:
    """dfctl and what it needs, as links in a folder of their own, so that they can be removed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._packages = {"dfctl": Path(SOURCES) / "dfctl"}
        for name in sorted(set(_needed("dfctl"))):
            files = distribution(name).files or ()
            for top in {file.parts[0] for file in files if file.suffix == ".py"}:
                if top not in ("..", "dfctl"):
                    self._packages[top] = Path(str(distribution(name).locate_file(top)))
        folder.mkdir()
        for name, package in self._packages.items():
            (folder / name).symlink_to(package)

    def remove(self) -> None:
        """Take all of it away, as the beginning of an upgrade does."""
        for name in self._packages:
            (self.folder / name).unlink()

    def ruin(self) -> None:
        """Take all of it away but for dfctl, and put garbage in the place of its modules."""
        self.remove()
        package = self._packages["dfctl"]
        for module in package.rglob("*.py"):
            ruined = self.folder / "dfctl" / module.relative_to(package)
            ruined.parent.mkdir(parents=True, exist_ok=True)
            ruined.write_text(GARBAGE)


@pytest.fixture
def installation(desk: Desk) -> Installation:
    """What the desk's processes import from, and nothing else."""
    installation = Installation(desk.folder / "site")
    desk.environment["PYTHONPATH"] = str(installation.folder)
    return installation


class Story:
    """A run that is under way, and whose next answer waits until the upgrade has happened."""

    def __init__(self, serve: Serve, *rest: bytes) -> None:
        self._is_upgraded = threading.Event()
        self.wire = serve(self._script(rest))

    def _script(self, rest: tuple[bytes, ...]) -> Script:
        steps = [answer(STARTED), read, wait_for(self._is_upgraded), send(RUNNING)]
        return [*steps, *(answer(data) for data in rest)]

    def upgrade(self, change: Callable[[], None]) -> None:
        """Wait until the run is followed, let the upgrade happen, and go on."""
        self.wire.wait_for_requests(2)
        change()
        self._is_upgraded.set()


def _ending(state: str) -> bytes:
    return json_answer({"runId": RUN, "status": state})


BAD_GATEWAY = http("502 Bad Gateway", body=b"<html>")


def test_a_run_is_followed_through_an_upgrade_to_its_success(
    desk: Desk, serve: Serve, installation: Installation
) -> None:
    story = Story(serve, BAD_GATEWAY, _ending("Succeeded"))
    process = desk.begin("run", "sales", before=_ALONE)

    story.upgrade(installation.ruin)

    code, stdout, stderr = without_times(process.ended())
    assert code == 0
    assert stdout.startswith("sales: succeeded after ")
    assert stdout.endswith(f" ({REFERENCE})\n")
    assert stderr.startswith(KNOWN + "sales: running\nsales: no news: HTTP 502 Bad Gateway; ")
    assert stderr.endswith("sales: succeeded, in contact again\n")


def test_a_failure_after_an_upgrade_tells_the_whole_story_at_the_end(
    desk: Desk, serve: Serve, installation: Installation
) -> None:
    story = Story(serve, _ending("Failed"))
    process = desk.begin("run", "sales", "-q", before=_ALONE)

    story.upgrade(installation.remove)

    code, stdout, stderr = without_times(process.ended())
    assert (code, stderr) == (3, KNOWN + "sales: running\nsales: failed\n")
    assert stdout.startswith("sales: failed after ")


def test_json_after_an_upgrade_is_whole(
    desk: Desk, serve: Serve, installation: Installation
) -> None:
    story = Story(serve, http("403 Forbidden"))
    process = desk.begin("run", "sales", "-o", "json", before=_ALONE)

    story.upgrade(installation.remove)

    ended = process.ended()
    check_document(ended.stdout)
    assert ended.exit_code == ended.document["exit_code"] == 7
    assert [run["run"] for run in ended.document["runs"]] == [REFERENCE]


def test_ctrl_c_after_an_upgrade_tells_how_to_go_on(
    desk: Desk, serve: Serve, installation: Installation
) -> None:
    wire = serve([answer(STARTED), read, silence])
    process = desk.begin("run", "sales", before=_ALONE)
    wire.wait_for_requests(2)

    installation.remove()
    process.send("SIGINT")

    code, stdout, stderr = without_times(process.ended())
    assert (code, stderr) == (130, KNOWN + error("interrupted; the run goes on") + RESUME)
    assert stdout.startswith("sales: pending after ")


def test_the_live_view_outlives_an_upgrade(
    desk: Desk, serve: Serve, installation: Installation
) -> None:
    story = Story(serve, _ending("Succeeded"))
    terminal = Terminal()
    try:
        process = desk.begin(
            "run",
            "sales",
            variables={"TERM": "xterm-256color"},
            before=_ALONE,
            stdin=terminal.end,
            stdout=terminal.end,
            stderr=terminal.end,
        )
        terminal.shows("pending")

        story.upgrade(installation.remove)

        assert process.ended().exit_code == 0
        terminal.shows("\N{CHECK MARK}")
        terminal.shows("sales: succeeded after ")
        assert "Traceback" not in terminal.shown
    finally:
        terminal.close()


def test_an_upgrade_that_takes_rich_away_first_leaves_plain_lines(
    desk: Desk, serve: Serve, installation: Installation
) -> None:
    wire = serve([answer(STARTED), answer(_ending("Succeeded"))])
    package = installation.folder / "rich"
    package.unlink()
    package.mkdir()
    (package / "__init__.py").write_text(GARBAGE)
    terminal = Terminal()
    try:
        process = desk.begin(
            "run",
            "sales",
            variables={"TERM": "xterm-256color"},
            before=_ALONE,
            stdin=terminal.end,
            stdout=terminal.end,
            stderr=terminal.end,
        )

        assert process.ended().exit_code == 0
        terminal.shows("sales: succeeded after ")
        assert f" sales: started {REFERENCE}\r\n" in terminal.shown
        assert "\x1b" not in terminal.shown
    finally:
        terminal.close()
    assert len(wire.posts) == 1
