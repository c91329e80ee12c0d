# SPDX-License-Identifier: Apache-2.0
"""What the matrix tries: each job is a release, a Python and a database."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import releases
from glance_cache_nodes_lab import environments, interpreters

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
# Which of its Pythons a release at the end of the range is tried on: its oldest, its newest.
ENDS = {releases.OLDEST: 0, releases.NEWEST: -1}
ON_EVERY_DATABASE = (*ENDS, "2025.1")
FIRST = ("gunicorn",)
SERVERS = (*FIRST, "uWSGI", "uWSGI, forked", "glance-api")
WITHOUT_EVENTLET = releases.NEWEST
# On Python 3.9, oslo.config from 9.6 on does not find itself, so that its generator ends at once.
WITHOUT_GENERATOR = (("2024.2", "3.9"), ("2025.1", "3.9"))
OF_GENERATOR = "functional/test_policy.py::test_the_sample_configuration_lists_every_option"


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


def jobs(pythons: str) -> list[Job]:
    """Return the jobs.

    Args:
        pythons: ``all``: each release on all its Pythons on SQLite, and on one Python on the rest.
            ``ends``: each release on SQLite under one server; the oldest release on its oldest
            Python that is here, and the newest on its newest, also on the databases that are
            servers, under all servers.
    """
    of_release = _whole if pythons == "all" else _ends
    return [job for release in environments.known() for job in of_release(release)]


def longest_first(these: list[Job]) -> list[Job]:
    """Return them so that none that takes long begins late.

    Those on SQLite are in front, so that the first few are not all of one environment.
    """
    return sorted(these, key=lambda job: (-len(job.servers), DATABASES.index(job.database)))


def rows(these: list[Job]) -> int:
    """Return how many rows the jobs give: one for the suites, one for each server."""
    return sum(1 + len(job.servers) for job in these)


@functools.cache
def interpreter(version: str) -> interpreters.Interpreter | None:
    """Return a Python of this version, or None."""
    found = interpreters.find(version)
    # Not by the link that this runs by. For that one the lab would compile all of OpenStack, which
    # takes longer than to compile what the jobs import.
    return found and interpreters.Interpreter(version, Path(found.path).resolve())


def missing(version: str) -> str:
    """Return why nothing is tried on this Python, or nothing."""
    return "" if interpreter(version) else f"left out: no Python {version} is installed here"


def _whole(release: str) -> list[Job]:
    versions = _versions(release)
    most = _of_most(versions)
    servers = _servers(release)
    databases = DATABASES[1:] if release in ON_EVERY_DATABASE else ()
    return [
        *(Job(release, each, "SQLite", servers if each == most else FIRST) for each in versions),
        *(Job(release, most, each, servers) for each in databases),
    ]


def _ends(release: str) -> list[Job]:
    versions = _versions(release)
    here = [each for each in versions if interpreter(each)] or versions
    if release in ENDS:
        version = here[ENDS[release]]
        more = [Job(release, version, each, _servers(release)) for each in DATABASES[1:]]
        return [Job(release, version, "SQLite", FIRST), *more]
    return [Job(release, _of_most(versions), "SQLite", FIRST)]


def _versions(release: str) -> list[str]:
    lowest, highest = PYTHONS[release]
    return [f"3.{minor}" for minor in range(lowest, highest + 1)]


def _servers(release: str) -> tuple[str, ...]:
    return tuple(name for name in SERVERS if name != "glance-api" or release != WITHOUT_EVENTLET)


def _of_most(versions: list[str]) -> str:
    """Return the Python that most is tried on: that which runs this, or the newest one here."""
    if interpreters.OWN_VERSION in versions:
        return interpreters.OWN_VERSION
    return next((each for each in reversed(versions) if interpreter(each)), versions[-1])
