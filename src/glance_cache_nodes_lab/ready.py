# SPDX-License-Identifier: Apache-2.0
"""Wait until a service answers."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import launch
from glance_cache_nodes_lab.ports import HOST

if TYPE_CHECKING:
    from glance_cache_nodes_lab.state import Service

BOUND = 300.0
"""How long a service that runs may take to answer, in seconds; a busy machine is slow."""

POLL = 0.05
SERVER_ERRORS = 500


def wait(service: Service) -> None:
    """Return when the service answers.

    Raises:
        UserError: it ended, or did not answer within ``BOUND`` seconds.
    """
    deadline = time.monotonic() + BOUND
    while not _answers(service.port):
        if not service.running:
            raise UserError(
                f"{service.name} ended while it started: {launch.last_words(service.log)}; "
                f"see {service.log}"
            )
        if time.monotonic() > deadline:
            raise UserError(f"{service.name} gave no answer in {BOUND:.0f} s; see {service.log}")
        time.sleep(POLL)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < SERVER_ERRORS
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
