"""`dfctl init`, as a person meets it: at a terminal, against a service that answers."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfctl.sandbox.server import Sandbox
from tests.terminal.person import Person

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such terminals")


@pytest.fixture
def service() -> Iterator[Sandbox]:
    sandbox = Sandbox(port=0, seconds=0, log=lambda line: None)
    with sandbox.serving():
        yield sandbox


class Home:
    """An account's home with its configuration, and the names of both cut short."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.config = folder / "config.toml"
        self.folder.mkdir()

    def person(self, *words: str, columns: int = 80) -> Person:
        variables = {"HOME": str(self.folder), "DFCTL_CONFIG": str(self.config)}
        return Person(*words, variables=variables, columns=columns)

    @property
    def keys(self) -> Path:
        """The file of keys, wherever this system has it."""
        [file] = self.folder.rglob("keys.toml")
        return file

    def short(self, text: str, service: Sandbox) -> str:
        """Return a text without ends of blanks, what differs by machine, and how that wraps."""
        text = re.sub(" +$", "", text, flags=re.MULTILINE)
        text = text.replace(f"127.0.0.1:{service.port}", "HOST")
        text = re.sub(rf"\s{re.escape(str(self.config))}", " CONFIG", text)
        return re.sub(rf"\s{re.escape(str(self.folder))}\S*/keys.toml", " KEYS", text)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def answers_invision(person: Person, address: str, *, flow: str = "ok", name: str = "") -> Person:
    """Answer all questions but the key's."""
    person.waits_for("Service: ").types("1")
    person.waits_for("Address: ").types(address)
    person.waits_for("Flow: ").types(flow)
    return person.waits_for("]: ").types(name).waits_for("Key: ")


def test_a_first_profile_of_invision_is_written_checked_and_run(
    home: Home, service: Sandbox
) -> None:
    person = home.person("init")
    answers_invision(person, service.invision_address).types(service.invision_key)
    code, out = person.leaves()

    assert (code, home.short(out, service)) == (
        0,
        "ok  settings  profile ok: invision\n"
        "ok  key       keys.toml\n"
        "ok  service   http://HOST/invision answers\n"
        "ok  access    the key is taken for reading\n"
        "\n"
        "To start a run and follow it to its end:\n"
        "\n"
        "  dfctl run ok\n",
    )
    assert (
        home.short(person.screen, service)
        == """\
A profile says what dfctl starts, and where. This makes the first.
When all is answered, it is written to CONFIG
Enter takes what stands in brackets. Ctrl-C leaves all as it was.

Which service runs the flow?
  1  Profitbase InVision
  2  Dataform Web
Service: 1

InVision's address in the browser, with the virtual directory if it has one;
with dfcmdutil it stood after -url.
  such as https://app.profitbase.biz/my-company
Address: http://HOST/invision

The id of the Data Flow to start; with dfcmdutil it stood after -run.
  such as 2b081248-4963-43b3-ba06-5b7403d58b4d
Flow: ok

A name for the profile: you will type dfctl run NAME.
Name [ok]:

In InVision: Application Menu, API Management, Manage API Keys, tab Data Flow
Execution.
It is not shown. Enter alone leaves it for later.
Key:

Asking the service, without starting anything ...

The profile ok is now in CONFIG
Its key, for http://HOST alone, is in KEYS

"""
    )
    assert service.invision_key not in person.screen
    assert home.config.read_text() == (
        'default = "ok"\n\n[profiles.ok]\nbackend = "invision"\n'
        f'address = "{service.invision_address}"\nflow = "ok"\n'
    )
    assert [file.stat().st_mode & 0o777 for file in (home.config, home.keys)] == [0o600, 0o600]
    assert service.starts == []

    code, out = home.person("run").leaves()

    assert (code, [start.flow for start in service.starts]) == (0, ["ok"])


