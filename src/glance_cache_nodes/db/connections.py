# SPDX-License-Identifier: Apache-2.0
"""The connections of one process to a database: a few, kept, and lent in the order of asking."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from glance_cache_nodes.db.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable

# A question takes so little of one that more would only cost the database, and the callers the
# time to open them.
MOST = 8


class Connections:
    """A pool.

    Args:
        connect: opens a connection within a number of seconds.
        recycle: seconds after which a connection is too old to be used again.
    """

    def __init__(self, connect: Callable[[float], Any], recycle: int) -> None:
        self._connect = connect
        self._turns = Turns(MOST)
        self._caller = threading.local()
        self._pool = sa.pool.QueuePool(
            self._open,
            pool_size=MOST,
            max_overflow=0,
            recycle=recycle,
            reset_on_return=None,  # nothing to roll back where each statement commits by itself
            use_lifo=True,  # so that what is idle for long is closed by the server, not used
        )
        # A pool that nobody listens to makes its list of listeners when it first connects; with
        # SQLAlchemy 1.4 that fails where several threads do so at once.
        sa.event.listen(self._pool, "connect", lambda *_: None)

    @contextlib.contextmanager
    def lend(self, deadline: float) -> Iterator[Any]:
        """Give a connection to the block; one that the block fails with is closed.

        Args:
            deadline: on :func:`time.monotonic`, by which it must be there.

        Raises:
            TimeoutError: all were in use until then.
            Exception: what the driver says when it cannot connect.
        """
        if not self._turns.take(deadline - time.monotonic()):
            raise TimeoutError("all connections are in use")
        try:
            self._caller.deadline = deadline
            lent = self._pool.connect()
            try:
                yield lent.dbapi_connection
            except BaseException:
                lent.invalidate()  # the rest of an answer may still be on its way on it
                raise
            lent.close()
        finally:
            self._turns.give()

    def _open(self) -> Any:
        return self._connect(self._caller.deadline - time.monotonic())

    def close(self) -> None:
        """Close those that are not lent."""
        self._pool.dispose()
