"""`dfctl run` on InVision: each state of a run becomes the exit code."""

from pytest_httpserver import HTTPServer

from tests.shell import CANARY, Shell

START = "/invision/api/pub/v1/dataflows/updatesales/start"
RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
STATUS = f"/invision/api/pub/v1/dataflows/updatesales/runs/{RUN}/status"


def test_a_run_that_succeeds_exits_0_and_tells_its_way(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_ordered_request(
        START,
        method="POST",
        headers={"x-api-key": CANARY, "Content-Type": "application/json"},
        data="{}",
    ).respond_with_json({"runId": RUN, "status": "Pending"})
    for word in ("Pending", "Running", "Succeeded"):
        httpserver.expect_ordered_request(
            STATUS, method="GET", headers={"x-api-key": CANARY}
        ).respond_with_json({"runId": RUN, "status": word})

    ended = shell("run sales")

    httpserver.check()
    assert ended.result == (
        0,
        f"sales: succeeded after 2s (sales/updatesales/{RUN})\n",
        "2026-03-01T12:00:00+00:00 sales: starting updatesales on invision, "
        "to follow it for up to 24h (--timeout)\n"
        f"2026-03-01T12:00:00+00:00 sales: started sales/updatesales/{RUN}\n"
        "2026-03-01T12:00:00+00:00 sales: pending\n"
        "2026-03-01T12:00:01+00:00 sales: running\n"
        "2026-03-01T12:00:01+00:00 sales: succeeded\n",
    )