def test_a_first_profile_of_dataform_web_is_made_on_a_narrow_terminal(
    home: Home, service: Sandbox
) -> None:
    person = home.person("init", columns=40)
    person.waits_for("Service: ").types("dataform-web")
    person.waits_for("Address [https://api.dataform.co/v1]: ").types(service.dataform_address)
    person.waits_for("Project: ").types(service.project)
    person.waits_for("Flow: ").types("ok")
    person.waits_for("Environment: ").types("")
    person.waits_for("Name [ok]: ").types("nightly")
    person.waits_for("Key: ").types(service.dataform_token)
    code, out = person.leaves()

    assert (code, out.splitlines()[-1]) == (0, "  dfctl run nightly")
    assert (
        home.short(person.screen, service)
        == """\
A profile says what dfctl starts, and
where. This makes the first.
When all is answered, it is written to CONFIG
Enter takes what stands in brackets.
Ctrl-C leaves all as it was.

Which service runs the flow?
  1  Profitbase InVision
  2  Dataform Web
Service: dataform-web

Where the API is; press Enter, unless
you were told another address.
Address [https://api.dataform.co/v1]: http://HOST/v1

The project's id: the number in the
address of the app.
  such as
  https://app.dataform.co/#/5685548636176384/
Project: 5685548636176384

The name of the schedule to start, as
in schedules.json.
Flow: ok

The environment, as in
environments.json; empty leaves it to
the service.
Environment:

A name for the profile: you will type
dfctl run NAME.
Name [ok]: nightly

The API token, from the settings page
of the project; with its bars.
  such as 1234|...|5
It is not shown. Enter alone leaves it
for later.
Key:

Asking the service, without starting
anything ...

The profile nightly is now in CONFIG
Its key, for http://HOST
alone, is in KEYS

"""
    )
    assert tomllib.loads(home.config.read_text())["profiles"]["nightly"] == {
        "backend": "dataform-web",
        "address": service.dataform_address,
        "project": service.project,
        "flow": "ok",
    }


def test_a_wrong_answer_is_explained_and_asked_again(home: Home, service: Sandbox) -> None:
    person = home.person("init")
    person.waits_for("Service: ").types("3").waits_for("error: answer with a number from 1 to 2\n")
    person.waits_for("Service: ").types("2")
    person.waits_for("]: ").types("api.dataform.co/v1").waits_for(
        "error: address: begins with neither https:// nor http://; did you mean\n"
        "https://api.dataform.co/v1?\n"
    )
    person.waits_for("]: ").types("")
    person.waits_for("Project: ").types("").waits_for("error: an answer is needed here\n")
    person.waits_for("Project: ").types("https://app.dataform.co/#/1/").waits_for(
        "error: project: 'https://app.dataform.co/#/1/' is not a project's id\n"
        "hint: it is the number in https://app.dataform.co/#/<number>/\n"
    )
    person.waits_for("Project: ").types("1")
    person.waits_for("Flow: ").types("ni\x1b[Dghtly").waits_for(
        "error: that holds what cannot be seen, such as an arrow key; type it again\n"
    )
    person.waits_for("Flow: ").types("nightly")
    person.waits_for("Environment: ").types("production")
    person.waits_for("Name [nightly]: ").types("my night").waits_for(
        "error: 'my night' is no name of a profile\n"
    )
    person.waits_for("Name [nightly]: ").types("")
    person.waits_for("Key: ").types("two words").waits_for(
        "error: that cannot be sent: character 4 is a blank\n"
    )
    person.waits_for("Key: ").types("")
    code, out = person.leaves()

    assert (code, out) == (
        4,
        "ok    settings      profile nightly: dataform-web\n"
        "fail  key           the profile nightly has no key\n"
        "      hint: dfctl keys set nightly, or set DFCTL_KEY_NIGHTLY\n"
        "ok    certificates  the system's\n"
        "skip  service       not asked\n"
        "\n"
        "When that is mended:\n"
        "\n"
        "  dfctl profiles check nightly\n",
    )
    assert "two words" not in person.screen
    assert tomllib.loads(home.config.read_text())["profiles"]["nightly"] == {
        "backend": "dataform-web",
        "project": "1",
        "flow": "nightly",
        "environment": "production",
    }


def test_what_the_service_refuses_can_be_answered_again(home: Home, service: Sandbox) -> None:
    person = home.person("init")
    answers_invision(person, service.invision_address).types("a-wrong-key")
    person.waits_for(
        "error: the service refused the key: HTTP 401 Unauthorized\n"
        "hint: was it copied whole, and is it for this service?\n"
        "Enter asks again, and each answer is kept; w writes it as it is.\n"
    )
    person.waits_for("Again, or w: ").types("x").waits_for("error: answer with Enter or w\n")
    person.waits_for("Again, or w: ").types("")
    person.waits_for("Service [invision]: ").types("")
    person.waits_for(f"Address [{service.invision_address}]: ").types("")
    person.waits_for("Flow [ok]: ").types("fail")
    person.waits_for("Name [ok]: ").types("")
    person.waits_for("Enter alone keeps the one before.\nKey: ").types(service.invision_key)
    code, _ = person.leaves()

    assert code == 0
    assert tomllib.loads(home.config.read_text())["profiles"] == {
        "ok": {"backend": "invision", "address": service.invision_address, "flow": "fail"}
    }


