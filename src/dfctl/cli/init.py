"""`dfctl init`: a first profile, step by step."""

from typing import TYPE_CHECKING

import typer

from dfctl.cli import options
from dfctl.cli.checking import check_profile
from dfctl.cli.interview import Interview
from dfctl.cli.prompt import typed_unseen
from dfctl.cli.showing import begin
from dfctl.composition import Parts
from dfctl.core.checks import Check, first_code
from dfctl.core.errors import Interrupted, UsageError
from dfctl.core.exits import ExitCode
from dfctl.output.checks import check_document, check_lines
from dfctl.output.questions import NoMoreAnswers, Questions, questions_at

if TYPE_CHECKING:
    from dfctl.core.secret import Secret
    from dfctl.store.drafts import Draft


def init(context: typer.Context, *, config: options.ConfigFile = None) -> ExitCode:
    """Describe a first profile step by step.

    It stores the key, too, and checks both. It asks on a terminal; without one there is
    `dfctl profiles add`.

    Example: dfctl init
    """
    parts = begin(context, config)
    questions = questions_at(parts.environment.stdin, parts.environment.stderr, typed_unseen)
    if questions is None:
        raise UsageError(
            "dfctl init asks questions, and here is no terminal to ask them on",
            hint="without questions: dfctl profiles add NAME --backend B --address URL --flow ID",
        )
    draft, key = _hold(Interview(parts, questions), questions)
    _write(parts, questions, draft, key)
    checks = check_profile(parts, draft.name)
    code = first_code(checks)
    lines = [*check_lines(checks), "", *_next(checks, draft.name, parts.config_again)]
    parts.output.listing("checks", list(map(check_document, checks)), lines, code)
    return code


def _hold(interview: Interview, questions: Questions) -> "tuple[Draft, Secret | None]":
    """Return the answers; where a person leaves early, say that nothing was written."""
    try:
        return interview.hold()
    except Interrupted:
        questions.say()
        questions.say("Nothing was written.")
        raise
    except NoMoreAnswers:
        raise UsageError(
            "the answers ended early: nothing was written",
            hint="dfctl init asks again; without questions: dfctl profiles add",
        ) from None


def _write(parts: Parts, questions: Questions, draft: "Draft", key: "Secret | None") -> None:
    file = draft.write()
    questions.say()
    questions.say(f"The profile {draft.name} is now in {file}")
    if key:
        slot = parts.kept_keys.slot(draft.name, in_keyring=False)
        slot.keep(key)
        questions.say(f"Its key, for {slot.origin} alone, is in {slot.place}")
    questions.say()


def _next(checks: list[Check], name: str, config: str) -> list[str]:
    if first_code(checks) is ExitCode.SUCCEEDED:
        return ["To start a run and follow it to its end:", "", f"  dfctl run {name}{config}"]
    return ["When that is mended:", "", f"  dfctl profiles check {name}{config}"]
