# SPDX-License-Identifier: Apache-2.0
"""A real Glance node as a WSGI application, for a server in a process of its own.

Keystonemiddleware's own fixture stands in for Keystone, as in ``glance_site``; the backend can be
behind a slow link, which all processes of a test share.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - Glance's exit handler is too late to import it
import os
import sys
from pathlib import Path

from glance.common import wsgi_app
from keystonemiddleware import auth_token
from keystonemiddleware.auth_token import _exceptions as exceptions

import glance_site
import slow_link
from glance_cache_nodes_lab import sqlite

EXPIRED = "expired-tokens"
"""The file of a node that names the tokens which have expired since it started."""


def application():
    """Load the node that ``OS_GLANCE_CONFIG_DIR`` configures."""
    prepare()
    return wsgi_app.init_app()


def prepare():
    """Let the node take the tests' tokens, share its database, and read over the slow link."""
    sqlite.share()
    glance_site._accept_tokens()
    _let_tokens_expire(Path(os.environ["OS_GLANCE_CONFIG_DIR"]) / EXPIRED)
    if "TEST_LINK" in os.environ:
        slow_link.put_in_front_of_the_store(Path(os.environ["TEST_LINK"]))


def _let_tokens_expire(path: Path) -> None:
    fetch = auth_token.AuthProtocol.fetch_token

    def fetch_valid(token, **options):
        if path.exists() and token in path.read_text().split():
            raise exceptions.InvalidToken
        return fetch(token, **options)

    auth_token.AuthProtocol.fetch_token = staticmethod(fetch_valid)


def own_command(configuration):
    """Serve as ``glance-api`` does, on eventlet."""
    from glance.cmd import api  # noqa: PLC0415 - it patches the standard library

    prepare()
    sys.argv[1:] = ["--config-file", configuration]
    api.main()


def main() -> None:
    """Serve on a port, with so many threads; or as Glance's own command, with a configuration."""
    if len(sys.argv) == 2:
        own_command(sys.argv[1])
        return
    from cheroot import wsgi  # noqa: PLC0415 - gunicorn needs none

    port, threads = map(int, sys.argv[1:])
    del sys.argv[1:]
    server = wsgi.Server(
        ("127.0.0.1", port), application(), numthreads=threads, request_queue_size=128
    )
    server.safe_start()


if __name__ == "__main__":
    main()