def test_what_the_service_refuses_can_be_written_all_the_same(home: Home) -> None:
    person = home.person("init")
    answers_invision(person, "http://127.0.0.1:9").types("a-key")
    person.waits_for(
        "error: cannot connect to 127.0.0.1:9: Connection refused\n"
        "hint: is the address right? http://127.0.0.1:9\n"
    )
    person.waits_for("Again, or w: ").types("w")
    code, out = person.leaves()

    assert (code, out) == (
        7,
        "ok    settings  profile ok: invision\n"
        "ok    key       keys.toml\n"
        "fail  service   cannot connect to 127.0.0.1:9: Connection refused\n"
        "      hint: is the address right? http://127.0.0.1:9\n"
        "\n"
        "When that is mended:\n"
        "\n"
        "  dfctl profiles check ok\n",
    )


def test_another_profile_is_added_to_those_that_are_there(home: Home, service: Sandbox) -> None:
    before = '# mine\n[profiles.ok]\nbackend = "invision"'
    home.config.write_text(before)

    person = home.person("init")
    person.waits_for("There are profiles already (ok); this adds one.\n")
    person.waits_for("Service: ").types("1")
    person.waits_for("Address: ").types(service.invision_address)
    person.waits_for("Flow: ").types("ok")
    person.waits_for("Name [ok-2]: ").types("ok").waits_for(
        "there is a profile 'ok' already\n"
        "hint: take another name, or change its settings in the file\n"
    )
    person.waits_for("Name [ok-2]: ").types("")
    person.waits_for("Key: ").types(service.invision_key)
    code, _ = person.leaves()

    assert code == 0
    assert home.config.read_text() == (
        f'{before}\n\n[profiles.ok-2]\nbackend = "invision"\n'
        f'address = "{service.invision_address}"\nflow = "ok"\n'
    )


def test_a_file_that_cannot_take_a_profile_is_told_before_anything_is_asked(home: Home) -> None:
    home.config.write_text("profiles = {}\n")

    person = home.person("init")

    assert person.leaves() == (2, "")
    assert person.screen == (
        f"error: {home.config}: profiles is written so that no table can be added below it\n"
        'hint: write this inside its braces: "<name>" = { backend = "..." }\n'
    )
    assert home.config.read_text() == "profiles = {}\n"


def test_a_kept_key_of_a_profile_that_is_gone_is_not_replaced(home: Home, service: Sandbox) -> None:
    person = home.person("init")
    answers_invision(person, service.invision_address).types(service.invision_key)
    assert person.leaves()[0] == 0
    home.config.unlink()

    person = home.person("init")
    person.waits_for("Service: ").types("1")
    person.waits_for("Address: ").types(service.invision_address)
    person.waits_for("Flow: ").types("ok")
    person.waits_for("Name [ok]: ").types("")
    person.waits_for("take another name, or first type dfctl keys remove ok\n")
    person.waits_for("Name [ok]: ").presses("\x03")

    assert person.leaves() == (130, "")


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("\x03", 130, "\nNothing was written.\n"),
        (
            "\x04",
            2,
            "\nerror: the answers ended early: nothing was written\n"
            "hint: dfctl init asks again; without questions: dfctl profiles add\n",
        ),
    ],
    ids=["Ctrl-C", "Ctrl-D"],
)
@pytest.mark.parametrize("question", ["Service: ", "Flow: ", "Key: ", "Again, or w: "])
def test_leaving_early_leaves_nothing_behind(
    home: Home, keys: str, code: int, said: str, question: str
) -> None:
    answers = {
        "Service: ": "1",
        "Address: ": "http://127.0.0.1:9",
        "Flow: ": "ok",
        "Name [ok]: ": "",
        "Key: ": "a-key",
    }
    person = home.person("init")
    for asked, answer in answers.items():
        person.waits_for(asked)
        if asked == question:
            break
        person.types(answer)
    else:
        person.waits_for(question)
    person.presses(keys)

    assert person.leaves() == (code, "")
    assert person.screen.endswith(said)
    assert not home.config.exists()
    assert list(home.folder.rglob("*.toml")) == []


def test_the_file_that_is_named_is_named_in_what_to_type_next(home: Home, service: Sandbox) -> None:
    other = home.config.with_name("other.toml")

    person = home.person("init", "--config", str(other))
    answers_invision(person, service.invision_address).types(service.invision_key)
    code, out = person.leaves()

    assert (code, out.splitlines()[-1]) == (0, f"  dfctl run ok --config {other}")
    assert other.exists()
    assert not home.config.exists()
