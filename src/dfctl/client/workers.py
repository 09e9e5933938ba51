"""The threads that send requests, so that the main thread never blocks on a network."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dfctl.client.job import Job
from dfctl.client.steps import ReadKey
from dfctl.core.errors import DfctlError
from dfctl.core.exchange import Fault, FaultKind, Result
from dfctl.core.profiles import Line
from dfctl.core.secret import Secret

NO_THREAD = "no thread can be begun: there are too many processes, or too little memory"


class Connection(Protocol):
    """The connection to one service that a worker keeps."""

    def exchange(self, job: Job) -> Result:
        """Send the job's request and return what came of it."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(frozen=True)
class Answered:
    """A worker's message: what came of a job. `bug` is an error that it should not have had."""

    job: Job
    result: Result | None
    bug: BaseException | None = None


@dataclass(frozen=True)
class KeyRead:
    """A thread's message: the key that a source has now. `bug` is as in `Answered`."""

    reading: ReadKey
    key: Secret | None
    bug: BaseException | None = None


def begin_reading(reading: ReadKey, inbox: "queue.SimpleQueue[Any]") -> None:
    """Read a key again in a thread of its own, because it may hang without end."""

    def read() -> None:
        try:
            message = KeyRead(reading, reading.target.read_key_again())
        except DfctlError:
            message = KeyRead(reading, None)
        except BaseException as bug:  # noqa: BLE001 - the main thread raises it again
            message = KeyRead(reading, None, bug)
        inbox.put(message)

    try:
        threading.Thread(target=read, name="dfctl-key", daemon=True).start()
    except RuntimeError:  # no thread is to be had: the key stays as it is
        inbox.put(KeyRead(reading, None))


class Workers:
    """A few daemon threads, made as they are needed, one request at a time each.

    A request that is held until its run ends has a thread beside the few. An abandoned job takes
    its thread with it: a thread that hangs in a resolver cannot be ended, so another takes its
    place.
    """

    def __init__(
        self,
        inbox: "queue.SimpleQueue[Any]",
        open_connection: Callable[[Line], Connection],
        *,
        most: int = 4,
    ) -> None:
        self._inbox = inbox
        self._open_connection = open_connection
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._waiting: deque[Job] = deque()
        self._idle = 0
        self._under_way: set[Job] = set()
        self._threadless: set[Job] = set()
        self._most = most

    @property
    def is_idle(self) -> bool:
        """True when no request is under way."""
        return not self._under_way

    def submit(self, job: Job) -> bool:
        """Hand a job over; False where it has to wait for a thread."""
        held = sum(one.send.request.is_held for one in self._under_way)
        if len(self._under_way) - held >= self._most and not job.send.request.is_held:
            self._waiting.append(job)
            return False
        self._dispatch(job)
        return True

    def done(self, job: Job) -> Job | None:
        """Take note that a job came back or was given up; return the next one, now under way."""
        if job not in self._under_way:
            return None  # it was given up while it waited for a thread
        self._under_way.remove(job)
        self._idle += not (job.is_abandoned or job in self._threadless)
        self._threadless.discard(job)
        while self._waiting:
            following = self._waiting.popleft()
            if not following.is_abandoned:
                self._dispatch(following)
                return following
        return None

    def close(self) -> None:
        """Let the threads end. Requests under way end with their process."""
        for _ in range(self._idle):
            self._jobs.put(None)

    def _dispatch(self, job: Job) -> None:
        self._under_way.add(job)
        if self._idle:
            self._idle -= 1
        elif not self._begin_thread():
            self._threadless.add(job)
            self._inbox.put(Answered(job, Fault(FaultKind.NETWORK, NO_THREAD, was_sent=False)))
            return
        self._jobs.put(job)

    def _begin_thread(self) -> bool:
        """Make one more thread; False where the system refuses it."""
        try:
            threading.Thread(target=self._work, name="dfctl-worker", daemon=True).start()
        except RuntimeError:
            return False
        return True

    def _work(self) -> None:
        connections: dict[Line, Connection] = {}
        while (job := self._jobs.get()) is not None:
            line = job.send.target.profile.line
            try:
                if line not in connections:
                    connections[line] = self._open_connection(line)
                answer = Answered(job, connections[line].exchange(job))
            except DfctlError as error:
                fault = Fault(FaultKind.REJECTED, error.message, job.was_sent, error.hint)
                answer = Answered(job, fault)
            except BaseException as bug:  # noqa: BLE001 - the main thread raises it again
                answer = Answered(job, None, bug)
            if job.is_abandoned:
                break
            self._inbox.put(answer)
        for connection in connections.values():
            connection.close()
