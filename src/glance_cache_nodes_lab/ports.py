# SPDX-License-Identifier: Apache-2.0
"""Free ports on loopback, for a lab that may be stopped and started again."""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
LOWEST = 10000
USUAL_EPHEMERAL_START = 32768


def pick(count: int) -> list[int]:
    """Return different free ports, sorted: the URLs of nodes sort as their names do.

    They are below the kernel's range for outgoing connections: from that range, the kernel can
    give the port to a client while the lab is stopped.
    """
    candidates = random.sample(range(LOWEST, _ephemeral_start()), k=count * 50)
    return sorted([port for port in candidates if is_free(port)][:count])


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _ephemeral_start() -> int:
    path = Path("/proc/sys/net/ipv4/ip_local_port_range")
    try:
        start = int(path.read_text(encoding="ascii").split()[0])
    except OSError:
        start = USUAL_EPHEMERAL_START
    # If the kernel uses nearly all ports, there is no better choice than the usual range.
    return start if start > 2 * LOWEST else USUAL_EPHEMERAL_START
