"""A key cannot be printed, copied or stored by accident."""

import base64
import copy
import html
import json
import logging
import pickle
import string
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.exchange import Effect, KeyPlace, Request, url_of
from dfctl.core.secret import Secret
from tests.core.properties import any_text, bounded
from tests.shell import CANARY

VISIBLE = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass
class Holder:
    key: Secret


def test_every_way_of_printing_shows_a_mask() -> None:
    secret = Secret(CANARY)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret!s:>40}",
        format(secret),
        "%s %r" % (secret, secret),  # noqa: UP031 - the old form is one of the ways
        "{} {!r}".format(secret, secret),  # noqa: UP032
        str([secret]),
        str({"key": secret}),
        str(Holder(secret)),
        string.Template("$key").substitute(key=secret),
        ascii(secret),
    ]
    assert all("***" in text for text in shown)
    assert not [text for text in shown if CANARY in text or "canary" in text]


def test_a_format_that_it_cannot_have_does_not_tell_it_either() -> None:
    with pytest.raises(TypeError) as caught:
        f"{Secret(CANARY):>40}"
    assert "canary" not in str(caught.value)


def test_only_reveal_gives_it() -> None:
    assert Secret(CANARY).reveal() == CANARY
    assert not hasattr(Secret(CANARY), "__dict__")
    with pytest.raises(TypeError):
        vars(Secret(CANARY))


def test_it_cannot_be_pickled_or_copied() -> None:
    secret = Secret(CANARY)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="a key is never written down"):
            pickle.dumps(secret, protocol)
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="a key is never written down"):
            duplicate(secret)
    with pytest.raises(TypeError) as caught:
        json.dumps({"key": secret})
    assert "canary" not in str(caught.value)


def test_a_traceback_of_an_error_that_holds_it_does_not_tell_it() -> None:
    held = Holder(Secret(CANARY))
    try:
        raise ValueError("no", held.key, held)
    except ValueError as problem:
        told = "".join(
            traceback.TracebackException.from_exception(problem, capture_locals=True).format()
        )
    assert "held = " in told
    assert "canary" not in told.replace("CANARY", "")


def test_a_log_record_does_not_tell_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("dfctl").info("key %s %r", Secret(CANARY), Secret(CANARY))
    assert caplog.messages == ["key *** Secret(***)"]


def test_keys_are_compared_by_value() -> None:
    assert Secret("one") == Secret("one")
    assert Secret("one") != Secret("two")
    assert Secret("one") != "one"
    assert {Secret("one"), Secret("one")} == {Secret("one")}


def test_a_text_is_shown_without_the_key() -> None:
    secret = Secret("a|b+c/d=")
    assert secret.hide("key a|b+c/d= or a%7Cb%2Bc%2Fd%3D.") == "key *** or ***."
    assert Secret("").hide("nothing to hide") == "nothing to hide"


@bounded(150)
@given(
    st.text(VISIBLE, min_size=8, max_size=40).filter(lambda key: key.strip("*")),
    st.text(string.ascii_lowercase + " ", max_size=8),
)
def test_a_key_is_hidden_in_any_text_and_in_the_address_that_carries_it(
    key: str, around: str
) -> None:
    secret = Secret(key)
    request = Request("GET", "/status", Effect.READ)
    url = url_of("https://host.example", request, KeyPlace("api_key", in_query=True), key)
    assert key not in secret.hide(f"{around}{key}{around}")
    assert secret.hide(url) == "https://host.example/status?api_key=***"


@pytest.mark.parametrize("key", ['ab%41cd"efgh', "ab&cd\"ef<gh'ij+%41\\zz", "100%25|sure"])
def test_a_key_with_marks_of_escapes_in_itself_is_hidden_however_it_is_escaped(key: str) -> None:
    secret = Secret(key)
    for form in (json.dumps(key), repr(key), quote(key), quote(quote(key)), json.dumps(repr(key))):
        shown = secret.hide(f"bad {form} here")
        assert shown.startswith("bad ")
        assert shown.endswith(" here")
        # Whatever is left of the word is the quotes around the key.
        assert shown[4:-5].strip("'\"\\") == "***"


def _entities(key: str) -> str:
    return "".join(f"&#{ord(character)};" for character in key)


