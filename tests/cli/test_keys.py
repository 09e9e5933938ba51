"""`dfctl keys`: kept, listed, tried and removed; and never shown."""

import io
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from dfctl.composition import Environment
from dfctl.main import main
from tests.shell import CANARY, Shell

# On Windows the user's folder is the real one, whatever variables say; and there is no such module.
termios = pytest.importorskip("termios")
assert sys.platform != "win32"

SOURCE = Path(__file__).parents[2] / "src"
PROBE = (
    "/invision/api/pub/v1/dataflows/updatesales/runs/00000000-0000-0000-0000-000000000000/status"
)
RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
STATUS = f"/invision/api/pub/v1/dataflows/updatesales/runs/{RUN}/status"
NOTHING_STARTED = "nothing was started; whether the key may start the flow, only a start shows\n"
NO_NEWS = "this proves nothing about the key, and nothing was started"


@pytest.fixture
def keys_path(shell: Shell) -> Path:
    """The user's file of keys; `shell` has the profile `sales`, which has no key yet."""
    shell.configure_invision("https://host/invision", key=None)
    return platformdirs.user_config_path("dfctl", appauthor=False) / "keys.toml"


def origin_of(httpserver: HTTPServer) -> str:
    return httpserver.url_for("").rstrip("/")


# Keeping


@pytest.mark.parametrize(
    "stdin",
    [CANARY, f"{CANARY}\n", f"{CANARY}\r\n", f"\ufeff{CANARY}\n", f"\xef\xbb\xbf{CANARY}\n"],
)
def test_a_key_from_stdin_is_kept_and_sent_to_the_service(
    shell: Shell, httpserver: HTTPServer, keys_path: Path, stdin: str
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"), key=None)
    httpserver.expect_oneshot_request(
        STATUS, method="GET", headers={"x-api-key": CANARY}
    ).respond_with_json({"runId": RUN, "status": "Succeeded"})
    shell.stdin = stdin

    kept = shell("keys set sales")

    assert kept.result == (
        0,
        "",
        f"the key of sales is kept in {keys_path}, for {origin_of(httpserver)}\n",
    )
    assert stat.S_IMODE(keys_path.stat().st_mode) == 0o600
    assert shell(f"status sales/updatesales/{RUN}").exit_code == 0
    httpserver.check()


def test_only_the_first_line_of_stdin_is_the_key(shell: Shell, keys_path: Path) -> None:
    shell.stdin = "first\nsecond\n"

    shell("keys set")

    assert "first" in keys_path.read_text()
    assert "second" not in keys_path.read_text()


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        ("", "error: no key was given\nhint: type it when asked, or give one line on stdin\n"),
        ("\n", "error: no key was given\nhint: type it when asked, or give one line on stdin\n"),
        (
            f"{CANARY} \n",
            "error: the key cannot be sent: character 23 is a blank\n"
            "hint: a key is visible ASCII without blanks; was more copied than the key?\n",
        ),
        (
            f"é{CANARY}",
            "error: the key cannot be sent: character 1 is not ASCII\n"
            "hint: a key is visible ASCII without blanks; was more copied than the key?\n",
        ),
    ],
)
def test_what_cannot_be_a_key_is_not_kept(
    shell: Shell, keys_path: Path, stdin: str, said: str
) -> None:
    shell.stdin = stdin

    assert shell("keys set sales").result == (4, "", said)
    assert not keys_path.exists()


def test_stdin_that_is_not_text_is_explained(shell: Shell, keys_path: Path) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(CANARY.encode() + b"\xe5\n"), encoding="utf-8")
    err = io.StringIO()
    environment = Environment(
        stdin=stdin, stdout=io.StringIO(), stderr=err, variables=shell.variables
    )

    assert main(["keys", "set", "sales"], environment) == 4
    assert main(["keys", "set", "sales"], replace(environment, stdin=None)) == 4
    assert err.getvalue().splitlines() == [
        "error: stdin is not text, which every key is",
        "error: no key was given",
        "hint: type it when asked, or give one line on stdin",
    ]


NOT_HERE = (
    "error: a key is never taken from the command line: shells and process lists keep and show it\n"
    "hint: dfctl keys set PROFILE asks for it; if it was a key, replace it at the service\n"
)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"keys set sales '{CANARY}'", NOT_HERE),
        (f"keys set sales --keyring -- '{CANARY}'", NOT_HERE),
        (
            f"keys set '{CANARY}'",
            "error: there is no profile of that name\n"
            "hint: the profiles are sales; a key is typed when asked for\n",
        ),
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    shell: Shell, keys_path: Path, line: str, said: str
) -> None:
    assert shell(line).result == (2, "", said)
    assert not keys_path.exists()


