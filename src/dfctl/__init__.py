"""Start a data flow on a remote service, follow the run, exit with its outcome."""

__version__ = "0.1.0"
