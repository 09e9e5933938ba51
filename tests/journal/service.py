"""An InVision for the journal's tests: each flow's starts are answered as the test says."""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

_START = re.compile(r"/invision/api/pub/v1/dataflows/(?P<flow>[^/]+)/start")
_STATUS = re.compile(r"/invision/api/pub/v1/dataflows/(?P<flow>[^/]+)/runs/(?P<run>[^/]+)/status")


class Service:
    """Answers on `address`; `requests` are what came, such as `POST sales` and `GET sales/1`.

    A start gives the next number of its flow as its run, unless `answers` has another answer in
    store for the flow. A run is in the state `words` has for it, else it has succeeded. What is to
    happen while a request is on its way is done by `meanwhile`.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.address = server.url_for("/invision")
        self.requests: list[str] = []
        self.words: dict[str, str] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        self._turns: dict[str, list[str]] = {}
        self.answers: dict[str, list[Response]] = {}
        self._counts: Counter[str] = Counter()
        server.expect_request(_START, method="POST").respond_with_handler(self._start)
        server.expect_request(_STATUS, method="GET").respond_with_handler(self._status)

    def will_answer(self, flow: str, status: int, content: Any = None) -> None:
        """Answer the next start of `flow` so."""
        body = "" if content is None else json.dumps(content)
        answer = Response(body, status, content_type="application/json")
        self.answers.setdefault(flow, []).append(answer)

    def words_in_turn(self, run: str, *words: str) -> None:
        """Let one look after the other meet these states; the last one stays."""
        self._turns[run] = list(words)

    def _start(self, request: Request) -> Response:
        match = _START.fullmatch(request.path)
        assert match
        flow = match["flow"]
        self.requests.append(f"POST {flow}")
        self.meanwhile()
        if self.answers.get(flow):
            return self.answers[flow].pop(0)
        self._counts[flow] += 1
        return _json({"runId": f"{flow}-{self._counts[flow]}", "status": "Pending"})

    def _status(self, request: Request) -> Response:
        match = _STATUS.fullmatch(request.path)
        assert match
        run = match["run"]
        self.requests.append(f"GET {run}")
        self.meanwhile()
        turns = self._turns.get(run, [self.words.get(run, "Succeeded")])
        word = turns.pop(0) if len(turns) > 1 else turns[0]
        if word == "gone":
            return Response("{}", 404, content_type="application/json")
        return _json({"runId": run, "status": word})


def _json(content: object) -> Response:
    return Response(json.dumps(content), 200, content_type="application/json")
