"""Throw-away keys: made for one server, compared in constant time."""

import base64
import hmac
import secrets


def new_invision_key() -> str:
    """A random key. The vendor documents no form."""
    return secrets.token_hex(16)


def new_dataform_token() -> str:
    """A random token in the documented form, `number|base64|number`.

    Source: dataform-co/dataform: content/docs/dataform-web/api/index.md. The three bytes in the
    middle become `+//+`, so a client that decodes, splits or re-encodes a token is caught.
    """
    middle = base64.b64encode(secrets.token_bytes(24) + b"\xfb\xff\xfe" + secrets.token_bytes(1))
    return f"{_number()}|{middle.decode()}|{_number()}"


def is_same(given: str | None, key: str) -> bool:
    """Whether the given key is the right one, byte for byte."""
    return given is not None and hmac.compare_digest(given.encode(), key.encode())


def _number() -> int:
    return 1000 + secrets.randbelow(9000)
