"""The vendor's line: the requests that it makes, one line on stdout, a story only on failure."""

from pathlib import Path

import pytest

from dfctl import __version__
from tests.dfcmdutil.console import LOOK, NOON, REFERENCE, START, Console, Service
from tests.shell import CANARY, Shell

FLOW = "updatesales"
USAGE = "dfcmdutil -run FLOW -url ADDRESS -apikey KEY"


def test_a_run_that_succeeds_prints_one_line_and_exits_0(
    console: Console, service: Service
) -> None:
    service.starts()
    service.shows("Pending", "Running", "Succeeded")

    ended = console("-run", FLOW, "-url", service.address, "-apikey", CANARY)

    assert ended.result == (0, f"env: succeeded after 2s ({REFERENCE})\n", "")
    assert service.requests == [START, LOOK, LOOK, LOOK]


def test_a_run_that_fails_exits_3_and_tells_its_story_on_stderr(
    console: Console, service: Service
) -> None:
    service.starts()
    service.shows("Running", "Failed")

    ended = console("-run", FLOW, "-url", service.address, "-apikey", CANARY)

    assert ended.result == (
        3,
        f"env: failed after 1s ({REFERENCE})\n",
        f"{NOON} env: starting updatesales on invision, to follow it for up to 24h (--timeout)\n"
        f"{NOON} env: started {REFERENCE}\n"
        f"{NOON} env: pending\n"
        f"{NOON} env: running\n"
        "2026-03-01T12:00:01+00:00 env: failed\n",
    )


@pytest.mark.parametrize(
    "line",
    [
        "-run {flow} -url {address} -apikey {key}",
        "/run {flow} /url {address} /apikey {key}",
        "--run {flow} --url {address} --apikey {key}",
        "-RUN {flow} /Url {address} --ApiKey {key}",
        "-apikey {key} -url {address}/ -run {flow}",
        "-run={flow} -url:{address} /apikey:{key}",
    ],
)
def test_an_option_may_be_written_as(line: str, console: Console, service: Service) -> None:
    service.starts("Succeeded")
    words = line.format(flow=FLOW, address=service.address, key=CANARY).split()

    ended = console(*words)

    assert ended.result == (0, f"env: succeeded after 0s ({REFERENCE})\n", "")
    assert service.requests == [START]


def test_without_apikey_the_key_is_that_of_the_variable(console: Console, service: Service) -> None:
    service.starts("Succeeded")

    ended = console("-run", FLOW, "-url", service.address, DFCTL_KEY=CANARY)

    assert ended.exit_code == 0


def test_the_key_of_the_line_comes_before_that_of_the_variable(
    console: Console, service: Service
) -> None:
    service.starts("Succeeded")

    ended = console("-run", FLOW, "-url", service.address, "-apikey", CANARY, DFCTL_KEY="another")

    assert ended.exit_code == 0


def test_a_key_that_begins_like_an_option_is_a_key(console: Console, service: Service) -> None:
    service.headers["x-api-key"] = "/7kQ-p=="
    service.starts("Succeeded")

    ended = console("-run", FLOW, "-url", service.address, "-apikey", "/7kQ-p==")

    assert ended.exit_code == 0


