"""How long the tests are that can be made longer, and from which seed they draw."""

import os
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings

# Set DFCTL_LONG_TESTS to try for minutes, not for seconds.
IS_LONG = bool(os.environ.get("DFCTL_LONG_TESTS"))
# A fresh seed for each long run. It stays in the environment, so that all workers have the same.
SEED = int(
    os.environ.setdefault(
        "DFCTL_TEST_SEED", str(random.randrange(10**8)) if IS_LONG else "20260301"
    )
)

_Test = TypeVar("_Test", bound=Callable[..., Any])


def tried(short: int, long: int) -> Callable[[_Test], _Test]:
    """Try a property with `short` examples, always the same, or with `long` ones from the seed."""
    common = settings(
        max_examples=long if IS_LONG else short,
        deadline=None,
        database=None,
        derandomize=not IS_LONG,
        print_blob=False,
        # Why an example fails is not asked: it costs as much as all the rest.
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )

    def decorate(test: _Test) -> _Test:
        marked: _Test = pytest.mark.long(common(seed(SEED)(test) if IS_LONG else test))
        return marked

    return decorate


def sampled(names: str, values: Sequence[Any], *, short: int) -> Callable[[_Test], _Test]:
    """Parametrize with the first `short` values, or with all of them in a long run.

    It is for values that all lead the same way, such as each of several signals.
    """
    parametrize = pytest.mark.parametrize(names, values if IS_LONG else values[:short])

    def decorate(test: _Test) -> _Test:
        marked: _Test = pytest.mark.long(parametrize(test))
        return marked

    return decorate
