"""The questions of `dfctl init`, and a new profile made of their answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dfctl.backends import built_in_names, load_backend
from dfctl.cli.checking import check_draft
from dfctl.composition import Parts
from dfctl.core.checks import Check
from dfctl.core.errors import KeyProblem, UsageError
from dfctl.core.runs import PROFILE_NAME
from dfctl.core.secret import Secret
from dfctl.core.settings import Question, SettingProblem, Settings
from dfctl.output.questions import Questions

if TYPE_CHECKING:
    from dfctl.backends.backend import Backend
    from dfctl.store.drafts import Draft

_LONGEST_NAME = 20


@dataclass
class Interview:
    """Asks for one profile. Nothing is written; what was answered is kept to be asked again."""

    parts: Parts
    questions: Questions
    answers: dict[str, object] = field(default_factory=dict)
    name: str = ""
    key: Secret | None = None

    def hold(self) -> "tuple[Draft, Secret | None]":
        """Return the profile, and its key if there is one yet.

        Raises NoMoreAnswers, and UsageError where the answers do not fit together.
        """
        self._introduce()
        while True:
            draft = self._ask()
            problems = self._problems(draft)
            if not problems or self._is_wanted_all_the_same(problems):
                return draft, self.key

    def _introduce(self) -> None:
        from dfctl.store.appending import check_room

        config = self.parts.config_to_extend
        # What would fail at the end is told before anything is asked.
        check_room(config.files[-1].path)
        config.key_file.names()
        if names := config.names():
            self.questions.say(f"There are profiles already ({', '.join(names)}); this adds one.")
        else:
            self.questions.say("A profile says what dfctl starts, and where. This makes the first.")
        self.questions.say(f"When all is answered, it is written to {config.files[-1].path}")
        self.questions.say("Enter takes what stands in brackets. Ctrl-C leaves all as it was.")

    def _ask(self) -> "Draft":
        from dfctl.store.drafts import draft

        adapter = self._ask_for_service()
        asked = {question.setting: question for question in _questions_of(adapter)}
        for_key = asked.pop("key")
        for question in asked.values():
            self._ask_for_setting(adapter, question)
        self._ask_for_name(adapter)
        self._ask_for_key(for_key)
        return draft(self.parts.config_to_extend, self.name, self.answers)

    def _ask_for_service(self) -> "Backend":
        names = built_in_names()
        self.questions.say()
        self.questions.say("Which service runs the flow?")
        for number, name in enumerate(names, start=1):
            self.questions.say(f"{number}  {load_backend(name).title}", indent="  ")
        before = str(self.answers.get("backend", ""))
        adapter = self.questions.ask("Service", _adapter, default=before)
        if adapter.name != before:
            self.answers = {"backend": adapter.name}
        return adapter

    def _ask_for_setting(self, adapter: "Backend", question: Question) -> None:
        usual = adapter.default_address if question.setting == "address" else None
        self._explain(question)
        answer = self.questions.ask(
            question.setting.capitalize(),
            lambda text: self._setting(adapter, question, text),
            default=str(self.answers.get(question.setting) or usual or ""),
        )
        self.answers.pop(question.setting, None)
        if answer not in (None, usual):
            self.answers[question.setting] = answer

    def _setting(self, adapter: "Backend", question: Question, text: str) -> object:
        """Return an answer as it is written. Raises UsageError where it cannot be used."""
        from dfctl.store.drafts import Given, raw_setting
        from dfctl.store.profiles import known_settings

        name = question.setting
        if not text and question.is_optional:
            return None
        _check_text(text)
        value = raw_setting(known_settings(adapter)[name], Given(name, text, name))
        flow = value if name == "flow" else self.answers.get("flow")
        try:
            adapter.check(Settings(str(flow) if flow else None, {**self.answers, name: value}))
        except SettingProblem as problem:
            if problem.setting == name:
                raise UsageError(f"{name}: {problem.problem}", hint=problem.hint) from None
        return value

    def _ask_for_name(self, adapter: "Backend") -> None:
        self.questions.say()
        self.questions.say("A name for the profile: you will type dfctl run NAME.")
        default = self.name or self._free_name(adapter)
        self.name = self.questions.ask("Name", self._new_name, default=default)

    def _new_name(self, text: str) -> str:
        from dfctl.store.drafts import check_new_name

        _check_text(text)
        config = self.parts.config_to_extend
        check_new_name(config, text)
        if text in config.key_file.names():
            raise UsageError(
                f"{config.key_file.path} has a key of a profile {text!r} already",
                hint=f"take another name, or first type dfctl keys remove {text}",
            )
        return text

    def _free_name(self, adapter: "Backend") -> str:
        """Return a name that is not taken: the flow's, if that is short, or the backend's."""
        flow = str(self.answers.get("flow", ""))
        is_fit = PROFILE_NAME.fullmatch(flow) and len(flow) <= _LONGEST_NAME
        name = flow if is_fit else adapter.name
        taken = self.parts.config_to_extend.names()
        numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
        return next(one for one in (name, *numbered) if one not in taken)

    def _ask_for_key(self, question: Question) -> None:
        self._explain(question)
        otherwise = "keeps the one before" if self.key else "leaves it for later"
        self.questions.say(f"It is not shown. Enter alone {otherwise}.")
        self.key = self.questions.ask_hidden("Key", _key) or self.key

    def _explain(self, question: Question) -> None:
        self.questions.say()
        self.questions.say(question.where)
        if question.example:
            self.questions.say(f"such as {question.example}", indent="  ")

    def _problems(self, draft: "Draft") -> list[Check]:
        if self.key is None:
            return []
        self.questions.say()
        self.questions.say("Asking the service, without starting anything ...")
        return check_draft(self.parts, draft.profile, self.key)

    def _is_wanted_all_the_same(self, problems: Sequence[Check]) -> bool:
        for problem in problems:
            self.questions.complain(problem.text, problem.hint)
        self.questions.say("Enter asks again, and each answer is kept; w writes it as it is.")
        return self.questions.ask("Again, or w", _is_write)


def _questions_of(adapter: "Backend") -> Sequence[Question]:
    """Return what an adapter asks; of one that does not say, the settings that it needs."""
    if adapter.questions:
        return adapter.questions
    needed = [setting for setting in adapter.settings if setting.is_required]
    return [
        Question("address", "The service's address."),
        *(Question(setting.name, setting.help) for setting in needed),
        Question("flow", "The flow to start.", is_optional=True),
        Question("key", "The key that the service asks for."),
    ]


def _adapter(text: str) -> "Backend":
    names = built_in_names()
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(names):
        return load_backend(names[int(text) - 1])
    if not text or text.isdigit():
        raise UsageError(f"answer with a number from 1 to {len(names)}")
    _check_text(text)
    return load_backend(text.lower())


def _check_text(text: str) -> None:
    if not text:
        raise UsageError("an answer is needed here")
    if not text.isprintable():
        raise UsageError("that holds what cannot be seen, such as an arrow key; type it again")


def _key(text: str) -> Secret | None:
    from dfctl.store.keys import KeyTrouble, checked_key

    try:
        return checked_key(text) if text else None
    except KeyTrouble as trouble:
        problem = KeyProblem(f"that {trouble.problem}", hint=trouble.hint)
    raise problem


def _is_write(text: str) -> bool:
    if text.lower() not in ("", "w", "write"):
        raise UsageError("answer with Enter or w")
    return bool(text)
