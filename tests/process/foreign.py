"""A backend of a third party, as an installed package gives it to dfctl."""

from pathlib import Path

_MODULE = """
from dfctl.backends.backend import Backend
from dfctl.core.answers import Refusal, kind_of_status
from dfctl.core.exchange import Effect, KeyPlace, Request
from dfctl.core.runs import Sighting, Started
from dfctl.core.settings import Setting, SettingProblem
from dfctl.core.states import State

STATES = {"queued": State.PENDING, "busy": State.RUNNING, "done": State.SUCCEEDED}


class Acme(Backend):
    name = "acme"
    title = "Acme Flow"
    settings = (Setting("room", "the room", is_required=True),)

    def check(self, settings):
        if settings.text("room") == "cellar":
            raise SettingProblem("room", "is flooded", hint="take the attic")

    def check_start(self, settings, parameters, *, server_wait):
        return ("the attic is dusty",)

    def key_place(self, settings):
        return KeyPlace("X-Acme-Key")

    def start(self, settings, parameters, *, server_wait):
        answer = yield Request("POST", f"/{settings.text('room')}/go", Effect.START)
        return Started(answer.members().identifier("job"))

    def look(self, settings, locator):
        answer = yield Request("GET", f"/{settings.text('room')}/{locator}", Effect.READ)
        word = answer.members().text("is")
        if word == "a bug":
            secret = answer.body.decode()
            raise KeyError(secret)
        return Sighting(STATES.get(word, State.UNKNOWN), word)

    def refusal(self, response):
        return Refusal(kind_of_status(response.status))


class Broken:
    def __init__(self):
        raise RuntimeError("no licence")


class Half(Backend):
    name = "half"


class Other:
    name = "other"
"""


def install(folder: Path) -> Path:
    """Install `acme-flow`: the backend `acme`, and some that cannot be loaded; return where."""
    site = folder / "site"
    information = site / "acme_flow-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "acme_flow.py").write_text(_MODULE, encoding="utf-8")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-flow\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[dfctl.backends]\nacme = acme_flow:Acme\nbroken = acme_flow:Broken\n"
        "half = acme_flow:Half\nother = acme_flow:Other\n"
        "missing = acme_gone:Acme\n"
    )
    return site
