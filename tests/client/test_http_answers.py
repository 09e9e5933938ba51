"""What a connection makes of the headers of an answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.client.http import HttpConnection
from dfctl.client.job import Job
from dfctl.client.steps import Send, Target
from dfctl.core.exchange import Effect, Fault, Request, Response, Unreadable
from dfctl.core.profiles import Line, Profile
from dfctl.core.secret import Secret
from dfctl.core.settings import Settings
from tests.client.services import RawServer, raw_server
from tests.client.stage import invision
from tests.core.properties import bounded
from tests.shell import CANARY

LOOK = Request("GET", "/look", Effect.READ)
START = Request("POST", "/start", Effect.START, body=b"{}")


class Asker:
    """A connection to a server that answers as the test says."""

    def __init__(self, server: RawServer) -> None:
        self.server = server
        self._target = _target(server.address)
        self.connection = HttpConnection(self._target.profile.line)

    def ask(
        self, request: Request, status: int = 200, *, body: bytes = b"{}", **headers: str
    ) -> Response | Fault:
        """Return what comes of a request that is answered with these headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.server.set_answer(status, body, named)
        return self.connection.exchange(Job(Send(self._target, request, Secret(CANARY), 10.0)))

    def delay(self, **headers: str) -> float | None:
        """Return the delay that an answer asks for."""
        answer = self.ask(LOOK, 503, body=b"", **headers)
        assert isinstance(answer, Response), answer
        return answer.retry_after


def _target(address: str) -> Target:
    profile = Profile(
        name="sales", backend="invision", line=Line(address), settings=Settings("updatesales")
    )
    other = invision()
    return Target(profile, other.backend, Secret(CANARY), other.read_key_again)


@pytest.fixture
def asker() -> Iterator[Asker]:
    with raw_server() as server:
        one = Asker(server)
        yield one
        one.connection.close()


def date(seconds: float) -> str:
    """Return an HTTP date `seconds` after a moment long ago."""
    moment = datetime(2015, 10, 21, 7, 28, tzinfo=UTC) + timedelta(seconds=seconds)
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    ("value", "delay"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("007", 7.0),
        ("", None),
        ("-5", None),
        ("+5", None),
        ("1.5", None),
        ("1e3", None),
        ("soon", None),
        ("7, 8", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_a_delay_in_seconds_is_read(asker: Asker, value: str, delay: float | None) -> None:
    assert asker.delay(Retry_After=value) == delay


@pytest.mark.parametrize("value", ["9" * 30, "9" * 5000])
def test_a_delay_beyond_all_sense_is_a_long_one(asker: Asker, value: str) -> None:
    delay = asker.delay(Retry_After=value)
    assert delay is not None
    assert delay >= 300


@pytest.mark.parametrize(("seconds", "delay"), [(90, 90.0), (0, 0.0), (-3600, 0.0)])
def test_a_date_counts_by_the_clock_of_the_service(
    asker: Asker, seconds: float, delay: float
) -> None:
    assert asker.delay(Retry_After=date(seconds), Date=date(0)) == delay


def test_a_date_without_the_service_s_time_counts_by_this_machine_s(asker: Asker) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=1000), usegmt=True)
    delay = asker.delay(Retry_After=later, Date="nonsense")
    assert delay is not None
    assert 900 < delay <= 1000


@bounded(50)
@given(
    value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
    | st.from_regex(
        r"(Mon, )?\d{1,3} (Jan|Feb|Foo) \d{1,6} \d{1,3}:\d{1,3}(:\d{1,3})? (GMT|[+-]\d{1,6}|X)",
        fullmatch=True,
    ).filter(str.isascii)
)
def test_any_header_asks_for_a_delay_or_for_none(asker: Asker, value: str) -> None:
    delay = asker.delay(Retry_After=value, Date=value)
    assert delay is None or delay >= 0


# Redirects


@pytest.mark.parametrize("status", [302, 308])
@pytest.mark.parametrize("location", ["/elsewhere", "http://[", "http://x:y/", "javascript:x", ""])
def test_a_start_that_is_redirected_is_answered_with_the_redirect(
    asker: Asker, status: int, location: str
) -> None:
    answer = asker.ask(START, status, Location=location)
    assert isinstance(answer, Response), answer
    assert answer.status == status


@pytest.mark.parametrize("location", ["http://[", "http://x:y/", "//", "javascript:x", ""])
def test_a_look_that_is_redirected_nowhere_is_answered_with_the_redirect(
    asker: Asker, location: str
) -> None:
    answer = asker.ask(LOOK, 302, Location=location)
    assert isinstance(answer, Response), answer
    assert answer.status == 302


_QUOTED = quote(CANARY, safe="")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (CANARY, "***"),
        (f"no {CANARY} here", "no *** here"),
        (f"no x{CANARY}x here", "no x***x here"),
        (f"no key={_QUOTED}, here", "no key=***, here"),
        # As JSON may write characters.
        ("".join(f"\\u{ord(character):04x}" for character in CANARY), "***"),
        (CANARY.replace("/", "\\/"), "***"),
        # Escaped in another way: the whole word goes.
        ("no key=" + CANARY.replace("+", "\\\\u002B") + ", here", "no *** here"),
        (f"no key={quote(CANARY)}, here", "no *** here"),
    ],
)
def test_a_key_that_the_service_repeats_is_masked_in_every_text_that_is_read(
    asker: Asker, written: str, shown: str
) -> None:
    answer = asker.ask(LOOK, body=f'{{"id": "{written}"}}'.encode())
    assert isinstance(answer, Response)
    assert answer.members().text("id") == shown
    with pytest.raises(Unreadable, match="an object whose id cannot be used"):
        answer.members().identifier("id")
    assert CANARY not in repr(answer)
    assert CANARY not in str(answer)


def test_what_is_no_key_is_read_as_it_was_sent(asker: Asker) -> None:
    answer = asker.ask(LOOK, body=rb'{"id": "a%2Fb \\u002B c\u002Bd"}')
    assert isinstance(answer, Response)
    assert answer.members().text("id") == r"a%2Fb \u002B c+d"


@pytest.mark.parametrize(
    ("location", "told"),
    [
        (f"/{_QUOTED}/in", "/***/in"),
        ("/in?back=%2Flook", "/in"),
        (f"/in?key={_QUOTED}#{_QUOTED}", "/in"),
        ("?back=/look", None),
    ],
)
def test_the_goal_of_a_redirect_is_told_without_key_and_query(
    asker: Asker, location: str, told: str | None
) -> None:
    answer = asker.ask(START, 302, Location=location)
    assert isinstance(answer, Response)
    assert answer.location == told


@pytest.mark.parametrize(
    ("challenge", "login"),
    [
        ("Basic", ("Basic",)),
        ('basic realm="x"', ("Basic",)),
        ("NTLM", ("NTLM",)),
        ("Negotiate", ("Negotiate",)),
        ("Digest realm=x, qop=auth", ("Digest",)),
        ("Bearer", ()),
        ("", ()),
    ],
)
def test_a_login_is_named_where_a_person_is_asked_for_one(
    challenge: str, login: tuple[str, ...], asker: Asker
) -> None:
    answer = asker.ask(LOOK, 401, WWW_Authenticate=challenge)

    assert isinstance(answer, Response)
    assert answer.login == login
