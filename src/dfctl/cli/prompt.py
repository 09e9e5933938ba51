"""A key, asked for: typed unseen at a terminal, or read from stdin."""

import signal
import warnings
from typing import TextIO

from dfctl.composition import Environment
from dfctl.core.errors import Interrupted, KeyProblem, UsageError
from dfctl.core.secret import Secret

_LONGEST = 64 * 1024
# What Windows writes before text in UTF-8, as it is read in UTF-8 and in a code page.
_MARKS = ("\ufeff", "\xef\xbb\xbf")


def ask_for_key(environment: Environment, question: str) -> Secret:
    """Return the key that is typed at a terminal, where it is not shown, or one line of stdin.

    Raises KeyProblem where there is none.
    """
    stdin = environment.stdin
    text = typed_unseen(question) if _is_terminal(stdin) else _first_line(stdin)
    if text and text.strip():
        return Secret(text)
    raise KeyProblem("no key was given", hint="type it when asked, or give one line on stdin")


def typed_unseen(question: str) -> str | None:
    """Return what is typed, or None where the input ends, as by Ctrl-D.

    The terminal itself shows the question, wherever stderr leads.
    """
    import getpass

    try:
        with warnings.catch_warnings():
            # Where the typing cannot be hidden, getpass would only warn.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(question)
    except EOFError:
        return None
    except KeyboardInterrupt:  # on Windows it is a character like any other here
        raise Interrupted(signal.SIGINT) from None
    except getpass.GetPassWarning:
        raise UsageError(
            "this terminal cannot hide what is typed", hint="give the key as one line on stdin"
        ) from None


def _first_line(stdin: TextIO | None) -> str:
    if stdin is None:
        return ""
    text, problem = "", ""
    try:
        text = stdin.readline(_LONGEST)
    except UnicodeDecodeError:
        problem = "is not text, which every key is"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    if problem:
        # Raised out here, the error carries no context that holds the key.
        raise KeyProblem(f"stdin {problem}")
    for mark in _MARKS:
        text = text.removeprefix(mark)
    return text


def _is_terminal(stdin: TextIO | None) -> bool:
    try:
        return stdin is not None and stdin.isatty()
    except ValueError:
        return False
