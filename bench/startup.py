"""How long dfctl takes to start, beside its peers, in one run: `python bench/startup.py`.

Needs hyperfine. Prints ratios to a bare interpreter; times mean little on another machine. The
peers do less: they import what dfctl is made of, and ask the sandbox one question with httpx. A
press of Tab waits for `__complete`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from dfctl.sandbox.server import Sandbox

PYTHON = sys.executable
RUNS = "20"


def commands(status: str, address: str) -> dict[str, str]:
    """Return the command lines that are compared, by name."""
    return {
        "bare interpreter": f"{PYTHON} -c pass",
        "import typer": f"{PYTHON} -c 'import typer'",
        "import httpx, one GET": f"{PYTHON} -c 'import httpx; httpx.get(\"{address}\")'",
        "dfctl --version": f"{PYTHON} -m dfctl --version",
        "dfctl --help": f"{PYTHON} -m dfctl --help",
        "dfctl __complete runs": f"{PYTHON} -m dfctl __complete runs dfctl wait",
        "dfctl status": f"{PYTHON} -m dfctl status {status}",
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Sandbox(seconds=0).serving() as sandbox:
        config = Path(folder) / "config.toml"
        config.touch(mode=0o600)
        config.write_text(sandbox.config_toml())
        os.environ |= {"DFCTL_CONFIG": str(config), "DFCTL_STATE_DIR": folder}
        start = [PYTHON, "-m", "dfctl", "start", "ok", "-o", "ref"]
        started = subprocess.run(start, check=True, capture_output=True, text=True)
        reference = started.stdout.strip()
        named = commands(reference, sandbox.invision_address)
        results = Path(folder) / "times.json"
        options = ["-N", "--warmup", "3", "--runs", RUNS, "--export-json", str(results)]
        subprocess.run(
            ["hyperfine", *options, *named.values()], check=True, stdout=subprocess.DEVNULL
        )
        means = [result["mean"] for result in json.loads(results.read_text())["results"]]
    for name, mean in zip(named, means, strict=True):
        print(f"{name:<24}{mean / means[0]:6.1f} x a bare interpreter")


if __name__ == "__main__":
    main()
