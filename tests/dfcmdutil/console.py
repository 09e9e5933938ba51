"""The vendor's command line, typed as a job would, against a service that answers by the script."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer

from dfctl.composition import Environment
from dfctl.dfcmdutil import main
from tests.clocks import LeapingClock
from tests.shell import CANARY, Ended

RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
REFERENCE = f"env/updatesales/{RUN}"
NOON = "2026-03-01T12:00:00+00:00"


class Console:
    """Runs `dfcmdutil` in this process. `variables` are the environment."""

    def __init__(self, folder: Path) -> None:
        self.variables = {"DFCTL_STATE_DIR": str(folder / "state")}

    def __call__(self, *words: str, **variables: str) -> Ended:
        """Run `dfcmdutil` with these words, and these variables more; return how it ended."""
        out, err = io.StringIO(), io.StringIO()
        environment = Environment(
            stdin=io.StringIO(),
            stdout=out,
            stderr=err,
            variables={**self.variables, **variables},
            make_clock=LeapingClock,
            random=lambda: 0.5,
        )
        code = main(words, environment)
        ended = Ended(code, out.getvalue(), err.getvalue())
        assert CANARY not in ended.stdout + ended.stderr, "a key was shown"
        return ended


@dataclass
class Service:
    """InVision below /InVision, with a flow `updatesales`; it answers in the order given here."""

    server: HTTPServer
    headers: dict[str, str] = field(default_factory=lambda: {"x-api-key": CANARY})

    @property
    def address(self) -> str:
        return self.server.url_for("/InVision")

    def starts(self, word: str = "Pending") -> None:
        self._expect("POST", "start").respond_with_json({"runId": RUN, "status": word})

    def refuses(self, status: int) -> None:
        self._expect("POST", "start").respond_with_data("", status=status)

    def shows(self, *words: str) -> None:
        for word in words:
            answer = {"runId": RUN, "status": word}
            self._expect("GET", f"runs/{RUN}/status").respond_with_json(answer)

    def always_shows(self, word: str) -> None:
        self.server.expect_request(
            f"{_FLOW}/runs/{RUN}/status", method="GET", headers=self.headers
        ).respond_with_json({"runId": RUN, "status": word})

    @property
    def requests(self) -> list[tuple[str, str, bytes]]:
        """Method, path with query, and body of each request that arrived."""
        return [
            (request.method, request.full_path.removesuffix("?"), request.get_data())
            for request, _ in self.server.log
        ]

    def _expect(self, method: str, path: str) -> Any:
        return self.server.expect_ordered_request(
            f"{_FLOW}/{path}", method=method, headers=self.headers
        )


_FLOW = "/InVision/api/pub/v1/dataflows/updatesales"
START = ("POST", f"{_FLOW}/start", b"{}")
LOOK = ("GET", f"{_FLOW}/runs/{RUN}/status", b"")
