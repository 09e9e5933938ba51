"""The way in: `python -m dfctl`, and the console script `dfctl`."""

from dfctl.process.interrupt import end_at_once_when_interrupted

# Before all else is imported.
end_at_once_when_interrupted()


def entry() -> None:
    """Run the command line of this process, and end it with the command's exit code."""
    from dfctl.entrance import entry

    entry()


if __name__ == "__main__":
    entry()
