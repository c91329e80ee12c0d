# SPDX-License-Identifier: Apache-2.0
"""OpenStackClient's real shell, run in this process: a process of its own takes a second of CPU."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import canned_glance as canned
from openstackclient import shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """What standard output has as JSON."""
        return json.loads(self.stdout)


def openstack(
    home: Path, endpoint: str, *arguments: str, token: str = canned.TOKEN, columns: int = 80
) -> Done:
    """Run ``openstack cache nodes ...`` in an environment in which no cloud is configured."""
    auth = ["--os-auth-type", "admin_token", "--os-token", token, "--os-endpoint", endpoint]
    environ = {"HOME": str(home), "LC_ALL": "C.UTF-8", "COLUMNS": str(columns)}
    out, err = io.StringIO(), io.StringIO()
    with (
        _logging_as_it_was(),
        mock.patch.dict(os.environ, environ, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = shell.OpenStackShell().run([*auth, "cache", "nodes", *arguments])
        except SystemExit as ended:  # argparse's
            status = ended.code
    return Done(status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _logging_as_it_was() -> Iterator[None]:
    # The shell sets up logging for its process.
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in list(root.manager.loggerDict))]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    with warnings.catch_warnings():
        try:
            yield
        finally:
            for logger, level, handlers in before:
                logger.setLevel(level)
                logger.handlers[:] = handlers
