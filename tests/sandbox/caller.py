"""A clock that stands still until told, and a caller over real sockets."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from dfctl.sandbox.server import Sandbox

JSON = {"Content-Type": "application/json"}


class Clock:
    """Seconds, moved by hand; to wait is to move them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Heard:
    """An answer. `json` is the body parsed, or None where it is not JSON."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        is_json = "json" in self.headers["content-type"]
        return json.loads(self.body) if is_json else None


class Caller:
    """Calls one sandbox with the right keys. A dropped connection raises RemoteDisconnected."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> Heard:
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Heard(answer.status, named, answer.read())
        finally:
            connection.close()

    def start_invision(self, flow: str, query: str = "", body: bytes = b"{}") -> Heard:
        path = f"/invision/api/pub/v1/dataflows/{flow}/start{query}"
        return self.send("POST", path, JSON | self._key(), body)

    def look_invision(self, flow: str, run: str) -> Heard:
        path = f"/invision/api/pub/v1/dataflows/{flow}/runs/{run}/status"
        return self.send("GET", path, self._key())

    def start_web(self, content: object) -> Heard:
        return self.send("POST", self.web_path(), self._token(), json.dumps(content).encode())

    def look_web(self, run: str) -> Heard:
        return self.send("GET", f"{self.web_path()}/{run}", self._token())

    def web_path(self) -> str:
        return f"/v1/project/{self.sandbox.project}/run"

    def _key(self) -> dict[str, str]:
        return {"x-api-key": self.sandbox.invision_key}

    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sandbox.dataform_token}"}
