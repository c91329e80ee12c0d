# SPDX-License-Identifier: Apache-2.0
"""Glance's database, asked within a bound.

The add-on keeps a small pool of connections of its own to the database that Glance uses. They
commit by themselves, so a question is one statement, and they give up in time, which the
connections of Glance do not: a frozen database holds those for ever.
"""

from __future__ import annotations

import functools
import os
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from oslo_log import log

from glance_cache_nodes.db import drivers
from glance_cache_nodes.db.connections import Connections
from glance_cache_nodes.db.statements import Compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.db.drivers import Rows

LOG = log.getLogger(__name__)

# How the bound is shared out: one half to come by a connection, a kept or a new one, and one half
# to have the rows. A connection that died while it lay idle says so soon.
_HALF = 0.475
_SOON = 0.15


class DatabaseUnavailableError(Exception):
    """The database did not answer within the bound, or refused to."""


class _ConnectionLostError(Exception):
    """A connection turned out to be dead at once; the driver's error is its cause."""


class Database:
    """Where Glance's tables are.

    Args:
        conf: Glance's configuration.
    """

    def __init__(self, conf: Any) -> None:
        self._conf = conf
        self._timeout: float = conf.cache_nodes.database_timeout  # seconds
        self._half = self._timeout * _HALF
        self._compiled: dict[Any, Compiled] = {}
        # By process: a server may fork its workers after the first call, and two that read from
        # one connection would get each other's rows. The parent's are only kept, not used.
        self._connections: dict[int, Connections] = {}

    def rows(self, statement: Any, parameters: Mapping[str, object]) -> Rows:
        """Run a statement that only reads, and return all its rows.

        Raises:
            DatabaseUnavailableError: there was no answer within the bound.
        """
        deadline = time.monotonic() + self._half
        connections = self._connected()
        try:
            try:
                return self._ask(connections, statement, parameters, deadline)
            except _ConnectionLostError:
                # The others that lay idle will have died with it.
                connections = self._connected_anew(connections)
                return self._ask(connections, statement, parameters, deadline)
        except _ConnectionLostError as lost:
            raise _unavailable(lost.__cause__) from lost
        except (self._driver.errors, TimeoutError) as error:
            raise _unavailable(error) from error

    def _ask(
        self,
        connections: Connections,
        statement: Any,
        parameters: Mapping[str, object],
        deadline: float,
    ) -> Rows:
        question = self._compile(statement)
        given = question.fill(parameters)
        with connections.lend(deadline) as connection:
            asked = time.monotonic()
            try:
                return self._driver.fetch(connection, question.sql, given, self._half)
            except self._driver.errors as error:
                soon = time.monotonic() - asked < self._timeout * _SOON
                if soon and self._driver.is_lost(error, connection):
                    raise _ConnectionLostError from error
                raise

    @functools.cached_property
    def _driver(self) -> drivers.Driver:
        settings = self._conf.database
        try:
            url = sa.engine.make_url(settings.connection)
            if settings.connection_parameters:
                url = url.update_query_string(settings.connection_parameters, append=True)
            return drivers.load(url, self._half, getattr(settings, "mysql_wsrep_sync_wait", None))
        except (sa.exc.ArgumentError, ImportError) as error:
            # Not the error's own words: they may hold the URL, and that the password.
            failure = type(error)("[database] connection names no database driver that is here")
            raise _unavailable(failure) from None

    def _compile(self, statement: Any) -> Compiled:
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = Compiled(statement, self._driver.dialect)
        return compiled

    def _connected(self) -> Connections:
        found = self._connections.get(os.getpid())
        return found or self._connections.setdefault(os.getpid(), self._new_connections())

    def _connected_anew(self, dead: Connections) -> Connections:
        """Return what takes the place of dead connections; the first who asks makes it."""
        if self._connected() is dead:
            self._connections[os.getpid()] = self._new_connections()
            dead.close()
        return self._connected()

    def _new_connections(self) -> Connections:
        recycle: int = self._conf.database.connection_recycle_time  # seconds
        return Connections(self._driver.connect, recycle)


def _unavailable(error: BaseException | None) -> DatabaseUnavailableError:
    LOG.error("The database gave no answer: %s: %s", type(error).__name__, error)
    return DatabaseUnavailableError(str(error))
