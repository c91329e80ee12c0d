# SPDX-License-Identifier: Apache-2.0
"""This node as Glance's own configuration describes it."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glance_cache_nodes import conf as options
from glance_cache_nodes.cache import DRIVER
from glance_cache_nodes.db.database import Database
from glance_cache_nodes.db.limits import Budget
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.net.http import Http

if TYPE_CHECKING:
    from collections.abc import Sequence

# Glance's options that are used here: a wrong value is told before anything is done.
_READ = (
    "image_cache_dir",
    "image_cache_driver",
    "image_cache_max_size",
    "image_cache_stall_time",
    "worker_self_reference_url",
)


@dataclasses.dataclass(frozen=True)
class LocalNode:
    """The node that this runs on.

    Attributes:
        url: its node reference URL.
        directory: its cache directory.
        stall_time: seconds after which Glance's cleaner removes a partial file.
        database: where Glance's tables are.
    """

    url: str
    directory: Path
    stall_time: float
    database: Database


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a node's configuration says.

    Attributes:
        conf: all of it.
        files: the configuration files that were read.
        database: where Glance's tables are, with the time that a command may wait for it.
        http: requests to nodes.
    """

    conf: Any
    files: Sequence[str]
    database: Database
    http: Http

    @property
    def node(self) -> str | None:
        """The node reference URL; None when it is not set."""
        return self.conf.worker_self_reference_url or None

    @property
    def directory(self) -> Path | None:
        """The cache directory; None when caching is off."""
        return Path(self.conf.image_cache_dir) if self.conf.image_cache_dir else None

    @property
    def driver(self) -> str:
        """The name of the cache driver, in lower case."""
        return str(self.conf.image_cache_driver).lower()

    @property
    def stall_time(self) -> float:
        """Seconds after which Glance's cleaner removes a partial file."""
        return float(self.conf.image_cache_stall_time)

    def local_node(self) -> LocalNode:
        """Return this node.

        Raises:
            UserError: it has no URL or no cache directory, or does not write the record.
        """
        named = ", ".join(self.files)
        if self.directory is None:
            raise UserError(f"image_cache_dir is not set in {named}: this node caches nothing")
        if self.driver != DRIVER:
            text = f"image_cache_driver is {self.driver} in {named}; only {DRIVER} has a record"
            raise UserError(text)
        if self.node is None:
            raise UserError(
                f"worker_self_reference_url is not set in {named}: the record cannot name this node"
            )
        return LocalNode(self.node, self.directory, self.stall_time, self.database)


def of(conf: Any, files: Sequence[str]) -> Settings:
    """Return the settings in a configuration."""
    options.register(conf)
    budget = Budget(conf.cache_nodes.command_database_timeout)
    return Settings(conf, files, Database(conf, budget), Http(conf.cache_nodes))


def load(files: Sequence[str] = ()) -> Settings:
    """Read the configuration as Glance's cache tools do.

    Args:
        files: those to read instead of glance-api.conf and glance-cache.conf where Glance looks
            for them.

    Raises:
        UserError: Glance is not installed here, or a file is missing or wrong.
    """
    config = _glance_config()
    from oslo_config import cfg  # noqa: PLC0415 - only Glance brings them
    from oslo_db import options as database_options  # noqa: PLC0415
    from oslo_log import log  # noqa: PLC0415

    conf = config.CONF
    with contextlib.suppress(cfg.ArgsAlreadyParsedError, cfg.DuplicateOptError):
        log.register_options(conf)
    with contextlib.suppress(cfg.DuplicateOptError):
        conf.register_opts(database_options.database_opts, "database")
    words = [f"--config-file={file}" for file in files]  # one word: a name may begin with a dash
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            config.parse_cache_args(words)
        read = list(conf.config_file or conf.default_config_files or [])
        _ = [getattr(conf, name) for name in _READ]
    except (cfg.Error, OSError, ValueError, SystemExit) as error:
        reason = _first(error) if isinstance(error, cfg.NoSuchOptError) else error
        raise UserError(f"the configuration cannot be read: {reason}") from error
    if not read:
        text = "found no glance-api.conf or glance-cache.conf; name one with --config-file"
        raise UserError(text)
    return of(conf, read)


def _first(error: BaseException) -> BaseException:
    # For $name in a value, oslo.config names the missing option, and then the one with the value.
    return _first(error.__context__) if error.__context__ else error


def _glance_config() -> Any:
    """Return Glance's module of options, with those of its cache registered."""
    try:
        with warnings.catch_warnings():  # of libraries, about themselves
            warnings.simplefilter("ignore")
            from glance import image_cache  # noqa: F401, PLC0415
            from glance.common import config  # noqa: PLC0415
    except ImportError as error:
        text = f"Glance is not installed beside this command ({error}); run that of its environment"
        raise UserError(text) from error
    return config
