# SPDX-License-Identifier: Apache-2.0
"""Serve Keystone or Glance with cheroot: ``python -m glance_cache_nodes_lab.serve glance 9292``.

This runs in the environment of the service, which may be that of an older release, so it takes
no more from it than the service and cheroot. Where the configuration lies is said in the
service's own way: ``OS_KEYSTONE_CONFIG_DIR``, ``OS_GLANCE_CONFIG_DIR``.
"""

from __future__ import annotations

# Glance asks for it while it ends, and Python cannot load it that late.
import concurrent.futures.thread  # noqa: F401
import os
import signal
import sys
import threading
import traceback
from typing import Any, Callable

from cheroot import wsgi

from glance_cache_nodes_lab import private, sqlite
from glance_cache_nodes_lab.ports import HOST

THREADS = 16
BACKLOG = 128
STOP_BOUND = 5.0
"""How long a service may take to end, in seconds; a thread of Glance can keep it for ever."""


def main() -> None:
    """Serve until SIGTERM."""
    name, port = sys.argv[1:]
    # Keystone takes the words of the process for its own.
    del sys.argv[1:]
    private.keep_new_files()
    sqlite.share()
    application = _load({"keystone": _keystone, "glance": _glance}[name])
    server = wsgi.Server(
        (HOST, int(port)), application, numthreads=THREADS, request_queue_size=BACKLOG
    )
    server.shutdown_timeout = 2
    signal.signal(signal.SIGTERM, lambda *_: _stop(server))
    server.safe_start()


def _load(service: Callable[[], Any]) -> Any:
    try:
        return service()
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        # One line, and the last one: whoever started this shows it to a person.
        print(" ".join(f"{type(error).__name__}: {error}".split()), file=sys.stderr)  # noqa: T201
        sys.stderr.flush()
        os._exit(1)


def _keystone() -> Any:
    from keystone.common.rbac_enforcer import enforcer  # noqa: PLC0415
    from keystone.server import wsgi as keystone  # noqa: PLC0415

    application = keystone.initialize_public_application()
    # It would be built at the first request, without a lock: two first ones at once break it.
    rules = enforcer.RBACEnforcer()._enforcer
    rules.suppress_deprecation_warnings = True
    rules.load_rules()
    return application


def _glance() -> Any:
    from glance.common import wsgi_app  # noqa: PLC0415

    return wsgi_app.init_app()


def _stop(server: Any) -> None:
    deadline = threading.Timer(STOP_BOUND, os._exit, args=(0,))
    deadline.daemon = True
    deadline.start()
    # Not here: the signal interrupts the server's own loop, and stop() waits for that to end.
    threading.Thread(target=server.stop, daemon=True).start()


if __name__ == "__main__":
    main()
