"""What the sandbox tells people: a ready configuration, and what to type."""

import json
import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from dfctl.sandbox import dataform_web, invision
from dfctl.sandbox.stories import Story

INVISION_PROFILE = "invision"
DATAFORM_PROFILE = "dataform"
DEFAULT_PROFILE = "ok"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a client of one sandbox needs to know."""

    invision_address: str
    invision_key: str = field(repr=False)
    dataform_address: str
    dataform_token: str = field(repr=False)
    project: str


def config_toml(facts: Facts) -> str:
    """A `config.toml` with a base profile for each service and a profile for each story.

    It holds the sandbox's keys: on POSIX dfctl reads it only if nobody else can.
    """
    profiles = [
        f"default = {_text(DEFAULT_PROFILE)}\n",
        _profile(
            INVISION_PROFILE,
            backend=invision.NAME,
            address=facts.invision_address,
            key=facts.invision_key,
        ),
        *(_story(invision_profile(story), INVISION_PROFILE, story) for story in _INVISION),
        _profile(
            DATAFORM_PROFILE,
            backend=dataform_web.NAME,
            address=facts.dataform_address,
            key=facts.dataform_token,
            project=facts.project,
            environment="production",
        ),
        *(_story(dataform_profile(story), DATAFORM_PROFILE, story) for story in _DATAFORM),
    ]
    return "\n".join(["# A dfctl sandbox. Its keys open nothing else.\n", *profiles])


def introduction(facts: Facts, config_path: str | os.PathLike[str]) -> str:
    """What `dfctl sandbox` prints, without the keys."""
    path = os.fspath(config_path)
    option = f"--config {_quoted(path)}"
    return f"""\
The sandbox answers on this machine only. Ctrl-C ends it.

  {invision.NAME:<14}{facts.invision_address}
  {dataform_web.NAME:<14}{facts.dataform_address} (project {facts.project})

Its profiles and keys are in {path}
Try, in another terminal:

  dfctl run ok {option}
  dfctl run fail {option}
  dfctl run ok web-cancelled flaky {option}
  dfctl start slow {option}

What becomes of a profile's run:

{_table((invision_profile(story), story) for story in _INVISION)}

{_table((dataform_profile(story), story) for story in _DATAFORM)}
"""


def invision_profile(story: Story) -> str:
    return story.name


def dataform_profile(story: Story) -> str:
    return f"web-{story.name}"


_INVISION = tuple(invision.STORIES.values())
_DATAFORM = tuple(dataform_web.STORIES.values())


def _profile(name: str, **settings: str) -> str:
    lines = "".join(f"{setting} = {_text(value)}\n" for setting, value in settings.items())
    return f"[profiles.{name}]\n{lines}"


def _story(name: str, base: str, story: Story) -> str:
    return f"# {story.about}\n{_profile(name, like=base, flow=story.name)}"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(value)


def _table(rows: Iterable[tuple[str, Story]]) -> str:
    return "\n".join(f"  {name:<16}{story.about}" for name, story in rows)


def _quoted(path: str) -> str:
    """The path as one word of the shell: POSIX shells', else one that cmd and PowerShell take."""
    if os.name == "posix":
        return shlex.quote(path)
    return f'"{path}"' if " " in path else path
