"""How a command's usage is shown."""

from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """A command with an argument that is needed: RUN, where Typer would write {RUN}."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words that stand behind the command's name."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]
