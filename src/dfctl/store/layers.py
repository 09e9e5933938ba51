"""Layers of settings: one for each place that says something of a profile, the nearest first."""

from collections.abc import Iterable, Mapping, Sequence

from dfctl.store.values import Value

Layer = Mapping[str, Value]
Alternatives = Sequence[Sequence[str]]


def merged(layers: Iterable[Layer], alternatives: Alternatives = ()) -> dict[str, Value]:
    """Return each setting's value from the nearest layer that has it.

    `alternatives` are groups of settings of which one stands for another, such as flow and tags:
    where a layer has any of a group, the farther layers' settings of that group fall away.
    """
    values: dict[str, Value] = {}
    replaced: set[str] = set()
    for layer in layers:
        near = {name: value for name, value in layer.items() if name not in replaced}
        values = near | values
        replaced.update(*(group for group in alternatives if not near.keys().isdisjoint(group)))
    return values