def test_the_variables_of_other_profiles_and_of_showing_change_nothing(
    console: Console, service: Service, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("this is not TOML", encoding="utf-8")
    service.starts("Succeeded")

    ended = console(
        *("-run", FLOW, "-url", service.address, "-apikey", CANARY),
        DFCTL_CONFIG=str(tmp_path / "config.toml"),
        DFCTL_PROFILE="nightly",
        DFCTL_BACKEND="dataform-web",
        DFCTL_ADDRESS="https://api.dataform.co/v1",
        DFCTL_FLOW="nightly",
        DFCTL_OUTPUT="json",
        DFCTL_VERBOSE="1",
    )

    assert ended.result == (0, f"env: succeeded after 0s ({REFERENCE})\n", "")


def test_each_line_starts_a_run_of_its_own_whatever_is_open(
    console: Console, service: Service
) -> None:
    service.starts()
    service.always_shows("Running")
    line = ("-run", FLOW, "-url", service.address, "-apikey", CANARY)
    assert console(*line, DFCTL_TIMEOUT="1m").exit_code == 124
    service.starts("Succeeded")

    ended = console(*line, DFCTL_OVERLAP="join")

    assert ended.exit_code == 0
    assert service.requests.count(START) == 2


def test_a_run_that_takes_too_long_goes_on_and_can_be_followed_with_dfctl(
    console: Console, service: Service, shell: Shell
) -> None:
    service.starts()
    service.always_shows("Running")

    ended = console(
        "-run", FLOW, "-url", f"{service.address}/", "-apikey", CANARY, DFCTL_TIMEOUT="2s"
    )

    assert ended.result == (
        124,
        f"env: running after 2s ({REFERENCE})\n",
        f"{NOON} env: starting updatesales on invision, to follow it for up to 2s (--timeout)\n"
        f"{NOON} env: started {REFERENCE}\n"
        f"{NOON} env: pending\n"
        f"{NOON} env: running\n"
        "error: env: not ended after 2s (--timeout); the run goes on\n"
        f"hint: to follow it: dfctl wait {REFERENCE} (first set DFCTL_BACKEND=invision, "
        f"DFCTL_ADDRESS={service.address} and DFCTL_KEY)\n",
    )

    shell.configure("")
    service.server.clear()
    service.shows("Succeeded")
    waited = shell(
        f"wait {REFERENCE} --quiet -o text",
        variables={
            **console.variables,
            "DFCTL_BACKEND": "invision",
            "DFCTL_ADDRESS": service.address,
            "DFCTL_KEY": CANARY,
        },
    )

    assert waited.exit_code == 0
    assert waited.stdout.startswith("env: succeeded")


def test_a_start_that_was_not_answered_is_unconfirmed_and_in_the_journal(
    console: Console, service: Service, shell: Shell
) -> None:
    service.refuses(500)

    ended = console("-run", FLOW, "-url", service.address, "-apikey", CANARY)

    assert ended.result == (
        9,
        "",
        f"{NOON} env: starting updatesales on invision, to follow it for up to 24h (--timeout)\n"
        "error: env: the start was sent, but it was answered with HTTP 500 Internal Server Error\n"
        "hint: InVision documents no other error than 500: the flow's id or the key may be wrong; "
        "it may be running: look at the service before you start it again; then settle it: "
        "dfctl runs resolve env/start-0001 --as not-started, or --as RUN\n",
    )
    settled = shell("runs resolve env/start-0001 --as not-started", variables=console.variables)
    assert settled.exit_code == 0


def test_a_start_that_never_began_is_safe_to_rerun(console: Console, service: Service) -> None:
    service.refuses(429)

    ended = console("-run", FLOW, "-url", service.address, "-apikey", CANARY, DFCTL_MAX_OUTAGE="0s")

    assert ended.result == (
        11,
        "",
        f"{NOON} env: starting updatesales on invision, to follow it for up to 24h (--timeout)\n"
        "error: env: nothing was started: HTTP 429 Too Many Requests\n"
        "hint: gave up after 0s (--max-outage); it is safe to run the same command again\n",
    )


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 4, "the service refused the key: HTTP 401 Unauthorized"),
        (404, 6, "the service does not know the flow 'updatesales': HTTP 404 Not Found"),
        (400, 2, "the start was refused: HTTP 400 Bad Request"),
    ],
)
def test_a_refused_start_exits_as_that_of_dfctl(
    status: int, code: int, error: str, console: Console, service: Service
) -> None:
    service.refuses(status)

    ended = console("-run", FLOW, "-url", service.address, "-apikey", CANARY)

    assert (ended.exit_code, ended.stdout) == (code, "")
    assert f"error: env: {error}\n" in ended.stderr
    assert service.requests == [START]


