"""Texts of a service that wants to be obeyed by the CI system in whose log they stand."""

from hypothesis import strategies as st

from tests.core.properties import any_text

COMMANDS = [
    "::error::forged",
    "::stop-commands::token",
    "::set-output name=run::forged",
    "::add-mask::e",
    "  ::warning title=x::forged",
    "\u2003::notice::forged",
    "\ufeff::error::forged",
    "##[error]forged",
    "##[stop-commands]token",
    "###[set-output name=run;]forged",
    "##vso[task.setvariable variable=PATH]forged",
    "##vso[task.complete result=Succeeded;]",
    "##vso without an end",
    "##\u200bvso[task.complete result=Succeeded;]",
    "##teamcity[buildStatus status='SUCCESS']",
    "\x1b[0Ksection_start:1560896352:forged\r\x1b[0Kforged",
    "section_end:1560896352:dfctl[collapsed=true]\r\x1b[0K",
]
_pieces = st.sampled_from(
    [*COMMANDS, "::", ":", "#", "##", "##[", "##vso[", "]", "error", "task.complete", "\n", "\r",
     "\r\n", "\u2028", "\x85", " ", "\t", "\u200b", "\ufeff", "\\", '"', "%0A", "%5D", "|", "`"]
)  # fmt: skip
# Such commands, parts of them in any order, and what Python calls text between them.
hostile_text = st.lists(_pieces | any_text, max_size=8).map("".join)
