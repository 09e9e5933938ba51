"""Where a setting is written, so that a mistake can be named and an origin shown."""

from dataclasses import dataclass
from pathlib import Path

from dfctl.core.errors import UsageError
from dfctl.store.files import ConfigFile
from dfctl.store.paths import resolved


@dataclass(frozen=True)
class Place:
    """One setting in one place. `label` begins an error about it; `origin` tells it in a list.

    Paths that are written there are relative to `folder`. In a file, `profile` is the one whose
    setting it is.
    """

    label: str
    origin: str
    folder: Path = Path()
    file: ConfigFile | None = None
    profile: str = ""

    def error(self, problem: str, *, hint: str | None = None) -> UsageError:
        """Return the error that names this place."""
        return UsageError(f"{self.label}: {problem}", hint=hint)

    def path(self, text: str) -> Path:
        """Return the absolute path that `text` means here. Raises UsageError."""
        try:
            return resolved(text, self.folder)
        except ValueError as problem:
            message = str(problem)
        raise self.error(message)


def in_file(file: ConfigFile, profile: str, setting: str, *, is_inherited: bool = False) -> Place:
    """Return the place of a setting of a profile in a file."""
    through = ", through like" if is_inherited else ""
    return Place(
        f"{file.path}: profile {profile}: {setting}",
        f"{file.path}, profile {profile}{through}",
        file.path.parent,
        file,
        profile,
    )


def in_key_file(path: Path, profile: str, *, is_inherited: bool) -> Place:
    """Return the place of a profile's key in dfctl's own file."""
    through = ", through like" if is_inherited else ""
    return Place(f"{path}: keys.{profile}", f"{path}, profile {profile}{through}")


def in_variable(name: str) -> Place:
    """Return the place of a setting in an environment variable."""
    return Place(name, name)


def in_option(setting: str) -> Place:
    """Return the place of a setting on the command line."""
    option = f"--{setting.replace('_', '-')}"
    return Place(option, option)


DEFAULT = Place("default", "default")
