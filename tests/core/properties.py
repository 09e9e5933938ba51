"""How properties are tried: the same examples on every machine, few enough to be quick."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st


def bounded(examples: int) -> settings:
    """Return the settings of a property that is tried with `examples` examples."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


# All that Python calls text, surrogates and controls among it, more often than by chance.
HOSTILE = "\x00\t\n\r\x1b\x7f\x85\x9f\u061c\u200e\u200f\u2028\u2029\u202e\u2066\u2069\ud800\udfff"
any_text = st.text(st.characters() | st.sampled_from(HOSTILE))
# Text that UTF-8 can carry.
plain_text = st.text(st.characters(codec="utf-8"))


def json_values(names: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    """Return JSON values whose objects have members called `names`."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | any_text
        | st.sampled_from(["Succeeded", "RUNNING", ".", "..", "", " ", "%2E%2E", "a/b"])
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
        max_leaves=8,
    )


def json_objects(*names: str) -> st.SearchStrategy[dict[str, object]]:
    """Return JSON objects that have some of the members `names`, and others."""
    named = st.sampled_from([*names, *map(str.upper, names)]) | any_text
    return st.dictionaries(named, json_values(named), max_size=6)