@pytest.mark.parametrize("option", [f"--key={CANARY}", f"--key '{CANARY}'", f"-k'{CANARY}'"])
def test_there_is_no_option_for_a_key(shell: Shell, keys_path: Path, option: str) -> None:
    assert shell(f"keys set sales {option}").exit_code == 2
    assert not keys_path.exists()


def test_a_key_that_will_not_be_used_is_kept_with_a_warning(shell: Shell, keys_path: Path) -> None:
    shell.stdin = CANARY

    ended = shell("keys set sales", variables={"DFCTL_KEY_SALES": "other"})

    assert ended.exit_code == 0
    assert ended.stderr.splitlines()[0] == (
        "warning: sales takes its key from env DFCTL_KEY_SALES (DFCTL_KEY_SALES) all the same"
    )


def test_quiet_keeping_says_nothing(shell: Shell, keys_path: Path) -> None:
    shell.stdin = CANARY

    assert shell("keys set sales -q").result == (0, "", "")
    assert shell("keys remove sales -q").result == (0, "", "")


def test_a_profile_that_only_others_are_like_can_have_a_key(shell: Shell, keys_path: Path) -> None:
    shell.configure('[profiles.web]\nbackend = "dataform-web"\n')
    shell.stdin = CANARY

    assert shell("keys set web").exit_code == 0
    shell.configure('[profiles.base]\nbackend = "invision"\n')
    assert shell("keys set").stderr == (
        f"error: {shell.config}: profile base: address: is missing\n"
        "hint: it is the service's address, such as https://app.profitbase.biz/my-company\n"
    )


def test_the_profile_env_has_its_key_in_a_variable(shell: Shell) -> None:
    shell.configure("")
    variables = {"DFCTL_BACKEND": "invision", "DFCTL_ADDRESS": "https://host"}

    assert shell("keys set env", variables=variables).result == (
        2,
        "",
        "error: the profile env is described by variables alone\nhint: set DFCTL_KEY\n",
    )


def test_a_key_is_not_asked_for_where_it_could_not_be_kept(shell: Shell, keys_path: Path) -> None:
    keys_path.parent.mkdir(parents=True)
    keys_path.touch(mode=0o600)
    keys_path.write_text("keys = [")

    assert shell("keys set sales").result == (
        2,
        "",
        f"error: {keys_path}, line 1: is not TOML: invalid value\nhint: text stands in quotes\n",
    )


# Typing

TYPED = """
import fcntl, sys, termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)

from dfctl.main import main

sys.exit(main(sys.argv[1:]))
"""


class Terminal:
    """A terminal with dfctl in the foreground."""

    def __init__(self, shell: Shell, *arguments: str) -> None:
        self._mine, self._its = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", TYPED, *arguments],
            env={**os.environ, **shell.variables, "PYTHONPATH": str(SOURCE)},
            stdin=self._its,
            stdout=self._its,
            stderr=self._its,
            start_new_session=True,
        )
        self.shown = b""

    def wait_for(self, text: bytes) -> None:
        """Read until a text is on the screen."""
        while text not in self.shown:
            self.shown += os.read(self._mine, 1024)

    def type(self, text: bytes) -> None:
        os.write(self._mine, text)

    def end(self) -> int:
        """Read all that is shown until dfctl ends; return its exit code."""
        code = self.process.wait(30)
        os.set_blocking(self._mine, False)
        try:
            while more := os.read(self._mine, 1024):
                self.shown += more
        except OSError:
            pass
        return code

    @property
    def is_echoing(self) -> bool:
        return bool(termios.tcgetattr(self._its)[3] & termios.ECHO)

    def close(self) -> None:
        os.close(self._mine)
        os.close(self._its)


def test_a_typed_key_is_kept_and_never_echoed(shell: Shell, keys_path: Path) -> None:
    terminal = Terminal(shell, "keys", "set", "sales")
    terminal.wait_for(b"Key of sales for https://host:443: ")
    was_echoing = terminal.is_echoing
    terminal.type(f"{CANARY}\n".encode())

    assert terminal.end() == 0
    assert not was_echoing
    assert terminal.is_echoing
    assert CANARY.encode() not in terminal.shown
    assert terminal.shown.decode().replace("\r\n", "\n") == (
        "Key of sales for https://host:443: \n"
        f"the key of sales is kept in {keys_path}, for https://host:443\n"
    )
    assert CANARY in keys_path.read_text()
    terminal.close()


