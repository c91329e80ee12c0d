# SPDX-License-Identifier: Apache-2.0
"""The releases and servers on which plain Glance and Glance with our filters are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glance_cache_nodes_lab import environments

ENVIRONMENTS = Path(__file__).parents[2] / "build/environments"


@dataclass(frozen=True)
class Kind:
    """A release under a server.

    Attributes:
        name: in the table, and as the word that chooses it.
        release: of OpenStack.
        server: one of :data:`node_servers.COMMANDS`.
        processes: that answer.
        threads: in each of them.
    """

    name: str
    release: str
    server: str
    processes: int
    threads: int

    @property
    def capacity(self) -> int:
        """Requests that it serves at once."""
        return self.processes * self.threads

    def python(self) -> Path:
        """Return the Python of its environment, made if need be.

        Raises:
            UserError: it cannot be made.
        """
        return environments.python_for(self.release, ENVIRONMENTS, _say)


def _say(line: str) -> None:
    print(line, flush=True)


KINDS = (
    Kind("threads", "2026.2", "cheroot", 1, 16),
    Kind("gunicorn", "2026.2", "gunicorn", 2, 1),
    Kind("uwsgi", "2026.2", "kolla", 2, 1),
    Kind("eventlet", "2024.1", "glance-api", 2, 1000),
)
BY_NAME = {kind.name: kind for kind in KINDS}
