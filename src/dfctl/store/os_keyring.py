"""The operating system's keyring, by the package `keyring`, which need not be installed.

A keyring may ask its owner for a password, or never answer: each question ends in time.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from dfctl.core.durations import format_duration
from dfctl.core.secret import Secret
from dfctl.core.text import clean
from dfctl.process.asides import Aside, NoThread

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "dfctl"
_SECONDS = 60.0
_INSTALL = "pipx inject dfctl keyring"
_OTHERWISE = "keep the key elsewhere: dfctl keys set without --keyring, a variable or a file"

_Value = TypeVar("_Value")


class KeyringFailed(Exception):
    """Why the keyring did not do what it was asked, in words that hold no key."""

    def __init__(self, problem: str, *, hint: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def account_of(profile: str, origin: str) -> str:
    """Return the name under which the key of a profile is kept, for one origin alone."""
    return f"{profile} {origin}"


def password_of(account: str, *, seconds: float = _SECONDS) -> str | None:
    """Return what the keyring keeps under `account`. Raises KeyringFailed."""
    return _ask(lambda backend: backend.get_password(SERVICE, account), seconds)


def keep_password(account: str, key: Secret, *, seconds: float = _SECONDS) -> None:
    """Keep a key under `account`, in place of an earlier one. Raises KeyringFailed."""

    def keep(backend: "KeyringBackend") -> str | None:
        backend.set_password(SERVICE, account, key.reveal())
        return backend.get_password(SERVICE, account)

    if _ask(keep, seconds, hide=key.hide) != key.reveal():
        raise KeyringFailed("does not give back what it was given to keep", hint=_OTHERWISE)


def forget_password(account: str, *, seconds: float = _SECONDS) -> None:
    """Remove what the keyring keeps under `account`, if anything. Raises KeyringFailed."""

    def forget(backend: "KeyringBackend") -> None:
        if backend.get_password(SERVICE, account) is not None:
            backend.delete_password(SERVICE, account)

    _ask(forget, seconds)


def _ask(
    question: "Callable[[KeyringBackend], _Value]",
    seconds: float,
    *,
    hide: Callable[[str], str] = str,
) -> _Value:
    try:
        import keyring.errors
    except ImportError:
        raise KeyringFailed("needs a package that is not installed", hint=_INSTALL) from None
    asking = Aside(lambda: question(_backend()))
    if not asking.is_over_by(time.monotonic() + seconds):
        raise KeyringFailed(f"did not answer within {format_duration(seconds)}")
    problem = asking.problem
    if isinstance(problem, KeyringFailed):
        failed = problem
    elif isinstance(problem, NoThread):
        failed = KeyringFailed(f"cannot be asked: {problem}")
    elif isinstance(problem, (keyring.errors.KeyringError, ImportError)):
        words = clean(hide(str(problem))) or type(problem).__name__
        failed = KeyringFailed(f"cannot be used: {words}", hint=_OTHERWISE)
    elif problem:
        # Its text is nobody's message to a user, and might quote a key.
        failed = KeyringFailed(f"cannot be used: {type(problem).__name__}", hint=_OTHERWISE)
    else:
        return asking.value
    # Raised out here, the error carries no context.
    raise failed


def _backend() -> "KeyringBackend":
    """Return the keyring that is set up here. Raises KeyringFailed where it is none to trust."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    # Of several, dfctl asks the first that it trusts; a chain would ask all of them.
    several = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    reasons = [_why_not(backend) for backend in several]
    for backend, reason in zip(several, reasons, strict=True):
        if reason is None:
            return backend
    raise KeyringFailed(next(iter(reasons), None) or _NONE, hint=_OTHERWISE)


_NONE = "cannot be used: there is none on this machine, or it is not running"
_OF_MODULE = {
    "keyring.backends.fail": _NONE,
    "keyring.backends.null": "cannot be used: it is switched off, by keyring's own configuration",
}


def _why_not(backend: "KeyringBackend") -> str | None:
    """Return why a keyring is not trusted with a key, or None where it is."""
    for kind in type(backend).__mro__:
        if kind.__module__ in _OF_MODULE:
            return _OF_MODULE[kind.__module__]
        if "plaintext" in kind.__qualname__.lower():
            name = clean(f"{type(backend).__module__}.{type(backend).__qualname__}")
            return f"cannot be used: {name} keeps keys in plain text"
    return None
