# SPDX-License-Identifier: Apache-2.0
"""The setup in Glance's environment before the first start of nodes.

    python -m glance_cache_nodes_lab.setup_glance FILTERS NODE_DIRECTORY...

FILTERS is one of the keys of the table below.

It makes the tables, and copies the paste file of this release of Glance to each node.
"""

from __future__ import annotations

import configparser
import contextlib
import sys
from pathlib import Path

from glance_cache_nodes import paste_config
from glance_cache_nodes.paste_config import filters
from glance_cache_nodes_lab import private, sqlite
from glance_cache_nodes_lab.configuration import GLANCE as CONFIGURATION
from glance_cache_nodes_lab.configuration import PASTE

FILTERS = {
    "with-filter": filters.FILTERS,
    "with-fill": filters.WITH_FILL,
    "without-filter": (),
}
SHIPPED = (Path(sys.prefix, "etc/glance"), Path("/etc/glance"), Path("/usr/share/glance"))


def main() -> None:
    """Run it."""
    private.keep_new_files()
    choice, *directories = sys.argv[1:]
    del sys.argv[1:]
    text = paste(choice)
    _make_tables(Path(directories[0], CONFIGURATION))
    # Last: a node that has this file counts as set up.
    for directory in map(Path, directories):
        private.write(directory / PASTE, _with_own_healthcheck(text, directory))


def paste(choice: str) -> str:
    """Return the paste file that this release of Glance ships, with the filters of a choice."""
    text, chosen = _shipped_paste(), FILTERS[choice]
    return paste_config.insert(text, chosen) if chosen else text


def _shipped_paste() -> str:
    for directory in SHIPPED:
        if (directory / PASTE).is_file():
            return (directory / PASTE).read_text(encoding="utf-8")
    sys.exit(f"Glance's {PASTE} is in none of {', '.join(map(str, SHIPPED))}")


def _with_own_healthcheck(text: str, directory: Path) -> str:
    """Return the text with the health check's file inside the node's directory."""
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    shipped = parser.get("app:healthcheck", "disable_by_file_path", fallback=None)
    return text.replace(shipped, str(directory / "healthcheck_disable")) if shipped else text


def _make_tables(configuration: Path) -> None:
    # Its import registers the database's options, which the command expects to be there.
    from glance.cmd import manage  # noqa: PLC0415
    from glance.common import config  # noqa: PLC0415
    from oslo_log import log  # noqa: PLC0415

    sqlite.share()
    log.register_options(manage.CONF)
    manage.CONF([], project="glance", default_config_files=[str(configuration)])
    config.set_config_defaults()
    log.setup(manage.CONF, "glance")
    with contextlib.suppress(SystemExit):  # its way to say that all tables are there already
        manage.DbCommands().sync()


if __name__ == "__main__":
    main()
