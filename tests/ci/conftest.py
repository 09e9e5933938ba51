"""The services that are started from CI systems."""

from tests.cli.conftest import dataform, invision

__all__ = ["dataform", "invision"]
