"""What the profile `sales` sends, and what dfctl tells of it."""

from tests.faults.wire import json_answer
from tests.shell import Ended

RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
REFERENCE = f"sales/updatesales/{RUN}"
START = "/api/pub/v1/dataflows/updatesales/start"
STATUS = f"/api/pub/v1/dataflows/updatesales/runs/{RUN}/status"
POST = f"POST {START}"
GET = f"GET {STATUS}"

STARTED = json_answer({"runId": RUN, "status": "Pending"})
RUNNING = json_answer({"runId": RUN, "status": "Running"})
SUCCEEDED = json_answer({"runId": RUN, "status": "Succeeded"})

# What this machine's journal calls the first start of `sales`.
LOCAL = "sales/start-0001"
CHECK_FIRST = (
    "hint: it may be running: look at the service before you start it again; "
    f"then settle it: dfctl runs resolve {LOCAL} --as not-started, or --as RUN\n"
)
NOTHING_STARTED = "hint: nothing was started; check address and settings of the profile\n"
NOT_SEEN = f"sales: not seen ({REFERENCE})\n"
RESUME = f"hint: to follow it: dfctl wait {REFERENCE}\n"


def at(seconds: float, line: str) -> str:
    """Return a line of progress as it is told `seconds` after the leaping clock began."""
    whole = int(seconds)
    return f"2026-03-01T12:{whole // 60:02}:{whole % 60:02}+00:00 sales: {line}\n"


def begun(timeout: str = "24h") -> str:
    """Return what is told when a start is about to be sent."""
    return at(0, f"starting updatesales on invision, to follow it for up to {timeout} (--timeout)")


def known(timeout: str = "24h") -> str:
    """Return what is told up to the confirmed start."""
    return begun(timeout) + at(0, f"started {REFERENCE}") + at(0, "pending")


def delayed(seconds: float, why: str, again: str) -> str:
    """Return what is told when a start certainly did not begin."""
    return at(seconds, f"nothing started yet: {why}; trying again in {again}")


def missed(seconds: float, why: str, again: str) -> str:
    """Return what is told when a look failed."""
    return at(seconds, f"no news: {why}; looking again in {again}")


BEGUN_PLAIN = "sales: starting updatesales on invision, to follow it for up to 24h (--timeout)\n"
KNOWN_PLAIN = BEGUN_PLAIN + f"sales: started {REFERENCE}\nsales: pending\n"


def error(message: str) -> str:
    """Return the error's line."""
    return f"error: sales: {message}\n"


def well(after: str) -> str:
    """Return the result of a run that succeeded."""
    return f"sales: succeeded after {after} ({REFERENCE})\n"


def without_times(ended: Ended) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr, the times of day left out."""
    lines = ended.stderr.splitlines(keepends=True)
    stripped = [line.split(" ", 1)[1] if line[:2] == "20" else line for line in lines]
    return ended.exit_code, ended.stdout, "".join(stripped)
