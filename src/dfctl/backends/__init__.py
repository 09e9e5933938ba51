"""The services: one pure adapter each, found by name."""

import importlib
from typing import TYPE_CHECKING

from dfctl.core.errors import UsageError
from dfctl.core.text import clean

if TYPE_CHECKING:
    from dfctl.backends.backend import Backend

_BUILT_IN = {
    "invision": "dfctl.backends.invision:InVision",
    "dataform-web": "dfctl.backends.dataform_web:DataformWeb",
}
ENTRY_POINTS = "dfctl.backends"


def built_in_names() -> tuple[str, ...]:
    """Return the names of the adapters that dfctl comes with."""
    return tuple(_BUILT_IN)


def load_backend(name: str) -> "Backend":
    """Return the adapter called `name`: a built-in one, or one of the entry-point group.

    An entry point names a class of `Backend` that is called without arguments. Raises UsageError
    where there is no such adapter, or where it cannot be loaded.
    """
    if name in _BUILT_IN:
        module, _, member = _BUILT_IN[name].partition(":")
        adapter: Backend = getattr(importlib.import_module(module), member)()
        return adapter
    return _load_foreign(name)


def _load_foreign(name: str) -> "Backend":
    # Reading the installed packages costs more than a whole built-in adapter.
    from importlib.metadata import entry_points

    from dfctl.backends.backend import Backend

    for point in entry_points(group=ENTRY_POINTS, name=name):
        cannot = f"the backend {name!r} ({point.value}) cannot be loaded"
        try:
            adapter = point.load()()
        except Exception as problem:
            raise UsageError(f"{cannot}: {clean(str(problem))}") from problem
        if not isinstance(adapter, Backend):
            raise UsageError(f"{cannot}: it is no dfctl.backends.backend.Backend")
        return adapter
    raise UsageError(
        f"there is no backend {name!r}", hint=f"the backends are {' and '.join(_BUILT_IN)}"
    )
