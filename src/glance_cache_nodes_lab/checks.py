# SPDX-License-Identifier: Apache-2.0
"""The requirements of a lab. Each error says what to install or change."""

from __future__ import annotations

import importlib.util
import shutil
import sys

from glance_cache_nodes.exception import UserError

LOWEST_PYTHON = (3, 11)
SERVED_HERE = ("keystone", "cheroot", "keystoneauth1", "openstack")
DRIVERS = {"mysql+pymysql": ("pymysql", "PyMySQL"), "postgresql+psycopg2": ("psycopg2",) * 2}
"""By kind of database URL: the module, and the name to install it by."""

CONNECT_BOUND = 5


def environment(glance_python: str) -> None:
    """Check that Python and the services are suitable.

    Raises:
        UserError: they are not.
    """
    if sys.version_info < LOWEST_PYTHON:
        running = ".".join(map(str, sys.version_info[:2]))
        raise UserError(f"the lab needs Python 3.11 or newer, as its Keystone does, not {running}")
    own_glance = ("glance",) if glance_python == sys.executable else ()
    missing = [name for name in SERVED_HERE + own_glance if not importlib.util.find_spec(name)]
    if missing:
        raise UserError(f"no {missing[0]} here; pip install 'glance-cache-nodes[lab]'")
    interpreter(glance_python)


def interpreter(path: str) -> None:
    """Check that the interpreter for Glance exists.

    Raises:
        UserError: it does not.
    """
    if shutil.which(path) is None:
        raise UserError(f"no Python at {path}")


def database(url: str) -> None:
    """Check that Glance's database is of a supported kind and accepts the login.

    Raises:
        UserError: it is not, or does not; the message does not contain the password.
    """
    kind = url.partition("://")[0]
    if kind not in DRIVERS:
        raise UserError(f"unknown kind of database {kind!r}; known are {' and '.join(DRIVERS)}")
    module, package = DRIVERS[kind]
    if not importlib.util.find_spec(module):
        raise UserError(f"no driver for {kind} here; pip install {package}")
    _connect(url)


def _connect(url: str) -> None:
    import sqlalchemy as sa  # noqa: PLC0415

    try:
        engine = sa.create_engine(url, connect_args={"connect_timeout": CONNECT_BOUND})
    except (sa.exc.ArgumentError, ValueError) as error:
        raise UserError(
            "the database URL is not of the form KIND://USER:PASSWORD@HOST/NAME"
        ) from error
    try:
        engine.connect().close()
    except sa.exc.DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise UserError(f"no connection to {engine.url!r}: {reason}") from error
    finally:
        engine.dispose()
