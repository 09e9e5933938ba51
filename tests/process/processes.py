"""dfctl as a process of its own, watched while it runs."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.shell import CANARY, Ended

# Nothing that a test waits for takes this long, not even on a loaded machine.
PATIENCE = 60.0
SOURCES = str(Path(__file__).resolve().parents[2] / "src")
DFCTL = (sys.executable, "-m", "dfctl")


class Process:
    """A running dfctl. What it writes is read as it comes, so that it is never held up."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        before: Sequence[str] = (),
        stdin: int | IO[bytes] | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
        is_leader: bool = False,
    ) -> None:
        self.popen = subprocess.Popen(
            [*before, *DFCTL, *words],
            env=dict(environment),
            cwd=folder,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=is_leader,
        )
        self._told = {"stdout": b"", "stderr": b""}
        self._changed = threading.Condition()
        self._readers = [
            self._begin(name, pipe)
            for name, pipe in (("stdout", self.popen.stdout), ("stderr", self.popen.stderr))
            if pipe is not None
        ]

    def says(self, text: str, stream: str = "stderr") -> None:
        """Wait until `text` stands in what it wrote."""
        self.wait_until(lambda: text in self.text(stream))

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that this process does or writes."""
        with self._changed:
            for _ in range(int(PATIENCE / 0.02)):
                if is_so():
                    return
                self._changed.wait(0.02)
        raise AssertionError(f"in vain; it wrote {self._told}")

    def text(self, stream: str) -> str:
        """Return what it wrote so far."""
        return self._told[stream].decode("utf-8", "backslashreplace")

    def send(self, name: str) -> None:
        """Send it a signal, such as SIGTERM."""
        self.popen.send_signal(signal.Signals[name])

    def takes_note(self, name: str) -> None:
        """Send it a signal, and wait until its main thread has certainly seen it."""
        self.send(name)
        self.wakes()

    def wakes(self) -> None:
        """Wait until its main thread, which sleeps 0.2 s at a time, has been awake in between."""
        before = self._sleeps()
        self.wait_until(lambda: self._sleeps() >= min(before + 3, sys.maxsize))

    def _sleeps(self) -> int:
        """Return how often the main thread went to sleep, where the system (Linux) tells."""
        try:
            status = Path(f"/proc/{self.popen.pid}/status").read_text(encoding="ascii")
        except OSError:
            return sys.maxsize
        [line] = [line for line in status.splitlines() if line.startswith("voluntary_ctxt")]
        return int(line.split()[1])

    def ended(self) -> Ended:
        """Wait for its end; an end by a signal is its number below zero."""
        try:
            code = self.popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end; it wrote {self._told}") from None
        for reader in self._readers:
            reader.join(PATIENCE)
        ended = Ended(code, self.text("stdout"), self.text("stderr"))
        assert CANARY not in ended.stdout + ended.stderr, "a key was shown"
        assert code != 120, "Python could not write what was left, and chose the exit code"
        return ended

    def close(self) -> None:
        """End it, whatever it does."""
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for pipe in (self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                pipe.close()

    def _begin(self, name: str, pipe: IO[bytes]) -> threading.Thread:
        reader = threading.Thread(target=self._read, args=(name, pipe), daemon=True)
        reader.start()
        return reader

    def _read(self, name: str, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(pipe.fileno(), 1 << 16):
                with self._changed:
                    self._told[name] += data
                    self._changed.notify_all()


class Desk:
    """A folder with a home and a configuration, from which processes are started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.home = folder / "home"
        self.temporary = folder / "tmp"
        # Where the journal is, so that no test writes into a home that is not its own.
        self.state = folder / "state"
        self.home.mkdir()
        self.temporary.mkdir()
        self.environment: dict[str, str] = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": SOURCES,
            "DFCTL_CONFIG": str(self.config),
            "DFCTL_STATE_DIR": str(self.state),
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for name in ("SYSTEMROOT", "COVERAGE_PROCESS_START"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self._processes: list[Process] = []

    def configure(self, text: str) -> None:
        """Write the configuration, private as a key in it demands."""
        self.config.touch(mode=0o600)
        self.config.write_text(text, encoding="utf-8")

    def begin(
        self, *words: str, variables: Mapping[str, str] | None = None, **options: object
    ) -> Process:
        """Start dfctl with these words."""
        environment = {**self.environment, **(variables or {})}
        folder = options.pop("folder", self.folder)
        process = Process(
            words,
            environment=environment,
            folder=folder,  # type: ignore[arg-type]
            **options,  # type: ignore[arg-type]
        )
        self._processes.append(process)
        return process

    def __call__(
        self, *words: str, variables: Mapping[str, str] | None = None, **options: object
    ) -> Ended:
        """Run dfctl with these words to its end."""
        return self.begin(*words, variables=variables, **options).ended()

    def close(self) -> None:
        """End every process."""
        for process in self._processes:
            process.close()
