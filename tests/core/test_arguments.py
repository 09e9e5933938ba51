import pytest

from dfctl.core.arguments import typed_value


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("run sales --ci github", "github"),
        ("run --ci=azure sales", "azure"),
        ("run --ci=", ""),
        ("run --ci=a=b", "a=b"),
        ("run --ci github --ci=azure", "azure"),
        ("run --ci=azure --ci github", "github"),
        ("run sales --ci", ""),
        ("run --cities github", None),
        ("run sales", None),
    ],
)
def test_the_last_value_of_an_option_counts(words: str, value: str | None) -> None:
    assert typed_value(words.split(), "--ci") == value
