"""`dfctl profiles check`: what is right and what is wrong, without starting anything."""

import pytest
import trustme
from pytest_httpserver import HTTPServer

from tests.shell import CANARY, Ended, Shell

PROBE = (
    "/invision/api/pub/v1/dataflows/updatesales/runs/00000000-0000-0000-0000-000000000000/status"
)


def told(shell: Shell, ended: Ended, address: str = "ADDRESS") -> tuple[int, str, str]:
    """The result, with the folder of the test and the service's address cut short."""
    out = ended.stdout.replace(str(shell.folder), "FOLDER").replace(address, "ADDRESS")
    return ended.exit_code, out, ended.stderr


@pytest.fixture
def address(shell: Shell, httpserver: HTTPServer) -> str:
    """The address of an InVision that the profile `sales` has."""
    address = httpserver.url_for("/invision")
    shell.configure_invision(address)
    return address


def test_a_profile_that_can_be_used_is_ok_in_each_line(
    shell: Shell, httpserver: HTTPServer, address: str
) -> None:
    httpserver.expect_oneshot_request(
        PROBE, method="GET", headers={"x-api-key": CANARY}
    ).respond_with_json({"title": "no such run"}, status=404)

    ended = shell("profiles check sales")

    httpserver.check()
    assert told(shell, ended, address) == (
        0,
        "ok  settings  profile sales: invision\n"
        "ok  key       literal\n"
        "ok  service   ADDRESS answers\n"
        "ok  access    the key is taken for reading\n",
        "",
    )


def test_without_a_name_the_default_profile_is_checked(
    shell: Shell, httpserver: HTTPServer, address: str
) -> None:
    httpserver.expect_oneshot_request(PROBE).respond_with_json({}, status=404)

    assert shell("profiles check").exit_code == 0


def test_a_key_that_is_refused_exits_with_4(
    shell: Shell, httpserver: HTTPServer, address: str
) -> None:
    httpserver.expect_oneshot_request(PROBE).respond_with_data("", status=401)

    assert told(shell, shell("profiles check"), address) == (
        4,
        "ok    settings  profile sales: invision\n"
        "ok    key       literal\n"
        "ok    service   ADDRESS answers\n"
        "fail  access    the service refused the key: HTTP 401 Unauthorized\n"
        "      hint: it comes from: literal (FOLDER/config.toml, profile sales)\n",
        "",
    )


def test_a_kept_key_that_is_refused_is_to_be_set_again(
    shell: Shell, httpserver: HTTPServer, address: str
) -> None:
    shell.configure_invision(address, key=None)
    shell.stdin = CANARY
    assert shell("keys set").exit_code == 0
    httpserver.expect_oneshot_request(PROBE).respond_with_data("", status=401)

    assert told(shell, shell("profiles check"), address)[1].splitlines()[-1] == (
        "      hint: to store another: dfctl keys set sales"
    )


def test_an_answer_that_proves_nothing_is_no_failure(
    shell: Shell, httpserver: HTTPServer, address: str
) -> None:
    httpserver.expect_oneshot_request(PROBE).respond_with_data("", status=500)

    assert told(shell, shell("profiles check"), address) == (
        0,
        "ok    settings  profile sales: invision\n"
        "ok    key       literal\n"
        "ok    service   ADDRESS answers\n"
        "warn  access    the key could not be tried: HTTP 500 Internal Server Error\n"
        "      hint: InVision documents no other error than 500: the flow's id or the key may be "
        "wrong; this proves nothing about the key, and nothing was started\n",
        "",
    )


def test_a_web_page_where_the_service_should_be_is_a_failure(
    shell: Shell, httpserver: HTTPServer, address: str
) -> None:
    httpserver.expect_oneshot_request(PROBE).respond_with_data(
        "<html>Log in", content_type="text/html"
    )

    assert told(shell, shell("profiles check"), address) == (
        7,
        "ok    settings  profile sales: invision\n"
        "ok    key       literal\n"
        "fail  service   it answered with a web page instead of JSON\n"
        "      hint: is the address right? ADDRESS\n",
        "",
    )


