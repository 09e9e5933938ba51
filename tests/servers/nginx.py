"""nginx, as Debian's nginx-light has it, with the sites of nginx.conf."""

import contextlib
import http.client
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers.programs import PATIENCE, Ports, Program, has_ipv6, program, wait_until

# The log format `facts`.
_FACTS = (
    *("site", "status", "method", "connection", "requests", "tls"),
    *("transfer", "coding", "target"),
)
_SITES = Path(__file__).with_name("nginx.conf")


class Nginx(Program):
    """A running nginx. `service` is the port on this machine that it stands in front of."""

    def __init__(self, folder: Path, certificates: Path, service: int) -> None:
        self._nginx = program("nginx", "nginx-light")
        self._free = Ports()
        self._secure: set[str] = set()
        self._known = 0
        self.ports: dict[str, int] = {}
        (folder / "nginx.conf").write_text(self._config(_SITES.read_text(encoding="utf-8")))
        (folder / "machine.conf").write_text(_user())
        server = f"server 127.0.0.1:{service} max_fails=0;"
        (folder / "upstreams.conf").write_text(
            f"upstream service {{ {server} }}\nupstream pair {{ {server} {server} }}\n"
        )
        (folder / "nobody").touch()
        shutil.copytree(certificates, folder, dirs_exist_ok=True)
        command = [self._nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        super().__init__(folder, command, log="error.log", ready="start worker process ")

    def where(self, site: str) -> str:
        """Return host and port of a site."""
        host = "[::1]" if site == "ipv6" else "127.0.0.1"
        return f"{host}:{self.ports[site]}"

    def address(self, site: str) -> str:
        """Return the address of the InVision that is behind a site."""
        scheme = "https" if site in self._secure else "http"
        return f"{scheme}://{self.where(site)}/invision"

    def reload(self) -> None:
        """Have it read its configuration again, and wait until its old worker takes its leave."""
        before = self.written.count("gracefully shutting down")
        subprocess.run([*self._command, "-s", "reload"], check=True, capture_output=True)
        wait_until(
            lambda: self.written.count("gracefully shutting down") > before, "the old worker goes"
        )

    def accesses(self, site: str) -> list[dict[str, str]]:
        """Return what its log says of the requests to a site since `forget`, in order."""
        lines = self._logged()[self._known :]
        rows = [dict(zip(_FACTS, line.split(" ", len(_FACTS) - 1), strict=True)) for line in lines]
        return [row for row in rows if row["site"] == site]

    def forget(self) -> None:
        """Leave the requests until now out of what `accesses` returns."""
        self._known = len(self._logged())

    def _logged(self) -> list[str]:
        settled = http.client.HTTPConnection("127.0.0.1", self.ports["settled"], timeout=PATIENCE)
        # Where nginx was stopped, its log is whole.
        with contextlib.closing(settled), contextlib.suppress(OSError, http.client.HTTPException):
            settled.request("GET", "/")
            settled.getresponse().read()
        return (self.folder / "access.log").read_text(encoding="utf-8").splitlines()

    def _config(self, sites: str) -> str:
        return re.sub(r"(?<=\blisten )(\w+)( ssl)?", self._listen, sites)

    def _listen(self, name: re.Match[str]) -> str:
        is_ipv6 = name[1] == "ipv6" and has_ipv6()
        host, shown = ("::1", "[::1]") if is_ipv6 else ("127.0.0.1", "127.0.0.1")
        self.ports[name[1]] = self._free.free(host)
        if name[2]:
            self._secure.add(name[1])
        return f"{shown}:{self.ports[name[1]]}{name[2] or ''}"


def _user() -> str:
    """Return whose rights the workers have: where root tests, they would become `nobody`."""
    if sys.platform != "win32" and os.geteuid() == 0:
        import grp
        import pwd

        return f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name};\n"
    return ""
