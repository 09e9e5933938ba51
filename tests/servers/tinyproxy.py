"""tinyproxy, as Debian has it."""

from pathlib import Path

from tests.servers.programs import Ports, Program, program


class Tinyproxy(Program):
    """A running tinyproxy; `lines` are what its configuration says beside what all have."""

    def __init__(self, folder: Path, *lines: str) -> None:
        self.port = Ports().free()
        self._known = 0
        config = folder / "tinyproxy.conf"
        common = (
            f"Port {self.port}",
            "Listen 127.0.0.1",
            "Timeout 60",
            "MaxClients 20",
            "LogLevel Info",
            f'LogFile "{folder / "log"}"',
        )
        config.write_text("\n".join([*common, *lines, ""]))
        path = program("tinyproxy", "tinyproxy")
        super().__init__(
            folder, [path, "-d", "-c", str(config)], log="log", ready="Starting main loop"
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Return what it wrote down since `forget`."""
        return self.written[self._known :]

    def forget(self) -> None:
        """Leave what it wrote down until now out of `log`."""
        self._known = len(self.written)

    @property
    def requests(self) -> list[str]:
        """Return the first line of each request, without its version."""
        marked = [line.partition("): ")[2] for line in self.log.splitlines() if "Request (" in line]
        return [line.rpartition(" ")[0] for line in marked]
