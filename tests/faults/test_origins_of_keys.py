"""A kept key goes to the origin that it was set for, however that is written, and nowhere else."""

import sys

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.addresses import origin_of
from dfctl.core.errors import DfctlError, UsageError
from dfctl.store.addresses import clean_address
from tests.core.properties import any_text, bounded
from tests.faults.conftest import MakeWire
from tests.faults.told import RUN, SUCCEEDED
from tests.faults.wire import Peer, answer, http
from tests.shell import CANARY, Shell

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the user's folder is the real one there"
)


def _keep(shell: Shell, address: str) -> None:
    _configure(shell, address)
    shell.stdin = f"{CANARY}\n"
    assert shell("keys set sales").exit_code == 0


def _configure(shell: Shell, address: str, **settings: str) -> None:
    lines = "".join(f'{name} = "{text}"\n' for name, text in settings.items())
    shell.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{address}"\nflow = "f"\n{lines}'
    )


@pytest.mark.parametrize(
    ("kept_for", "address"),
    [
        ("https://host.example", "https://host.example:443"),
        ("https://host.example:443/", "https://host.example/other/path"),
        ("https://host.example:0443", "https://host.example:443"),
        ("https://host.example", "HTTPS://HOST.Example"),
        ("https://bücher.example", "https://BÜCHER.example:443/x"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443/"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_the_same_origin_written_otherwise_has_the_key(
    kept_for: str, address: str, shell: Shell
) -> None:
    _keep(shell, kept_for)
    _configure(shell, address)

    ended = shell("run sales --dry-run")

    assert (ended.exit_code, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("kept_for", "address"),
    [
        ("https://host.example", "http://host.example"),
        ("https://host.example", "http://host.example:443"),
        ("https://host.example", "https://host.example:444"),
        ("https://host.example", "https://host.example."),
        ("https://host.example", "https://host.example.evil.example"),
        ("https://host.example", "https://evil.example/host.example"),
        ("https://host.example", "https://host.example%2eevil.example"),
        ("https://host.example", "https://xhost.example"),
        ("https://host.example", "https://hóst.example"),
        ("https://host.example", "https://\u04bbost.example"),
        ("https://straße.example", "https://strasse.example"),
        ("https://[::1]", "https://[::2]"),
        ("https://[::1]", "https://[::ffff:127.0.0.1]"),
        ("https://127.0.0.1", "https://127.1"),
        ("https://127.0.0.1", "https://2130706433"),
        ("https://localhost", "https://127.0.0.1"),
    ],
)
def test_another_origin_never_has_the_key(kept_for: str, address: str, shell: Shell) -> None:
    _keep(shell, kept_for)
    _configure(shell, address)

    for line in ("run sales --dry-run", "run sales --max-outage 0s", "keys check sales"):
        ended = shell(line)
        assert ended.exit_code == 4
        assert "is not sent: it was set for https://" in ended.stderr


@pytest.mark.parametrize(
    "address",
    [
        "https://host.example@evil.example",
        "https://user:word@host.example",
        "https://host.example\\\\@evil.example",
        "https://host.example\\t.evil.example",
        "https://host.example#@evil.example",
        "https://host.example?@evil.example",
    ],
)
def test_an_address_that_two_readers_read_differently_is_refused(
    address: str, shell: Shell
) -> None:
    _keep(shell, "https://host.example")
    _configure(shell, address)

    assert shell("run sales --max-outage 0s").exit_code == 2


def test_neither_like_nor_a_variable_takes_a_kept_key_elsewhere(
    shell: Shell, make_wire: MakeWire
) -> None:
    elsewhere = make_wire()
    _keep(shell, "https://host.example")
    shell.configure(
        f'{shell.config.read_text()}[profiles.other]\nlike = "sales"\n'
        f'address = "{elsewhere.address}"\n'
    )
    there = {"DFCTL_ADDRESS": elsewhere.address, "DFCTL_FLOW": "f", "DFCTL_BACKEND": "invision"}

    endings = [
        shell("run other"),
        shell("run other", variables=there),
        shell("run env", variables=there),
        shell("keys check other", variables=there),
    ]

    assert [ended.exit_code for ended in endings] == [4] * 4
    shown = shell("run sales --dry-run", variables={**there, "DFCTL_KEY": "x"})
    assert "https://host.example/" in shown.stdout
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "http://{other}/x",
        "//{other}/x",
        "http:////{other}/x",
        "//{own}@{other}/x",
        "http://{own}\\@{other}/x",
        "http://{own}%5C@{other}/x",
        "http://{own}:80@{other}/x",
        "http://key:{own}@{other}/x",
        "HTTP://{other}/x",
        "http://localhost:{port}/x",
        "http://127.0.0.1.:{port}/x",
        "https://{own}/x",
        "wss://{own}/x",
    ],
)
@pytest.mark.parametrize("key_in", ["header", "query"])
def test_a_redirect_never_takes_the_key_elsewhere(
    location: str, key_in: str, shell: Shell, make_wire: MakeWire
) -> None:
    elsewhere = make_wire()

    def move(peer: Peer) -> None:
        peer.read_request()
        own, other = f"127.0.0.1:{peer.wire.port}", f"127.0.0.1:{elsewhere.port}"
        target = location.format(own=own, other=other, port=peer.wire.port)
        peer.send(http("302 Found", f"Location: {target}"))

    service = make_wire([move])
    shell.configure_invision(service.address, key_in=key_in)

    ended = shell(f"status sales/f/{RUN}")

    assert ended.exit_code == 2
    assert len(service.requests) == 1
    assert elsewhere.peers == []


