# SPDX-License-Identifier: Apache-2.0
"""What the matrix tries: each job is a release, a Python and a database."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

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
# The oldest release, one in the middle, the newest.
ON_EVERY_DATABASE = ("2024.1", "2025.1", "2026.2")
FIRST = ("gunicorn",)
SERVERS = (*FIRST, "uWSGI", "uWSGI, forked", "glance-api")
WITHOUT_EVENTLET = "2026.2"
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
    """Return the jobs: these Pythons on SQLite, one Python on the rest.

    Args:
        pythons: ``all``, or ``ends``: of those that a release runs on, the one that most is tried
            on, the oldest one here and the newest one here, these two under no server. One that
            is missing has a job anyway.
    """
    return [job for release in environments.known() for job in _of_release(release, pythons)]


def longest_first(these: list[Job]) -> list[Job]:
    """Return them so that none that takes long begins late.

    Those on SQLite are in front, so that the first few are not all of one environment.
    """
    return sorted(these, key=lambda job: (-len(job.servers), DATABASES.index(job.database)))


def passed_over(tried: list[Job]) -> str:
    """Return the releases with the Pythons that others of the jobs would be for, if any."""
    names: dict[str, list[str]] = {}
    servers = {(job.release, job.version, job.database): job.servers for job in tried}
    for job in jobs("all"):
        theirs = servers.get((job.release, job.version, job.database))
        if theirs != job.servers and not missing(job.version):
            under = "" if theirs is None else f" under {' and '.join(job.servers)}"
            names.setdefault(job.release, []).append(job.version + under)
    return "; ".join(f"{release} on {' and '.join(each)}" for release, each in names.items())


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


def _of_release(release: str, pythons: str) -> list[Job]:
    lowest, highest = PYTHONS[release]
    versions = [f"3.{minor}" for minor in range(lowest, highest + 1)]
    most = _of_most(versions)
    tried = versions if pythons == "all" else _ends(versions, most)
    servers = tuple(name for name in SERVERS if _has(release, name))
    first = FIRST if pythons == "all" else ()
    databases = DATABASES[1:] if release in ON_EVERY_DATABASE else ()
    return [
        *(Job(release, each, "SQLite", servers if each == most else first) for each in tried),
        *(Job(release, most, each, servers) for each in databases),
    ]


def _has(release: str, server: str) -> bool:
    return server != "glance-api" or release != WITHOUT_EVENTLET


def _of_most(versions: list[str]) -> str:
    """Return the Python that most is tried on: that which runs this, or the newest one here."""
    if interpreters.OWN_VERSION in versions:
        return interpreters.OWN_VERSION
    return next((each for each in reversed(versions) if interpreter(each)), versions[-1])


def _ends(versions: list[str], most: str) -> list[str]:
    """Return what is tried on few Pythons, and what is not here, so that this is told."""
    here = [each for each in versions if interpreter(each)]
    chosen = {most, *here[:1], *here[-1:]}
    return [each for each in versions if each in chosen or each not in here]
