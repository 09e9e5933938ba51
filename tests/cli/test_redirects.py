"""Redirects: a look follows them within its origin, a start never does."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.services import Answer, InVision, Service, answer, final, http, lines_of, told
from tests.shell import CANARY, Shell

STATUSES = [301, 302, 303, 307, 308]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[HTTPServer]:
    """Return a server of another origin, which nobody may ask for anything."""
    with HTTPServer() as server:
        yield server
        assert lines_of(server) == []


def moved(service: Service, location: str, status: int = 302) -> Answer:
    """Return a redirect to `location`; %s in it is the run's own path."""
    path = service.look_line.removeprefix("GET ")
    return answer(status, Location=location.replace("%s", path))


def expect_at(service: Service, path: str, *givens: Answer) -> None:
    """Expect looks at another path, which carry the key like the first one."""
    is_invision = isinstance(service, InVision)
    headers = {"x-api-key": CANARY} if is_invision else {"Authorization": f"Bearer {CANARY}"}
    service.expect(f"GET {path}", *givens, headers=headers)


class TestALook:
    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("command", ["wait", "status"])
    def test_follows_a_redirect_within_its_origin(
        self, shell: Shell, service: Service, status: int, command: str
    ) -> None:
        service.on_look(moved(service, "/moved/here?x=%31", status))
        expect_at(service, "/moved/here?x=%31", answer(service.seen(service.succeeded)))

        ended = shell(f"{command} {service.reference} --progress none")

        assert service.requests == [service.look_line, "GET /moved/here?x=%31"]
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_follows_an_absolute_location_and_a_relative_one(
        self, shell: Shell, service: Service
    ) -> None:
        root = service.server.url_for("")
        service.on_look(moved(service, f"{root}/a/b"))
        expect_at(service, "/a/b", answer(302, Location="c"))
        expect_at(service, "/a/c", answer(service.seen(service.succeeded)))

        ended = shell(f"wait {service.reference} --progress none")

        assert service.requests == [service.look_line, "GET /a/b", "GET /a/c"]
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_follows_three_redirects(self, shell: Shell, service: Service) -> None:
        service.on_look(moved(service, "/1"))
        expect_at(service, "/1", answer(307, Location="/2"))
        expect_at(service, "/2", answer(307, Location="/3"))
        expect_at(service, "/3", answer(service.seen(service.succeeded)))

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line, "GET /1", "GET /2", "GET /3"]
        assert ended.result == (0, final(service, "succeeded"), "")

    def test_follows_no_fourth_redirect(self, shell: Shell, service: Service) -> None:
        service.on_look(*[moved(service, "%s")] * 4)

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line] * 4
        assert ended.exit_code == 2
        moved_to = http(302, location=service.look_line.removeprefix("GET "))
        assert f"the service refused the request: {moved_to}\n" in ended.stderr

    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("location", ["{origin}%s", "//{authority}%s", "{origin}@localhost/"])
    def test_never_follows_to_another_origin(
        self,
        shell: Shell,
        service: Service,
        elsewhere: HTTPServer,
        status: int,
        location: str,
    ) -> None:
        authority = f"{elsewhere.host}:{elsewhere.port}"
        target = location.format(origin=f"http://{authority}", authority=authority)
        service.on_look(moved(service, target, status))

        ended = shell(f"wait {service.reference} --max-outage 0s")

        assert service.requests == [service.look_line]
        assert lines_of(elsewhere) == []
        assert ended.exit_code == (7 if status == 303 else 2)

    def test_never_carries_the_key_to_another_origin_that_it_was_sent_to_in_steps(
        self, shell: Shell, service: Service, elsewhere: HTTPServer
    ) -> None:
        service.on_look(moved(service, "/step"))
        expect_at(service, "/step", answer(302, Location=elsewhere.url_for("/")))

        ended = shell(f"status {service.reference}")

        assert service.requests == [service.look_line, "GET /step"]
        assert ended.exit_code == 2

    @pytest.mark.parametrize(
        "location",
        ["https://localhost/", "ftp://localhost/", "javascript:alert(1)", "http://[::1", ""],
    )
    def test_takes_a_redirect_that_leads_nowhere_for_a_refusal(
        self, shell: Shell, service: Service, location: str
    ) -> None:
        service.on_look(answer(302, Location=location))

        ended = shell(f"wait {service.reference} --max-outage 0s")

        assert service.requests == [service.look_line]
        assert ended.exit_code in (2, 7)
        assert "this is a bug" not in ended.stderr

    def test_does_not_show_a_key_that_the_redirect_carries_in_its_query(
        self, shell: Shell, invision: InVision
    ) -> None:
        shell.configure_invision(invision.address, key_in="query")
        key = "canary%7C7kQ%2Bp%2FZr9%3D%7C0451"
        first, second = (f"{invision.look_line}{slash}?api_key={key}" for slash in ("", "/"))
        location = second.removeprefix("GET ")
        invision.expect(first, answer(302, Location=location), headers={})
        invision.expect(second, invision.seen("Succeeded"), headers={})

        ended = shell(f"wait {invision.reference} -v --progress none")

        assert invision.requests == [first, second]
        assert (ended.exit_code, ended.stdout) == (0, final(invision, "succeeded"))
        assert key not in ended.stderr


class TestAStart:
    @pytest.mark.parametrize("status", STATUSES)
    def test_follows_no_redirect(self, shell: Shell, service: Service, status: int) -> None:
        path = service.start_line.removeprefix("POST ")
        service.on_start(answer(status, Location=f"{path}/"))

        ended = shell(f"run {service.profile}")

        assert service.requests == [service.start_line]
        assert (ended.exit_code, ended.stdout) == (9 if status == 303 else 2, "")

    @pytest.mark.parametrize("status", STATUSES)
    def test_follows_no_redirect_to_another_origin(
        self, shell: Shell, service: Service, elsewhere: HTTPServer, status: int
    ) -> None:
        service.on_start(answer(status, Location=elsewhere.url_for("/")))

        ended = shell(f"run {service.profile}")

        assert service.requests == [service.start_line]
        assert (ended.exit_code, ended.stdout) == (9 if status == 303 else 2, "")


def test_a_redirect_of_a_running_wait_is_borne_as_a_fault(shell: Shell, service: Service) -> None:
    running, succeeded = service.seen(service.running), service.seen(service.succeeded)
    location = "https://login.invalid/"
    service.on_look(running, answer(302, Location=location), succeeded)

    ended = shell(f"wait {service.reference}")

    assert service.requests == [service.look_line] * 3
    assert ended.exit_code == 0
    assert ended.stderr.endswith(
        told(
            f"0.5 {service.profile}: no news: {http(302, location=location)}; "
            "looking again in 500ms",
            f"1 {service.profile}: succeeded, in contact again",
        )
    )
