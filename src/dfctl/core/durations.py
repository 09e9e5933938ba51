"""Durations as users write and read them: `500ms 90s 5m 2h30m 7d none`."""

import re

_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_WHOLE = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_SINGLE = re.compile(r"(\d+\.\d+)(d|h|ms|m|s)", re.ASCII)
_LONGEST = 366 * 24 * 3600.0


def parse_duration(text: str) -> float | None:
    """Return the seconds that `text` names, or None for `none`.

    Raises ValueError, with a sentence for the user, for anything else.
    """
    word = text.strip().lower()
    if word == "none":
        return None
    seconds = _seconds(word)
    if seconds is None:
        guess = f"; did you mean {word}s?" if word.isascii() and word.isdigit() else ""
        raise ValueError(f"{text!r} is not a duration such as 500ms, 90s, 5m, 2h30m or none{guess}")
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is longer than a year; for no limit write none")
    return seconds


def _seconds(word: str) -> float | None:
    if len(word) > 20:
        return None
    if single := _SINGLE.fullmatch(word):
        return float(single[1]) * _SECONDS[single[2]]
    match = _WHOLE.fullmatch(word)
    if not word or not match:
        return None
    pairs = zip(match.groups(), _SECONDS.values(), strict=True)
    return sum(int(number or 0) * scale for number, scale in pairs)


def format_duration(seconds: float | None) -> str:
    """Return `seconds` in the form that `parse_duration` reads, to the second."""
    if seconds is None:
        return "none"
    if 0 < seconds < 1:
        return f"{max(1, round(seconds * 1000))}ms"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = [
        f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count
    ]
    return "".join(parts) or "0s"
