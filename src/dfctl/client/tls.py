"""Whom to trust over TLS: the operating system's store, and what the profile adds."""

import ssl
from typing import NoReturn

import truststore

from dfctl.core.errors import UsageError
from dfctl.core.profiles import Line


def tls_context(line: Line) -> ssl.SSLContext:
    """Return a context for `line`. Raises UsageError that names a file which cannot be used."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if line.ca_file:
        try:
            context.load_verify_locations(cafile=line.ca_file)
        except OSError as problem:  # ssl.SSLError is one
            raise _unusable("ca_file", line.ca_file, problem) from None
    if line.client_cert:
        try:
            context.load_cert_chain(line.client_cert, line.client_key, password=_refuse_password)
        except OSError as problem:
            raise _unusable("client_cert", line.client_cert, problem) from None
    return context


def _unusable(setting: str, path: str, problem: OSError) -> UsageError:
    reason = problem.strerror or str(problem)
    return UsageError(
        f"{setting}: {path} cannot be used: {reason}", hint="it has to be a readable file in PEM"
    )


def _refuse_password() -> NoReturn:
    # Without this, OpenSSL would ask for the password on the terminal, and a cron job would hang.
    raise UsageError(
        "the private key of client_cert is encrypted",
        hint="dfctl cannot ask for its password; give it a key without one",
    )
