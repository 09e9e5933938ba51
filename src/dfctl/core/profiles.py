"""A profile: the named settings by which a service is reached and a flow is run."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from dfctl.core.addresses import is_loopback
from dfctl.core.settings import Setting, SettingKind, Settings
from dfctl.core.watch import Limits


class Overlap(StrEnum):
    """What a start does when an earlier run of its profile is open, as this machine knows."""

    ALLOW = "allow"
    REFUSE = "refuse"
    JOIN = "join"


@dataclass(frozen=True)
class Line:
    """How a service is reached: its address, and whom to trust there. Paths are absolute."""

    address: str
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The settings of one profile, checked and with `like` resolved. Durations are in seconds."""

    name: str
    backend: str
    line: Line
    settings: Settings
    limits: Limits = field(default_factory=Limits)
    start_timeout: float | None = 300.0
    heartbeat: float | None = 60.0
    fail_on_warning: bool = False
    allow_http: bool = False
    overlap: Overlap = Overlap.ALLOW

    @property
    def is_unprotected(self) -> bool:
        """True where the key is sent over a network without encryption, and nobody allowed it."""
        parts = urlsplit(self.line.address)
        is_open = parts.scheme == "http" and not is_loopback(parts.hostname or "")
        return is_open and not self.allow_http

    def open_for(self, at_once: int) -> float | None:
        """Return how long a start counts as open while nobody knows what became of it, in seconds.

        It may be tried until the outage is too long, and be answered as late as its own limit says;
        and it may have to wait for others of `at_once` starts, which are sent a few at a time. None
        is for ever.
        """
        patience = (self.limits.max_outage, self.start_timeout)
        timeout = self.limits.timeout
        if timeout is None or None in patience:
            return None
        return max(timeout, at_once * sum(seconds or 0.0 for seconds in patience))


_DURATION = SettingKind.DURATION

COMMON_SETTINGS = (
    Setting("backend", "the service: invision or dataform-web", is_required=True),
    Setting("address", "the service's address, such as https://app.profitbase.biz/my-company"),
    Setting("flow", "the flow to start: its id, or the schedule's name"),
    Setting("key", "the key, or where it is kept", SettingKind.KEY),
    Setting("like", "a profile whose settings and key are taken where this one has none"),
    Setting("ca_file", "certificates to trust beside the system's, in PEM", SettingKind.PATH),
    Setting("client_cert", "the certificate to show to the service, in PEM", SettingKind.PATH),
    Setting("client_key", "the private key of client_cert, if kept apart", SettingKind.PATH),
    Setting("allow_http", "do not warn that http:// sends the key unprotected", SettingKind.FLAG),
    Setting("start_timeout", "how long the service may take to answer a start", _DURATION),
    Setting("timeout", "how long to follow a run", _DURATION),
    Setting("queue_timeout", "how long a run may stay pending", _DURATION),
    Setting("interval", "a fixed time between looks", _DURATION),
    Setting("max_outage", "unbroken loss of contact, or of tries to start, to bear", _DURATION),
    Setting(
        "overlap",
        "what to do when an earlier run of the profile is open: allow, refuse, or join it",
        choices=tuple(Overlap),
    ),
    Setting("heartbeat", "how often to say that a run goes on, where no terminal is", _DURATION),
    Setting("fail_on_warning", "count a run that ended with warnings as failed", SettingKind.FLAG),
)
