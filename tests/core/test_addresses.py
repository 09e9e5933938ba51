"""What leads to this machine, and what does not."""

import pytest
from hypothesis import given

from dfctl.core.addresses import is_loopback
from tests.core.properties import any_text, bounded


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost",
        "localhost.",
        "a.localhost",
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "[::1]",
    ],
)
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "notlocalhost",
        "localhost.example",
        "128.0.0.1",
        "0.0.0.0",
        "::",
        "::2",
        "127.0.0.1.nip.io",
    ],
)
def test_another_machine_is_not(host: str) -> None:
    assert not is_loopback(host)


@bounded(200)
@given(any_text)
def test_any_text_gets_an_answer(host: str) -> None:
    assert is_loopback(host) in (True, False)
