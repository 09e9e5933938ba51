"""What every adapter offers. Adapters are pure: no network, no terminal, no files, no clock."""

from abc import ABC, abstractmethod

from dfctl.core.answers import Refusal
from dfctl.core.exchange import Exchange, KeyPlace, Response
from dfctl.core.runs import Sighting, Started
from dfctl.core.settings import Parameters, Question, Setting, Settings


class Backend(ABC):
    """The adapter of one service. What has a value here need not be declared."""

    name: str
    title: str
    default_address: str | None = None
    settings: tuple[Setting, ...] = ()
    # Groups of settings of which one stands for another: one that is nearer replaces the group.
    alternatives: tuple[tuple[str, ...], ...] = ()
    # What `dfctl init` asks, in this order; without any, it asks for what a profile needs.
    questions: tuple[Question, ...] = ()

    def check(self, settings: Settings) -> None:  # noqa: B027 - most settings fit one another
        """Raise `SettingProblem` where a profile with `settings` can look at no run."""

    def check_start(
        self, settings: Settings, parameters: Parameters, *, server_wait: bool
    ) -> tuple[str, ...]:
        """Return warnings about a start that is possible.

        Raises `SettingProblem` where a setting forbids it, `UsageError` where the service cannot
        do what is asked.
        """
        return ()

    @abstractmethod
    def key_place(self, settings: Settings) -> KeyPlace:
        """Return where requests carry the key."""

    @abstractmethod
    def start(
        self, settings: Settings, parameters: Parameters, *, server_wait: bool
    ) -> Exchange[Started]:
        """Start a run of `settings.flow`."""

    @abstractmethod
    def look(self, settings: Settings, locator: str) -> Exchange[Sighting]:
        """Look at a run once. Raises `UsageError` at once where `locator` is malformed."""

    def probe(self, settings: Settings) -> str | None:
        """Return the locator of a run that cannot exist: asking about it tries the key alone.

        None where no such locator is known.
        """
        return None

    @abstractmethod
    def refusal(self, response: Response) -> Refusal:
        """Return what an answer means, by the service's own error form before HTTP's status."""
