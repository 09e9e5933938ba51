"""The CI systems that dfctl knows."""

from dfctl.output.ci.azure import Azure
from dfctl.output.ci.choice import CiChoice
from dfctl.output.ci.github import GitHub
from dfctl.output.ci.gitlab import GitLab
from dfctl.output.ci.system import System


def system_of(choice: CiChoice, *, token: str, has_sections: bool) -> System:
    """Return the system that is named, told things with a `token` that nobody can foresee.

    Without `has_sections` none are opened where lines about runs follow.
    """
    if choice is CiChoice.GITHUB:
        return GitHub(token)
    if choice is CiChoice.AZURE:
        return Azure(token)
    return GitLab(token, has_sections=has_sections)