@pytest.mark.parametrize(("typed", "code"), [(b"\x03", 130), (b"\x04", 4), (b"\n", 4)])
def test_typing_can_be_left_and_keeps_nothing(
    shell: Shell, keys_path: Path, typed: bytes, code: int
) -> None:
    terminal = Terminal(shell, "keys", "set", "sales")
    terminal.wait_for(b": ")
    terminal.type(typed)

    assert terminal.end() == code
    assert terminal.is_echoing
    assert b"Traceback" not in terminal.shown
    assert not keys_path.exists()
    terminal.close()


# Another address


def test_a_kept_key_is_not_sent_when_the_address_has_changed(
    shell: Shell, httpserver: HTTPServer, keys_path: Path
) -> None:
    shell.stdin = CANARY
    shell("keys set sales")
    shell.configure_invision(httpserver.url_for("/invision"), key=None)

    ended = shell("run sales")

    assert ended.result == (
        4,
        "",
        "error: the key of the profile sales (keys.toml) is not sent: it was set for "
        f"https://host:443, and the address leads to {origin_of(httpserver)}\n"
        "hint: if that is right: dfctl keys set sales\n",
    )
    assert httpserver.log == []


# Listing


def test_the_list_tells_where_each_key_comes_from(shell: Shell, keys_path: Path) -> None:
    shell.stdin = CANARY
    shell("keys set sales")
    shell.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "https://host"\n'
        '[profiles.like]\nlike = "sales"\n'
        '[profiles.moved]\nlike = "sales"\naddress = "https://elsewhere"\n'
        f'[profiles.literal]\nlike = "sales"\nkey = "{CANARY}"\n'
        '[profiles.unset]\nlike = "sales"\nkey = { env = "NOT_SET" }\n'
        '[profiles.asked]\nlike = "sales"\nkey = { command = ["false"] }\n'
        '[profiles.none]\nbackend = "invision"\naddress = "https://host"\n'
        "[profiles.broken]\n"
    )
    keys_path.write_text(keys_path.read_text() + '[keys.gone]\norigin = "https://host:443"\n')

    ended = shell("keys list")

    text = ended.stdout.replace(str(shell.config), "CONFIG").replace(str(keys_path), "KEYS")
    assert (ended.exit_code, text, ended.stderr) == (
        0,
        "sales    keys.toml      (KEYS, profile sales)\n"
        "like     keys.toml      (KEYS, profile sales, through like)\n"
        "moved    keys.toml      the key of the profile moved (keys.toml) is not sent: it was set "
        "for https://host:443, and the address leads to https://elsewhere:443\n"
        "literal  literal        (CONFIG, profile literal)\n"
        "unset    env NOT_SET    the key of the profile unset (env NOT_SET) is missing: "
        "the variable is not set or empty\n"
        "asked    command false  (CONFIG, profile asked)\n"
        "none     none           the profile none has no key\n"
        "broken   -              CONFIG: profile broken: backend: is missing\n"
        "gone     keys.toml      there is no such profile\n",
        "",
    )


def test_the_list_as_json_has_a_row_for_each_profile(shell: Shell, keys_path: Path) -> None:
    shell.stdin = CANARY
    shell("keys set sales")

    assert shell("keys list -o json").document == {
        "schema": 1,
        "exit_code": 0,
        "keys": [
            {
                "profile": "sales",
                "source": "keys.toml",
                "origin": f"{keys_path}, profile sales",
                "problem": None,
            }
        ],
        "error": None,
    }


def test_an_empty_list_says_where_to_look(shell: Shell) -> None:
    shell.configure("")

    assert shell("keys list").result == (
        0,
        "",
        "no profiles and no keys; dfctl profiles path shows where they would be\n",
    )


def test_the_list_names_a_file_of_keys_that_others_can_read(shell: Shell, keys_path: Path) -> None:
    keys_path.parent.mkdir(parents=True)
    keys_path.touch(mode=0o644)
    keys_path.chmod(0o644)

    assert shell("keys list").result == (
        2,
        "",
        f"error: {keys_path}: others can read the file, and keys stand in it\n"
        f"hint: chmod 600 {keys_path}\n",
    )


# Trying


