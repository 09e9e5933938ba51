"""Which CI system is told."""

from collections.abc import Mapping
from enum import StrEnum


class CiChoice(StrEnum):
    """The CI systems that are told more than the log; `AUTO` is the one that dfctl runs in."""

    NONE = "none"
    AUTO = "auto"
    GITHUB = "github"
    AZURE = "azure"
    GITLAB = "gitlab"


# Those that show errors and warnings where people look first.
ANNOTATING = (CiChoice.GITHUB, CiChoice.AZURE)

# The variable by which each system says that it is there, always as true:
# https://docs.github.com/en/actions/reference/workflows-and-actions/variables
# https://learn.microsoft.com/azure/devops/pipelines/build/variables
# https://docs.gitlab.com/ci/variables/predefined_variables/
_SIGNS = {
    "GITHUB_ACTIONS": CiChoice.GITHUB,
    "TF_BUILD": CiChoice.AZURE,
    "GITLAB_CI": CiChoice.GITLAB,
}


def settled(choice: CiChoice, variables: Mapping[str, str]) -> CiChoice:
    """Return the system that is meant: `AUTO` is settled by the variables, `NONE` if by none."""
    if choice is not CiChoice.AUTO:
        return choice
    found = (system for sign, system in _SIGNS.items() if variables.get(sign, "").lower() == "true")
    return next(found, CiChoice.NONE)
