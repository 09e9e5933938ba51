"""The sandbox: both services, their keys, the clock and the record, behind one port."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike

from dfctl.sandbox import dataform_web, guide, invision, keys
from dfctl.sandbox.dataform_web import DataformWeb
from dfctl.sandbox.exchange import Answer, Drop, Reply, Request, masked_target, text_answer
from dfctl.sandbox.invision import InVision
from dfctl.sandbox.listener import HOST, Listener
from dfctl.sandbox.runs import Runs, StartRecord

PROJECT = "5685548636176384"

_REMEMBERED_REQUESTS = 1000
_NOWHERE = text_answer(404, "try /invision or /v1")


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, its key masked; `status` is None when the connection was dropped."""

    method: str
    target: str
    body: bytes
    status: int | None


class Sandbox:
    """Both services on 127.0.0.1. Serve with `serving()`, or with `start()` and `close()`.

    `seconds` is the length of an ordinary run; `clock` gives seconds, and `wait` is given those
    for which an awaited start is held back. `log` gets one line for each request. The port is
    bound here: OSError when it is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seconds: float = 3.0,
        invision_key: str | None = None,
        dataform_token: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
        log: Callable[[str], object] | None = None,
    ) -> None:
        self.project = PROJECT
        self.invision_key = invision_key or keys.new_invision_key()
        self.dataform_token = dataform_token or keys.new_dataform_token()
        self._closing = threading.Event()
        self._clock = clock
        self._wait = wait or self._closing.wait
        self._log = log
        self._lock = threading.Lock()
        self._starts: list[StartRecord] = []
        self._requests: deque[RequestRecord] = deque(maxlen=_REMEMBERED_REQUESTS)
        self._invision, self._dataform = self._services(seconds)
        self._listener = Listener(
            port, reply_to=self._reply_to, note=self._note, complain=self._complain
        )
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return self._listener.server_port

    @property
    def invision_address(self) -> str:
        return f"http://{HOST}:{self.port}/invision"

    @property
    def dataform_address(self) -> str:
        return f"http://{HOST}:{self.port}/v1"

    @property
    def starts(self) -> list[StartRecord]:
        """Every run that was started, oldest first."""
        with self._lock:
            return list(self._starts)

    @property
    def requests(self) -> list[RequestRecord]:
        """The last 1000 requests, oldest first."""
        with self._lock:
            return list(self._requests)

    def start(self) -> None:
        """Serve from a thread of its own until `close()`."""
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.05,), name="sandbox", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving, end every connection, free the port. May be called again."""
        self._closing.set()
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.disconnect()
        self._listener.server_close()

    @contextmanager
    def serving(self) -> Iterator["Sandbox"]:
        self.start()
        try:
            yield self
        finally:
            self.close()

    def config_toml(self) -> str:
        """A ready dfctl `config.toml`, keys included: keep it private."""
        return guide.config_toml(self._facts())

    def introduction(self, config_path: str | PathLike[str]) -> str:
        """What to tell people once `config_toml()` was written to `config_path`."""
        return guide.introduction(self._facts(), config_path)

    def _facts(self) -> guide.Facts:
        return guide.Facts(
            invision_address=self.invision_address,
            invision_key=self.invision_key,
            dataform_address=self.dataform_address,
            dataform_token=self.dataform_token,
            project=self.project,
        )

    def _services(self, seconds: float) -> tuple[InVision, DataformWeb]:
        return (
            InVision(
                key=self.invision_key,
                runs=Runs(
                    service=invision.NAME,
                    seconds=seconds,
                    new_id=invision.new_run_id,
                    starts=self._starts,
                ),
            ),
            DataformWeb(
                token=self.dataform_token,
                project=self.project,
                runs=Runs(
                    service=dataform_web.NAME,
                    seconds=seconds,
                    new_id=dataform_web.new_run_id,
                    starts=self._starts,
                ),
            ),
        )

    def _reply_to(self, request: Request) -> Reply:
        with self._lock:
            reply = self._route(request)
        if isinstance(reply, Answer) and reply.after > 0:
            self._wait(reply.after)
        if self._closing.is_set():
            reply = Drop()
        self._note(request, reply)
        return reply

    def _route(self, request: Request) -> Reply:
        match request.segments[0].casefold():
            case "invision":
                return self._invision.answer(request, self._clock())
            case "v1":
                return self._dataform.answer(request, self._clock())
        return _NOWHERE

    def _note(self, request: Request, reply: Reply) -> None:
        target = masked_target(request.target)
        status = reply.status if isinstance(reply, Answer) else None
        with self._lock:
            self._requests.append(RequestRecord(request.method, target, request.body, status))
            if self._log is not None:
                self._log(f"{request.method} {target} {status or 'dropped'}")

    def _complain(self, line: str) -> None:
        with self._lock:
            if self._log is not None:
                self._log(line)
