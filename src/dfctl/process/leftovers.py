"""What a stream still holds when a command is over."""

import contextlib
import os
from typing import TextIO


def write_rest(stream: TextIO | None) -> OSError | ValueError | None:
    """Write what is left of a stream; return why that failed.

    What is still buffered then goes nowhere: it would fail again when Python ends, and Python
    would end with an exit code of its own.
    """
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError) as problem:
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return problem
    return None
