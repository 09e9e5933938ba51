"""What an address says of where it leads."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Return whether `host`, a name or an IP address, is this machine."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