def test_a_service_that_is_not_there_exits_with_7(shell: Shell) -> None:
    shell.configure_invision("http://127.0.0.1:9/invision")

    assert told(shell, shell("profiles check"), "127.0.0.1:9") == (
        7,
        "ok    settings  profile sales: invision\n"
        "ok    key       literal\n"
        "fail  service   cannot connect to ADDRESS: Connection refused\n"
        "      hint: is the address right? http://ADDRESS/invision\n",
        "",
    )


def test_without_a_key_nothing_is_asked(shell: Shell, httpserver: HTTPServer, address: str) -> None:
    shell.configure_invision(address, key=None)

    assert told(shell, shell("profiles check"), address) == (
        4,
        "ok    settings  profile sales: invision\n"
        "fail  key       the profile sales has no key\n"
        "      hint: dfctl keys set sales, or set DFCTL_KEY_SALES\n"
        "skip  service   not asked\n",
        "",
    )
    assert httpserver.log == []


def test_settings_that_are_wrong_end_the_list(shell: Shell) -> None:
    shell.configure('[profiles.sales]\nbackend = "invision"\n')

    assert told(shell, shell("profiles check")) == (
        2,
        "fail  settings  FOLDER/config.toml: profile sales: address: is missing\n"
        "      hint: it is the service's address, such as https://app.profitbase.biz/my-company\n",
        "",
    )


def test_a_certificate_that_is_none_is_named_and_nothing_is_asked(shell: Shell) -> None:
    (shell.folder / "ca.pem").write_text("no certificate")
    shell.configure_invision("https://127.0.0.1:9/invision", ca_file="ca.pem")

    code, out, err = told(shell, shell("profiles check"))

    assert (code, err) == (2, "")
    lines = out.splitlines()
    assert lines[2].startswith("fail  certificates  ca_file: FOLDER/ca.pem cannot be used: ")
    assert lines[3:] == [
        "      hint: it has to be a readable file in PEM",
        "skip  service       not asked",
    ]


def test_certificates_of_ones_own_are_listed(shell: Shell) -> None:
    authority = shell.folder / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    shell.configure_invision("https://127.0.0.1:9/invision", ca_file="ca.pem")

    assert told(shell, shell("profiles check"))[1].splitlines()[2] == (
        "ok    certificates  the system's, FOLDER/ca.pem"
    )


def test_json_has_an_object_for_each_check(
    shell: Shell, httpserver: HTTPServer, address: str
) -> None:
    httpserver.expect_oneshot_request(PROBE).respond_with_data("", status=403)

    ended = shell("profiles check -o json")

    assert (ended.exit_code, ended.stderr) == (4, "")
    assert ended.document == {
        "schema": 1,
        "exit_code": 4,
        "checks": [
            {
                "name": "settings",
                "result": "ok",
                "message": "profile sales: invision",
                "hint": None,
                "exit_code": None,
            },
            {
                "name": "key",
                "result": "ok",
                "message": "literal",
                "hint": None,
                "exit_code": None,
            },
            {
                "name": "service",
                "result": "ok",
                "message": f"{address} answers",
                "hint": None,
                "exit_code": None,
            },
            {
                "name": "access",
                "result": "fail",
                "message": "the service refused the key: HTTP 403 Forbidden",
                "hint": f"it comes from: literal ({shell.config}, profile sales)",
                "exit_code": 4,
            },
        ],
        "error": None,
    }


def test_a_profile_that_does_not_exist_is_a_failure(shell: Shell) -> None:
    shell.configure("")

    ended = shell("profiles check slaes")

    assert ended.exit_code == 2
    assert ended.stdout.startswith("fail  settings  there is no profile 'slaes' ")
