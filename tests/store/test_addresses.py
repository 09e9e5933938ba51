import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.store.addresses import clean_address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://app.profitbase.biz/my-company", "https://app.profitbase.biz/my-company"),
        ("https://app.profitbase.biz/my-company/", "https://app.profitbase.biz/my-company"),
        ("  http://localhost:8080// ", "http://localhost:8080"),
        ("HTTPS://Host.example", "https://Host.example"),
        ("https://host.example:/x", "https://host.example/x"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://bücher.example/ä", "https://bücher.example/ä"),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_an_address_loses_blanks_and_its_last_slash_and_keeps_its_path(
    written: str, address: str
) -> None:
    assert clean_address(written) == address


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", "is empty"),
        (
            "host.example/x",
            "begins with neither https:// nor http://; did you mean https://host.example/x?",
        ),
        ("ftp://host", "begins with neither https:// nor http://"),
        ("https:/host", "begins with neither https:// nor http://"),
        ("https://", "names no host"),
        ("https:///x", "names no host"),
        ("https://:80", "names no host"),
        ("https://host:0", "has a port that is no number from 1 to 65535"),
        ("https://host:65536", "has a port that is no number from 1 to 65535"),
        ("https://host:http", "has a port that is no number from 1 to 65535"),
        ("https://[::1", "has a host that cannot be read"),
        ("https://host/a b", "holds a blank or a control character"),
        ("https://host\n/x", "holds a blank or a control character"),
        ("https:\\\\host", "holds a backslash; write / instead"),
        ("https://host?x", "holds ? or #; leave out what begins there"),
        ("https://host/#", "holds ? or #; leave out what begins there"),
    ],
)
def test_what_is_no_address_is_explained(written: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        clean_address(written)


@pytest.mark.parametrize(
    "written",
    [
        "https://user:sesame@host",
        "https://sesame@host",
        "user:sesame@host",
        "https://user:sesame/x@host",
        "https://user:sesame\u2100@host",
        "https://host?api_key=sesame",
        "ftp://user:sesame@host",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        clean_address(written)

    assert "sesame" not in str(raised.value)
    assert raised.value.__context__ is None


@given(st.text() | st.text().map("https://{}".format))
def test_any_text_is_an_address_or_a_problem(text: str) -> None:
    try:
        address = clean_address(text)
    except ValueError:
        return
    assert address.startswith(("http://", "https://"))
    assert not address.endswith("/")
    assert clean_address(address) == address
