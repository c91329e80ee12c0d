# SPDX-License-Identifier: Apache-2.0
"""The environments of a run: made one after the other, while jobs run in those that are ready."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path

import plan

from glance_cache_nodes_lab import environments


class Installed:
    """The environments that jobs need; each is made once, even if several jobs need it.

    Args:
        jobs: in the order in which they begin.
        directory: where the environments lie from run to run.
        executor: makes them.
        progress: is given a line for each that has to be installed.
    """

    def __init__(
        self,
        jobs: list[plan.Job],
        directory: Path,
        executor: Executor,
        progress: Callable[[str], None],
    ) -> None:
        self._pythons: dict[tuple[str, str], Future[Path]] = {}
        for release, version in dict.fromkeys((job.release, job.version) for job in jobs):
            interpreter = plan.interpreter(version)
            if interpreter:
                self._pythons[release, version] = executor.submit(
                    environments.python_for, release, directory, progress, interpreter
                )

    def python(self, job: plan.Job) -> Path:
        """Return the Python of the job's environment, when it is ready.

        Raises:
            UserError: it cannot be made; the line says why.
        """
        return self._pythons[job.release, job.version].result()
