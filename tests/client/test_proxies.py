"""Which proxy leads to an address, by the variables of the environment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.client.proxies import proxy_for
from dfctl.core.errors import UsageError
from tests.core.properties import bounded

SERVICE = "https://sales.example/invision"


def test_without_variables_there_is_no_proxy() -> None:
    assert proxy_for(SERVICE) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("http://proxy.example:8080", "http://proxy.example:8080"),
        ("proxy.example:8080", "http://proxy.example:8080"),
        ("https://user:p%40ss@proxy.example", "https://user:p%40ss@proxy.example"),
        ("socks5://proxy.example:1080", "socks5://proxy.example:1080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("", None),
    ],
)
def test_a_variable_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, proxy: str | None
) -> None:
    monkeypatch.setenv(name, value)
    assert proxy_for(SERVICE) == proxy


def test_the_scheme_of_the_address_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://plain.example:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://secure.example:2")
    monkeypatch.setenv("ALL_PROXY", "http://all.example:3")
    assert proxy_for("http://sales.example") == "http://plain.example:1"
    assert proxy_for("https://sales.example") == "http://secure.example:2"


@pytest.mark.parametrize(
    "address",
    ["http://localhost:8080", "https://127.0.0.1", "http://[::1]:80/x", "http://a.localhost/"],
)
def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:8080")
    assert proxy_for(address) is None


@pytest.mark.parametrize(
    ("exceptions", "is_direct"),
    [
        ("*", True),
        ("sales.example", True),
        ("SALES.example", True),
        (".example", True),
        ("other.example, sales.example", True),
        ("ales.example", False),
        ("sales.example.com", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy_names_who_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch, name: str, exceptions: str, is_direct: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv(name, exceptions)
    assert (proxy_for(SERVICE) is None) is is_direct


def test_no_proxy_may_name_the_port_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv("NO_PROXY", "sales.example:8443")
    assert proxy_for("https://sales.example:8443/invision") is None
    assert proxy_for("https://sales.example/invision") == "http://proxy.example:8080"


@pytest.mark.parametrize(
    "value",
    [
        "http://",
        "ftp://proxy.example",
        "socks4://proxy.example:1",
        "http://proxy.example:port",
        "http://proxy.example:99999",
        "http://proxy.example:0",
        "http://[::1",
        "secret@:8080",
    ],
)
def test_what_is_no_proxy_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(UsageError) as caught:
        proxy_for(SERVICE)
    assert caught.value.message == ("the proxy for https:// addresses is not the URL of a proxy")
    assert caught.value.hint == "HTTPS_PROXY has the form http://HOST:PORT"


@bounded(150)
@given(value=st.text(st.characters(codec="ascii", exclude_characters="\x00")))
def test_any_value_is_a_proxy_or_a_usage_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    try:
        proxy = proxy_for(SERVICE)
    except UsageError:
        return
    assert proxy is None or "://" in proxy
