# SPDX-License-Identifier: Apache-2.0
"""Make a virtual environment with what the tests need: ``python requirements/install.py .venv``.

A line is printed every few seconds; what uv and pip say goes to a log, which a failure names. Both
trust the certificates that the system trusts: the proxies of some companies sign with a
certificate authority of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

LOG = Path("build/install.log")
WANTED = ("-r", "requirements/dev.txt", "-e", ".")
SILENCE = 5.0  # seconds without output after which a line is due
# Where Debian, Red Hat, SUSE and Alpine keep the certificates that the system trusts.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def main() -> int:
    """Return 0 when all is installed."""
    directory = Path(sys.argv[1])
    LOG.parent.mkdir(exist_ok=True)
    LOG.unlink(missing_ok=True)
    say(f"making {directory}, with OpenStack and the tools of the tests: about a minute")
    python = str(directory / "bin/python")
    if not run("making the environment", [sys.executable, "-m", "venv", str(directory)]):
        return failed()
    trust_as_the_system_does(python)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    uv = [str(directory / "bin/uv"), "pip", "install", "--python", python, "--compile-bytecode"]
    if run("installing uv", [*pip, "uv"]) and run("installing with uv", [*uv, *WANTED]):
        return 0
    say("uv, the faster installer, does not get the packages here; trying pip: some minutes")
    return 0 if run("installing with pip", [*pip, *WANTED]) else failed()


def trust_as_the_system_does(python: str) -> None:
    """Let uv and pip use the system's certificates, unless somebody has chosen others for pip."""
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")
    os.environ.setdefault("UV_NATIVE_TLS", "1")  # its older name
    bundle = next(filter(os.path.exists, BUNDLES), None)
    chosen = {"PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} & set(os.environ)
    configured = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    if bundle and not chosen and ".cert=" not in configured.stdout:
        os.environ["PIP_CERT"] = bundle


def run(what: str, command: list[str]) -> bool:
    """Run a command, with a line every few seconds; return whether it ended well."""
    begin = time.monotonic()
    with LOG.open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        while True:
            try:
                return process.wait(SILENCE) == 0
            except subprocess.TimeoutExpired:
                say(f"{what} ({time.monotonic() - begin:.0f} s)")


def failed() -> int:
    """Say why nothing is installed."""
    lines = LOG.read_text(errors="replace").splitlines()
    say("the packages could not be installed; the end of " + str(LOG) + " says why:")
    say("\n".join(lines[-5:]))
    return 1


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
