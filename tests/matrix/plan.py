# SPDX-License-Identifier: Apache-2.0
"""What the matrix tries: each job is a release, a Python and a database."""

from __future__ import annotations

from dataclasses import dataclass

from glance_cache_nodes.lab import environments, interpreters

# release -> the lowest and the highest minor version of Python 3. The lowest is what Glance's
# metadata requires, and 3.9 at least, because that is what this package requires. The highest is
# the last that Glance's classifiers or OpenStack's tested runtimes of that release name, or that a
# distribution runs it on: Ubuntu 24.04 has 2024.1 on 3.12, Debian 13 has 2025.1 on 3.13.
PYTHONS = {
    "2024.1": (9, 12),
    "2024.2": (9, 12),
    "2025.1": (9, 13),
    "2025.2": (10, 13),
    "2026.1": (10, 13),
    "2026.2": (11, 13),
}
DATABASES = ("SQLite", "MariaDB", "PostgreSQL")
# The oldest release, one in the middle, the newest.
ON_EVERY_DATABASE = ("2024.1", "2025.1", "2026.2")
FIRST = ("gunicorn",)
SERVERS = (*FIRST, "uWSGI", "uWSGI, forked", "glance-api")
WITHOUT_EVENTLET = "2026.2"
# On Python 3.9, oslo.config from 9.6 on does not find itself, so that its generator ends at once.
WITHOUT_GENERATOR = (("2024.2", "3.9"), ("2025.1", "3.9"))
OF_GENERATOR = "test_policy.py::test_the_sample_configuration_lists_every_option"


@dataclass(frozen=True)
class Job:
    """What is done one after the other, in one environment.

    Args:
        release: of OpenStack.
        version: of Python, without the last number.
        database: the kind of it.
        servers: to ask Glance under, besides in process.
    """

    release: str
    version: str
    database: str
    servers: tuple[str, ...]

    @property
    def cannot_pass(self) -> tuple[str, ...]:
        """The tests that what Glance brings there cannot pass."""
        return (OF_GENERATOR,) * ((self.release, self.version) in WITHOUT_GENERATOR)


def jobs() -> list[Job]:
    """Return all jobs: every Python on SQLite, one Python on the rest."""
    return [job for release in environments.known() for job in _of_release(release)]


def missing(version: str) -> str:
    """Return why nothing is tried on this Python, or nothing."""
    return "" if interpreters.find(version) else f"left out: no Python {version} is installed here"


def _of_release(release: str) -> list[Job]:
    lowest, highest = PYTHONS[release]
    versions = [f"3.{minor}" for minor in range(lowest, highest + 1)]
    most = _of_most(versions)
    servers = tuple(name for name in SERVERS if _has(release, name))
    databases = DATABASES[1:] if release in ON_EVERY_DATABASE else ()
    return [
        *(Job(release, each, "SQLite", servers if each == most else FIRST) for each in versions),
        *(Job(release, most, each, servers) for each in databases),
    ]


def _has(release: str, server: str) -> bool:
    return server != "glance-api" or release != WITHOUT_EVENTLET


def _of_most(versions: list[str]) -> str:
    """Return the Python that most is tried on: that which runs this, or the newest one here."""
    if interpreters.OWN_VERSION in versions:
        return interpreters.OWN_VERSION
    return next((each for each in reversed(versions) if interpreters.find(each)), versions[-1])
