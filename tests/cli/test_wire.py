"""What goes over the wire: the documented examples of both services, word for word."""

import json

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request

from dfctl import __version__
from tests.cli.services import DataformWeb, InVision, Service, final, lines_of
from tests.shell import CANARY, Shell

FLOW = "2b081248-4963-43b3-ba06-5b7403d58b4d"
RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
KEY_IN_QUERY = "api_key=canary%7C7kQ%2Bp%2FZr9%3D%7C0451"


def only_request(server: HTTPServer) -> Request:
    """Return the one request that came."""
    [(request, _)] = server.log
    return request


def headers_of(request: Request) -> dict[str, str]:
    """Return all headers but the one about the connection, with their names in lower case."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers.pop("connection", None)
    return headers


class TestInVision:
    def test_starts_with_these_headers_and_no_others(
        self, shell: Shell, invision: InVision
    ) -> None:
        invision.on_start(invision.accepted())

        ended = shell("start sales --progress none -o ref")

        assert invision.requests == [invision.start_line]
        assert headers_of(only_request(invision.server)) == {
            "host": invision.where,
            "user-agent": f"dfctl/{__version__}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "content-length": "2",
            "x-api-key": CANARY,
        }
        assert only_request(invision.server).data == b"{}"
        assert ended.result == (0, f"{invision.reference}\n", "")

    def test_looks_with_these_headers_and_no_others(self, shell: Shell, invision: InVision) -> None:
        invision.on_look(invision.seen("Succeeded"))

        ended = shell(f"status {invision.reference}")

        assert invision.requests == [invision.look_line]
        assert headers_of(only_request(invision.server)) == {
            "host": invision.where,
            "user-agent": f"dfctl/{__version__}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "x-api-key": CANARY,
        }
        assert ended.result == (0, final(invision, "succeeded"), "")

    @pytest.mark.parametrize("root", ["/invision", "/InVision", "/my-company", "", "/a/b%20c/d"])
    @pytest.mark.parametrize("slash", ["", "/", "//"])
    def test_is_found_below_any_root(
        self, shell: Shell, httpserver: HTTPServer, root: str, slash: str
    ) -> None:
        service = InVision(httpserver)
        shell.configure_invision(httpserver.url_for("") + root + slash, flow=FLOW)
        headers = {"x-api-key": CANARY}
        start = f"POST {root}/api/pub/v1/dataflows/{FLOW}/start"
        look = f"GET {root}/api/pub/v1/dataflows/{FLOW}/runs/{RUN}/status"
        service.expect(start, {"runId": RUN, "status": "Pending"}, headers=headers, body="{}")
        service.expect(look, {"runId": RUN, "status": "Succeeded"}, headers=headers)

        ended = shell("run sales --progress none")

        assert service.requests == [start, look]
        assert ended.result == (0, f"sales: succeeded after 500ms (sales/{FLOW}/{RUN})\n", "")

    def test_takes_its_key_in_the_query_where_the_profile_says_so(
        self, shell: Shell, invision: InVision
    ) -> None:
        shell.configure_invision(invision.address, key_in="query")
        start, look = (
            f"{line}?{KEY_IN_QUERY}" for line in (invision.start_line, invision.look_line)
        )
        invision.expect(start, invision.accepted(), headers={}, body="{}")
        invision.expect(look, invision.seen("Succeeded"), headers={})

        ended = shell("run sales --progress none")

        assert invision.requests == [start, look]
        assert not any("x-api-key" in request.headers for request, _ in invision.server.log)
        assert ended.result == (0, final(invision, "succeeded after 500ms"), "")

    def test_takes_await_and_the_key_in_one_query(self, shell: Shell, invision: InVision) -> None:
        shell.configure_invision(invision.address, key_in="query")
        start = f"{invision.await_line}&{KEY_IN_QUERY}"
        invision.expect(start, invision.seen("Succeeded"), headers={}, body="{}")

        ended = shell("run sales --server-wait --progress none")

        assert invision.requests == [start]
        assert ended.result == (0, final(invision, "succeeded after 0s"), "")

    @pytest.mark.parametrize(
        ("flow", "encoded"),
        [
            ("updatesales", "updatesales"),
            (FLOW, FLOW),
            ("update sales", "update%20sales"),
            ("finance/daily", "finance%2Fdaily"),
            ("100%", "100%25"),
            ("100%25", "100%2525"),
            ("a?b#c", "a%3Fb%23c"),
            ("a+b&c=d", "a%2Bb%26c%3Dd"),
            ("Umsätze", "Ums%C3%A4tze"),
            ("日次", "%E6%97%A5%E6%AC%A1"),
            ("..%2f..", "..%252f.."),
            ("a\\b", "a%5Cb"),
            ("~name_1.0-x", "~name_1.0-x"),
        ],
    )
    def test_gets_a_flow_percent_encoded_and_the_reference_finds_its_run_again(
        self, shell: Shell, invision: InVision, flow: str, encoded: str
    ) -> None:
        shell.configure_invision(invision.address, flow=flow)
        headers = {"x-api-key": CANARY}
        start = f"POST /invision/api/pub/v1/dataflows/{encoded}/start"
        look = f"GET /invision/api/pub/v1/dataflows/{encoded}/runs/{RUN}/status"
        invision.expect(start, {"runId": RUN, "status": "Running"}, headers=headers, body="{}")
        invision.expect(look, {"runId": RUN, "status": "Succeeded"}, headers=headers)

        started = shell("start sales -o ref --progress none")
        waited = shell(f"wait '{started.stdout.strip()}' --progress none")

        assert invision.requests == [start, look]
        assert started.result == (0, f"sales/{encoded}/{RUN}\n", "")
        assert waited.result == (0, f"sales: succeeded (sales/{encoded}/{RUN})\n", "")

    @pytest.mark.parametrize(
        ("run", "encoded"),
        [("run 7", "run%207"), ("a/b", "a%2Fb"), ("5%", "5%25"), ("é", "%C3%A9"), ("x?y", "x%3Fy")],
    )
    def test_gets_the_id_of_a_run_percent_encoded(
        self, shell: Shell, invision: InVision, run: str, encoded: str
    ) -> None:
        look = f"GET /invision/api/pub/v1/dataflows/updatesales/runs/{encoded}/status"
        invision.on_start({"runId": run, "status": "Pending"})
        invision.expect(look, {"runId": run, "status": "Succeeded"}, headers={})

        ended = shell("run sales --progress none")

        reference = f"sales/updatesales/{encoded}"
        assert invision.requests == [invision.start_line, look]
        assert ended.result == (0, f"sales: succeeded after 500ms ({reference})\n", "")

    def test_finds_a_run_by_a_reference_whose_flow_was_typed_unencoded(
        self, shell: Shell, invision: InVision
    ) -> None:
        look = "GET /invision/api/pub/v1/dataflows/Ums%C3%A4tze%20neu/runs/7/status"
        invision.expect(look, {"runId": "7", "status": "Succeeded"}, headers={})

        ended = shell("wait 'sales/Umsätze neu/7' --progress none")

        assert invision.requests == [look]
        assert ended.exit_code == 0

    def test_starts_the_flow_that_the_command_line_names(
        self, shell: Shell, invision: InVision
    ) -> None:
        start = f"POST /invision/api/pub/v1/dataflows/{FLOW}/start"
        invision.expect(start, {"runId": RUN, "status": "Pending"}, headers={}, body="{}")

        ended = shell(f"start sales --flow {FLOW} -o ref --progress none")

        assert invision.requests == [start]
        assert ended.result == (0, f"sales/{FLOW}/{RUN}\n", "")

    def test_gets_the_documented_arguments_where_that_is_asked_for(
        self, shell: Shell, invision: InVision
    ) -> None:
        document = {
            "globalArguments": {"department": "100", "refreshAllTables": True},
            "activitiesExecutionData": [
                {
                    "activityName": "Run Update Script",
                    "arguments": [{"name": "CompanyId", "value": "42"}],
                }
            ],
            "dataContext": "",
        }
        shell.configure_invision(invision.address, experimental_parameters=True)
        shell.stdin = json.dumps(document)
        invision.on_start(invision.accepted(), body=json.dumps(document))

        ended = shell("start sales --input - -o ref --progress none")

        assert invision.requests == [invision.start_line]
        assert (ended.exit_code, ended.stdout) == (0, f"{invision.reference}\n")


class TestDataformWeb:
    def test_starts_with_these_headers_and_no_others(
        self, shell: Shell, dataform: DataformWeb
    ) -> None:
        dataform.on_start(dataform.accepted())

        ended = shell("start nightly --progress none -o ref")

        assert dataform.requests == [dataform.start_line]
        assert headers_of(only_request(dataform.server)) == {
            "host": dataform.where,
            "user-agent": f"dfctl/{__version__}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "content-length": str(len('{"scheduleName": "nightly"}')),
            "authorization": f"Bearer {CANARY}",
        }
        assert ended.result == (0, "nightly/5678\n", "")

    @pytest.mark.parametrize(
        ("settings", "body"),
        [
            ({"flow": None, "whole_project": True}, "{}"),
            (
                {"flow": "nightly", "environment": "production"},
                '{"environmentName": "production", "scheduleName": "nightly"}',
            ),
            (
                {"flow": None, "tags": ["daily"], "environment": "production"},
                '{"environmentName": "production", "runConfig": {"tags": ["daily"]}}',
            ),
            ({"flow": None, "tags": ["a", "b c"]}, '{"runConfig": {"tags": ["a", "b c"]}}'),
            ({"flow": "Nächtlich"}, '{"scheduleName": "N\\u00e4chtlich"}'),
            ({"flow": "nightly", "whole_project": False}, '{"scheduleName": "nightly"}'),
        ],
    )
    def test_gets_what_the_profile_names(
        self,
        shell: Shell,
        dataform: DataformWeb,
        settings: dict[str, object],
        body: str,
    ) -> None:
        shell.configure_dataform(dataform.address, project="5685548636176384", **settings)
        start = "POST /v1/project/5685548636176384/run"
        headers = {"Authorization": f"Bearer {CANARY}", "Content-Type": "application/json"}
        dataform.expect(start, {"id": "1029591293203"}, headers=headers, body=body)

        ended = shell("start nightly -o ref --progress none")

        assert dataform.requests == [start]
        assert ended.result == (0, "nightly/1029591293203\n", "")

    @pytest.mark.parametrize("settings", [{"tags": ["daily"]}, {"whole_project": True}])
    def test_starts_the_flow_of_the_command_line_instead_of_what_the_profile_names(
        self, shell: Shell, dataform: DataformWeb, settings: dict[str, object]
    ) -> None:
        shell.configure_dataform(dataform.address, flow=None, **settings)
        dataform.on_start(dataform.accepted(), body='{"scheduleName": "hourly"}')

        ended = shell("start nightly --flow hourly -o ref --progress none")

        assert dataform.requests == [dataform.start_line]
        assert ended.result == (0, "nightly/5678\n", "")

    @pytest.mark.parametrize(
        "token", ["1|a+b/c==|2", "5685548636176384|+/+/AAaa09==|1234567890", "plain"]
    )
    def test_gets_its_token_byte_for_byte(
        self, shell: Shell, dataform: DataformWeb, token: str
    ) -> None:
        dataform.on_start(dataform.accepted(), key=token)
        dataform.on_look(dataform.seen("SUCCESSFUL"), key=token)

        ended = shell("run nightly -v --progress none", variables={"DFCTL_KEY_NIGHTLY": token})

        assert dataform.requests == [dataform.start_line, dataform.look_line]
        assert [request.headers["Authorization"] for request, _ in dataform.server.log] == [
            f"Bearer {token}"
        ] * 2
        assert (ended.exit_code, ended.stdout) == (0, final(dataform, "succeeded after 0s"))
        assert token not in ended.stderr

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_is_asked_without_a_slash_at_the_end(
        self, shell: Shell, dataform: DataformWeb, slash: str
    ) -> None:
        shell.configure_dataform(dataform.address + slash)
        dataform.on_look(dataform.seen("SUCCESSFUL"))

        ended = shell("status nightly/5678")

        assert dataform.requests == [dataform.look_line]
        assert ended.result == (0, final(dataform, "succeeded"), "")

    @pytest.mark.parametrize(
        ("given", "encoded"),
        [("a/b", "a%2Fb"), ("5 %", "5%20%25"), ("é", "%C3%A9"), (1029591293203, "1029591293203")],
    )
    def test_gets_the_id_of_a_run_percent_encoded(
        self, shell: Shell, dataform: DataformWeb, given: object, encoded: str
    ) -> None:
        look = f"GET /v1/project/1234/run/{encoded}"
        dataform.on_start({"id": given})
        dataform.expect(look, {"id": given, "status": "SUCCESSFUL"}, headers={})

        ended = shell("run nightly --progress none")

        assert dataform.requests == [dataform.start_line, look]
        assert ended.result == (0, f"nightly: succeeded after 0s (nightly/{encoded})\n", "")

    def test_is_believed_where_only_its_status_says_of_which_run_it_speaks(
        self, shell: Shell, dataform: DataformWeb
    ) -> None:
        dataform.on_look({"status": "SUCCESSFUL"})

        ended = shell("status nightly/5678")

        assert dataform.requests == [dataform.look_line]
        assert ended.result == (0, final(dataform, "succeeded"), "")

    def test_documents_a_run_like_this(self, shell: Shell, dataform: DataformWeb) -> None:
        url = "https://app.dataform.co/#/1234/run/5678"
        dataform.on_look({"id": "5678", "status": "TIMED_OUT", "runLogUrl": url})

        ended = shell("status nightly/5678 -o json")

        assert dataform.requests == [dataform.look_line]
        [run] = ended.document["runs"]
        assert (ended.exit_code, run["state"], run["service_state"], run["url"]) == (
            10,
            "timed_out",
            "TIMED_OUT",
            url,
        )


def test_nothing_of_the_environment_changes_the_way_to_loopback(
    shell: Shell, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.invalid:3128")
    service.on_look(service.seen(service.succeeded))

    ended = shell(f"status {service.reference}")

    assert service.requests == [service.look_line]
    assert ended.result == (0, final(service, "succeeded"), "")


@pytest.mark.parametrize("text", ["sales/a/b/c", "sales/../x", "sales/a/..", "sales/a/."])
@pytest.mark.parametrize("command", ["wait", "status"])
def test_a_reference_that_could_lead_elsewhere_is_refused_before_a_request(
    shell: Shell, invision: InVision, text: str, command: str
) -> None:
    ended = shell(f"{command} {text}")

    assert lines_of(invision.server) == []
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"error: {text.removeprefix('sales/')!r} names no run of InVision\n"
        "hint: a reference to a run of InVision is PROFILE/FLOW/RUN\n"
    )


@pytest.mark.parametrize("locator", ["%2E%2E/x", "x/%2e%2e", "%2E/x"])
def test_a_percent_encoded_reference_does_not_lead_elsewhere_on_invision(
    shell: Shell, invision: InVision, locator: str
) -> None:
    ended = shell(f"status sales/{locator}")

    assert lines_of(invision.server) == []
    assert ended.exit_code == 2


@pytest.mark.parametrize("locator", ["%2E%2E", "%2e"])
def test_a_percent_encoded_reference_does_not_lead_elsewhere_on_dataform_web(
    shell: Shell, dataform: DataformWeb, locator: str
) -> None:
    ended = shell(f"status nightly/{locator}")

    assert lines_of(dataform.server) == []
    assert ended.exit_code == 2
