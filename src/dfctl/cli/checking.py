"""Checking a profile without starting anything."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dfctl.backends import load_backend
from dfctl.composition import Parts
from dfctl.core.checks import Check, Mark
from dfctl.core.errors import DfctlError, KeyProblem, UsageError
from dfctl.core.profiles import Line, Profile
from dfctl.core.secret import Secret

if TYPE_CHECKING:
    from dfctl.client.steps import Target
    from dfctl.store.keys import KeySource


def check_profile(parts: Parts, name: str) -> list[Check]:
    """Return what was found of a profile: settings, key, certificates, service, access."""
    try:
        described = parts.config.describe(name)
        profile = described.profile()
    except DfctlError as error:
        return [Check.failed("settings", error)]
    source = described.key_source()
    found = [
        Check("settings", Mark.OK, f"profile {name}: {profile.backend}"),
        _key(source),
        *_certificates(profile.line),
    ]
    if any(check.mark is Mark.FAIL for check in found):
        return [*found, Check("service", Mark.SKIP, "not asked")]
    return [*found, *_service(parts, parts.target(name, {}), _remedy(source))]


def check_draft(parts: Parts, profile: Profile, key: Secret) -> list[Check]:
    """Return what is wrong with a profile and a key that are not written yet."""
    from dfctl.client.steps import Target

    target = Target(profile, load_backend(profile.backend), key, lambda: key)
    found = list(_certificates(profile.line))
    if all(check.mark is Mark.OK for check in found):
        found += _service(parts, target, "was it copied whole, and is it for this service?")
    return [check for check in found if check.mark is Mark.FAIL]


def answer_to_key(parts: Parts, name: str) -> str:
    """Try the key of the profile called `name`; return the answer that shows it was taken.

    Raises the `DfctlError` of a key that is missing or refused, or of an answer that proves
    nothing.
    """
    from dfctl.client.checking import check_key

    [check] = parts.lead([check_key(parts.target(name, {}))])
    if check.why_not:
        raise check.why_not
    return check.answer


def _key(source: "KeySource") -> Check:
    try:
        source.read()
    except DfctlError as error:
        return Check.failed("key", error)
    return Check("key", Mark.OK, source.describe())


def _remedy(source: "KeySource") -> str:
    if source.is_kept:
        return f"to store another: dfctl keys set {source.profile}"
    return f"it comes from: {source.describe()} ({source.origin})"


def _certificates(line: Line) -> Iterator[Check]:
    from dfctl.client.tls import tls_context

    if urlsplit(line.address).scheme != "https":
        return
    try:
        tls_context(line)
    except DfctlError as error:
        yield Check.failed("certificates", error)
    else:
        files = [file for file in (line.ca_file, line.client_cert, line.client_key) if file]
        yield Check("certificates", Mark.OK, ", ".join(["the system's", *files]))


def _service(parts: Parts, target: "Target", remedy: str) -> Iterator[Check]:
    """Ask the service about a run that cannot exist; `remedy` is the hint for a refused key."""
    from dfctl.client.checking import check_key

    address = target.profile.line.address
    try:
        [found] = parts.lead([check_key(target)])
    except DfctlError as error:
        yield Check.failed("service", error)
        return
    why_not = found.why_not
    if why_not and not found.answer:
        yield Check("service", Mark.SKIP, f"not asked: {why_not.message}")
        return
    if why_not and not found.is_reached:
        hint = why_not.hint if isinstance(why_not, UsageError) else None
        hint = hint or f"is the address right? {address}"
        yield Check("service", Mark.FAIL, found.answer, hint, why_not.exit_code)
        return
    yield Check("service", Mark.OK, f"{address} answers")
    if why_not is None:
        yield Check("access", Mark.OK, "the key is taken for reading")
    elif isinstance(why_not, KeyProblem):
        text = f"the service refused the key: {found.answer}"
        yield Check("access", Mark.FAIL, text, remedy, why_not.exit_code)
    else:
        yield Check("access", Mark.WARN, why_not.message, why_not.hint)