def _lines(key: str) -> str:
    return "\r\n ".join(key[begin : begin + 3] for begin in range(0, len(key), 3))


# What services, gateways and libraries do to a text that they repeat.
WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "percent": lambda key: quote(key, safe=""),
    "percent, all of it": lambda key: "".join(f"%{ord(character):02x}" for character in key),
    "percent twice": lambda key: quote(quote(key, safe=""), safe=""),
    "JSON": json.dumps,
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "JSON, all of it": lambda key: "".join(f"\\u{ord(character):04X}" for character in key),
    "Python's bytes": lambda key: "".join(f"\\x{ord(character):02x}" for character in key),
    "HTML": lambda key: html.escape(key, quote=True),
    "HTML, all of it": _entities,
    "HTML, hexadecimal": lambda key: "".join(f"&#x{ord(character):X};" for character in key),
    "HTML in HTML": lambda key: html.escape(_entities(key)),
    "HTML in JSON": lambda key: json.dumps(_entities(key)),
    "Base64": lambda key: base64.b64encode(key.encode()).decode(),
    "Base64 of Basic, as the name": lambda key: base64.b64encode(f"{key}:".encode()).decode(),
    "Base64 of Basic, as the password": lambda key: base64.b64encode(f":{key}".encode()).decode(),
    "Base64 amid other things": lambda key: base64.b64encode(f"ab={key}&c".encode()).decode(),
    "Base64 for addresses": lambda key: base64.urlsafe_b64encode(f"x{key}".encode()).decode(),
    "Base64 in an address": lambda key: quote(base64.b64encode(key.encode()), safe=""),
    "Base64 in lines": lambda key: base64.encodebytes(4 * key.encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal, upper case": lambda key: key.encode().hex().upper(),
    "lines": _lines,
    "percent in lines": lambda key: _lines(quote(key, safe="")),
    "blanks without width": "\u200b".join,
    "NUL bytes": "\0".join,
}


@pytest.mark.parametrize("writing", WRITINGS)
@bounded(25)
@given(
    key=st.text(VISIBLE, min_size=8, max_size=40).filter(lambda key: len(set(key)) > 5),
    before=st.sampled_from(["", "no ", "token=", '{"detail":"', "é "]),
    after=st.sampled_from(["", " here", '"}', "."]),
)
def test_a_key_is_hidden_however_it_is_written(
    writing: str, key: str, before: str, after: str
) -> None:
    written = WRITINGS[writing](key)

    shown = Secret(key).hide(f"{before}{written}{after}")

    assert "***" in shown
    # Nothing that is left tells two characters in three of it.
    assert not [part for part in _parts(written) if part in shown]


def _parts(written: str) -> set[str]:
    size = max(6, 2 * len(written) // 3)
    return {written[begin : begin + size] for begin in range(len(written) - size + 1)}


@bounded(200)
@given(st.text(VISIBLE, min_size=8, max_size=40), any_text)
def test_a_text_without_the_key_is_as_it_was(key: str, text: str) -> None:
    # Hypothesis has no way to come upon eight characters of the key in a row.
    assert Secret(f"{key}-canary").hide(text) == text


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        ("abc", "abc", "abc"),
        ("abcd", "an abcd", "an ***"),
        ("abcd", "an a bcd", "an a bcd"),
        ("abcd", "an &#97;bcd", "an ***"),
        ("inthemid", "in the middle", "***"),
    ],
)
def test_a_short_key_is_hidden_as_far_as_texts_stay_readable(
    key: str, text: str, shown: str
) -> None:
    assert Secret(key).hide(text) == shown


@pytest.mark.parametrize("around", ["x", "x ", "%41", "\\u0041 ", "&#65;", "%41\\x41&#65;"])
@pytest.mark.parametrize("position", [16_370, 16_384, 8_000_000])
def test_a_text_that_is_too_long_is_cut_and_tells_no_beginning_of_the_key(
    around: str, position: int
) -> None:
    filling = (around * (position // len(around) + 1))[:position]
    shown = Secret(CANARY).hide(f"{filling}{CANARY}{filling}")
    assert "canar" not in shown
    assert len(shown) <= 16_384


def test_a_long_text_of_nothing_but_the_key_tells_no_beginning_of_it() -> None:
    key = "canary-" * 200
    assert "canar" not in Secret(key).hide(key * 50)