@pytest.mark.parametrize(
    "location",
    ["http://user:word@{own}/x", "http://{own}#@{other}/x", "///{other}/x", "\\\\{other}/x"],
)
def test_a_redirect_that_only_looks_as_if_it_led_elsewhere_stays(
    location: str, shell: Shell, make_wire: MakeWire
) -> None:
    elsewhere = make_wire()

    def move(peer: Peer) -> None:
        peer.read_request()
        own, other = f"127.0.0.1:{peer.wire.port}", f"127.0.0.1:{elsewhere.port}"
        peer.send(http("302 Found", f"Location: {location.format(own=own, other=other)}"))

    service = make_wire([move, answer(SUCCEEDED)])
    shell.configure_invision(service.address)

    assert shell(f"status sales/f/{RUN}").exit_code == 0
    assert [request.header("x-api-key") for request in service.requests] == [CANARY] * 2
    assert [request.header("authorization") for request in service.requests] == [None] * 2
    assert elsewhere.peers == []


_SPELLINGS = [
    *("host.example", "Host.Example", "host.example.", "HOST", "ho%73t.example"),
    *("bücher.example", "BÜCHER.example", "xn--bcher-kva.example"),
    *("straße.example", "strasse.example", "\u212aelvin.example", "kelvin.example"),
    *("\uff48ost.example", "host\u3002example", "h\u00adost.example"),
    *("1.2.3.4", "01.2.3.4", "1.2.772", "[::1]", "[0:0::1]", "[::FFFF:1.2.3.4]"),
]
_HOSTS = st.sampled_from(_SPELLINGS) | any_text.filter(lambda text: "/" not in text)
_ADDRESSES = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https", "HTTP", "hTTps"]),
    _HOSTS,
    st.sampled_from(["", ":", ":80", ":443", ":0443", ":8443", ":\uff14\uff14\uff13", "/x"]),
)


@bounded(400)
@given(st.lists(_ADDRESSES, min_size=2, max_size=6))
def test_two_addresses_of_one_origin_lead_to_one_place(written: list[str]) -> None:
    places: dict[str, tuple[object, ...]] = {}
    for text in written:
        try:
            address = clean_address(text)
            url = httpx.URL(address)
        except (ValueError, httpx.InvalidURL, DfctlError, UsageError):
            continue
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        place = (url.scheme, url.raw_host, port)
        assert places.setdefault(origin_of(address), place) == place
        assert not url.userinfo