@pytest.mark.parametrize(
    ("words", "code", "error", "hint"),
    [
        ([], 2, "-run is missing", USAGE),
        (["-url", "https://a", "-apikey", CANARY], 2, "-run is missing", USAGE),
        (["-run"], 2, "-run has no value", USAGE),
        (["-apikey", "-run", FLOW], 2, "-apikey has no value", USAGE),
        (["-run", FLOW, "-apikey", ""], 2, "the value of -apikey is empty", USAGE),
        (["-run", FLOW, "-url:"], 2, "the value of -url is empty", USAGE),
        (["-apikey", CANARY, "/APIKEY", CANARY], 2, "-apikey is given twice", USAGE),
        (
            ["/run", FLOW],
            2,
            "-url is missing: the old `/run ID` ran on the InVision worker's own machine; "
            "now InVision is asked over HTTP, which takes its address",
            USAGE,
        ),
        (
            ["-run", FLOW, "-url", "https://a"],
            4,
            "-apikey is missing, and DFCTL_KEY is not set",
            "set DFCTL_KEY to the key, or add -apikey KEY",
        ),
        (
            ["-run", FLOW, "-apikye", CANARY],
            2,
            "argument 3 is no option of dfcmdutil",
            "did you mean -apikey?",
        ),
        (
            ["-run", FLOW, f"-apikye={CANARY}"],
            2,
            "argument 3 is no option of dfcmdutil",
            "did you mean -apikey?",
        ),
        (
            ["\N{EN DASH}run", FLOW],
            2,
            "argument 1 is no option of dfcmdutil",
            "did you mean -run?",
        ),
        (
            ["-run", FLOW, CANARY],
            2,
            "argument 3 is no option of dfcmdutil",
            "dfcmdutil -help lists them",
        ),
        (
            ["-run", FLOW, "-url", CANARY, "-apikey", "https://a"],
            2,
            "-url: begins with neither https:// nor http://",
            "an address is such as https://app.profitbase.biz/my-company",
        ),
        (
            ["-run", FLOW, "-url", f"https://a?api_key={CANARY}", "-apikey", CANARY],
            2,
            "-url: holds ? or #; leave out what begins there",
            None,
        ),
        (
            ["-run", FLOW, "-url", "https://me:secret@a", "-apikey", CANARY],
            2,
            "-url: holds a user name or password; leave out what stands before @",
            None,
        ),
        (
            ["-run", "..", "-url", "https://a", "-apikey", CANARY],
            2,
            "-run: '..' cannot be the id of a flow",
            None,
        ),
        (
            ["-run", FLOW, "-url", "https://a", "-apikey", f"{CANARY} "],
            4,
            "the key of the profile env (-apikey) cannot be sent: "
            f"character {len(CANARY) + 1} is a blank",
            "a key is visible ASCII without blanks; was more copied than the key?",
        ),
    ],
)
def test_a_mistake_is_named_without_what_was_typed(
    words: list[str], code: int, error: str, hint: str | None, console: Console
) -> None:
    ended = console(*words)

    said = f"error: {error}\n" + (f"hint: {hint}\n" if hint else "")
    assert ended.result == (code, "", said)


def test_a_limit_that_cannot_be_read_names_its_variable(console: Console) -> None:
    ended = console("-run", FLOW, "-url", "https://a", "-apikey", CANARY, DFCTL_TIMEOUT="soon")

    assert ended.result == (
        2,
        "",
        "error: DFCTL_TIMEOUT: 'soon' is not a duration such as 500ms, 90s, 5m, 2h30m or none\n",
    )


@pytest.mark.parametrize("word", ["-version", "/VERSION", "--version"])
def test_the_version_is_that_of_dfctl(word: str, console: Console) -> None:
    assert console(word).result == (0, f"dfcmdutil (dfctl {__version__})\n", "")


@pytest.mark.parametrize("word", ["-help", "--help", "-h", "/?", "-?"])
def test_help_names_every_option(word: str, console: Console) -> None:
    ended = console("-run", FLOW, word)

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert f"\n  {USAGE}\n" in ended.stdout
    for option in ("-run", "-url", "-apikey", "-version", "-help", "DFCTL_KEY", "DFCTL_TIMEOUT"):
        assert option in ended.stdout