def test_a_key_that_the_service_takes_is_told_with_what_that_proves(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_request(PROBE, method="GET", headers={"x-api-key": CANARY}).respond_with_json(
        {"title": "no such run"}, status=404
    )

    ended = shell("keys check sales")

    httpserver.check()
    assert len(httpserver.log) == 1
    assert ended.result == (
        0,
        "sales: the service took the key for reading; of the run asked for it says "
        "HTTP 404 Not Found (no such run)\n",
        NOTHING_STARTED,
    )
    assert shell("keys check -o json").document["keys"] == [
        {"profile": "sales", "accepted": True, "answer": "HTTP 404 Not Found (no such run)"}
    ]


def test_dataform_web_says_in_the_body_that_there_is_no_such_run(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_dataform(httpserver.url_for("/v1"))
    httpserver.expect_oneshot_request(
        "/v1/project/1234/run/0", headers={"Authorization": f"Bearer {CANARY}"}
    ).respond_with_json({"code": 5, "message": "not found"}, status=500)

    assert shell("keys check").exit_code == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_service_refuses_exits_with_4(
    shell: Shell, httpserver: HTTPServer, status: int
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_request(PROBE).respond_with_data("", status=status)

    ended = shell("keys check sales")

    words = {401: "401 Unauthorized", 403: "403 Forbidden"}[status]
    assert ended.result == (
        4,
        "",
        f"error: the service refused the key of the profile sales: HTTP {words}\n"
        "hint: nothing was started; dfctl keys list shows where the key comes from\n",
    )
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("answer", "why", "hint"),
    [
        (
            Response("", 500),
            "HTTP 500 Internal Server Error",
            "InVision documents no other error than 500: the flow's id or the key may be wrong; ",
        ),
        (Response("", 400), "HTTP 400 Bad Request", ""),
        (Response("", 429), "HTTP 429 Too Many Requests", ""),
        (
            Response("<html>", 404, content_type="text/html"),
            "HTTP 404 Not Found, as a web page",
            "the address of the profile may be wrong; ",
        ),
        (
            Response("<html>", 200, content_type="text/html"),
            "it answered with a web page instead of JSON",
            "",
        ),
        (
            Response(f'{{"runId": "{RUN}", "status": "Running"}}', 200),
            "it answered with an object about another run",
            "",
        ),
        (
            Response('{"status": "Running"}', 200),
            "it says running of a run that cannot exist",
            "",
        ),
    ],
)
def test_an_answer_that_proves_nothing_exits_with_7(
    shell: Shell, httpserver: HTTPServer, answer: Response, why: str, hint: str
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_request(PROBE).respond_with_response(answer)

    assert shell("keys check sales").result == (
        7,
        "",
        f"error: the key could not be tried: {why}\nhint: {hint}{NO_NEWS}\n",
    )


def test_a_service_that_is_not_there_proves_nothing(shell: Shell, httpserver: HTTPServer) -> None:
    shell.configure_invision("http://127.0.0.1:1/invision")

    ended = shell("keys check sales")

    assert ended.exit_code == 7
    assert ended.stderr.startswith("error: the key could not be tried: ")


def test_checking_without_a_key_says_how_to_give_one(shell: Shell, keys_path: Path) -> None:
    assert shell("keys check sales").result == (
        4,
        "",
        "error: the profile sales has no key\nhint: dfctl keys set sales, or set DFCTL_KEY_SALES\n",
    )


# Removing


def test_a_kept_key_is_removed_once(shell: Shell, keys_path: Path) -> None:
    shell.stdin = CANARY
    shell("keys set sales")

    assert shell("keys remove sales").result == (
        0,
        "",
        f"the key of sales is removed from {keys_path}\n",
    )
    assert CANARY not in keys_path.read_text()
    assert shell("keys remove sales").result == (
        4,
        "",
        f"error: {keys_path} has no key of that profile\nhint: dfctl keys list shows all keys\n",
    )


def test_the_key_of_a_profile_that_is_gone_can_be_removed(shell: Shell, keys_path: Path) -> None:
    shell.stdin = CANARY
    shell("keys set sales")
    shell.configure("")

    assert shell("keys remove sales").exit_code == 0
    assert CANARY not in keys_path.read_text()


def test_keys_alone_shows_its_commands(shell: Shell) -> None:
    ended = shell("keys")

    assert ended.exit_code == 0
    assert ended.stdout.startswith("Usage: dfctl keys")
