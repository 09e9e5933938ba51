"""`python -m dfctl`."""

from dfctl.main import entry

if __name__ == "__main__":
    entry()
