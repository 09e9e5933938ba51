"""What may stand at the end of a command line, for shells that ask for every word."""

from collections.abc import Callable, Iterator, Sequence

from dfctl.manual.commands import Command, Option, Values
from dfctl.manual.scripts import argument_of, meaning
from dfctl.manual.sources import Source

Offer = tuple[str, str]


def answers(
    program: Command,
    words: Sequence[str],
    current: str,
    offered_by: Callable[[Source], Sequence[Offer]],
) -> list[Offer]:
    """Return the words that `current` can become, each with what it means.

    `words` are those before it, without the program; `offered_by` returns the words of a source.
    """
    spot = _Spot(program)
    for word in words:
        spot.pass_by(word)
    before, found = spot.offers(current, offered_by)
    return [(before + word, text) for word, text in found if (before + word).startswith(current)]


class _Spot:
    """How far a command line has been read."""

    def __init__(self, program: Command) -> None:
        self._program = program
        self._command = program
        self._arguments: list[str] = []
        self._awaiting: Option | None = None
        self._only_arguments = False

    def pass_by(self, word: str) -> None:
        """Take note of a word that is complete."""
        if self._awaiting:
            self._awaiting = None
        elif self._only_arguments or not word.startswith("-") or word == "-":
            inner = _command_called(self._command, word)
            if inner:
                self._command = inner
            else:
                self._arguments.append(word)
        elif word == "--":
            self._only_arguments = True
        else:
            option = self._option(word)
            self._awaiting = option if option and option.values else None

    def offers(
        self, current: str, offered_by: Callable[[Source], Sequence[Offer]]
    ) -> tuple[str, list[Offer]]:
        """Return what may stand here, and the option of the same word that it stands behind."""
        name, equals, _ = current.partition("=")
        if self._awaiting and self._awaiting.values:
            return "", list(_of_values(self._awaiting.values, offered_by))
        if self._only_arguments or not current.startswith("-"):
            return "", list(self._arguments_offered(offered_by))
        if not equals:
            return "", list(self._options_offered())
        option = self._option(name)
        if option and option.values:
            return f"{name}=", list(_of_values(option.values, offered_by))
        return "", []

    def _option(self, name: str) -> Option | None:
        return next((one for one in self._command.options if name in one.names), None)

    def _options_offered(self) -> Iterator[Offer]:
        for option in self._command.options:
            yield from ((name, meaning(option)) for name in option.names)

    def _arguments_offered(
        self, offered_by: Callable[[Source], Sequence[Offer]]
    ) -> Iterator[Offer]:
        if self._command.commands:
            yield from _commands_of(self._command)
        argument = argument_of(self._command)
        if argument is None and not self._command.commands:
            yield from self._options_offered()
        if argument is None or (self._arguments and not argument.is_repeatable):
            return
        if argument.values.source is Source.COMMANDS:
            yield from self._pages(argument.values)
        else:
            yield from _of_values(argument.values, offered_by)

    def _pages(self, values: Values) -> Iterator[Offer]:
        at: Command | None = self._program
        for word in self._arguments:
            at = _command_called(at, word) if at else None
        if at:
            yield from _commands_of(at)
        if not self._arguments:
            yield from ((word, "") for word in values.words)


def _command_called(group: Command, word: str) -> Command | None:
    return next((one for one in group.commands if one.path[-1] == word), None)


def _commands_of(group: Command) -> Iterator[Offer]:
    return ((one.path[-1], one.summary) for one in group.commands)


def _of_values(values: Values, offered_by: Callable[[Source], Sequence[Offer]]) -> Iterator[Offer]:
    yield from ((word, "") for word in values.words)
    if values.source:
        yield from offered_by(values.source)
