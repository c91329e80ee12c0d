# SPDX-License-Identifier: Apache-2.0
"""Serves Nova's API or placement, in their environment: ``python nova_serve.py placement PORT``."""

from __future__ import annotations

import importlib
import signal
import sys

from cheroot import wsgi

MODULES = {"placement": "placement.wsgi.api", "nova-api": "nova.wsgi.osapi_compute"}


def main() -> None:
    """Serve until SIGTERM."""
    name, port = sys.argv[1:]
    del sys.argv[1:]  # Nova takes the words of the process for its own.
    application = importlib.import_module(MODULES[name]).application
    server = wsgi.Server(("127.0.0.1", int(port)), application, numthreads=8)
    server.shutdown_timeout = 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.safe_start()


if __name__ == "__main__":
    main()
