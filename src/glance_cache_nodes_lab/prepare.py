# SPDX-License-Identifier: Apache-2.0
"""The setup of a service before its first start."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from glance_cache_nodes_lab import configuration, launch, users

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glance_cache_nodes_lab.configuration import Options
    from glance_cache_nodes_lab.state import LabState


def keystone(lab: LabState) -> None:
    """Make Keystone's configuration, tables, keys and first user.

    Raises:
        UserError: a step failed.
    """
    configuration.write_keystone(lab)
    environment = {
        "OS_KEYSTONE_CONFIG_DIR": str(lab.keystone.directory),
        "OS_BOOTSTRAP_PASSWORD": lab.passwords[users.ADMIN.name],
        "OS_BOOTSTRAP_PUBLIC_URL": lab.keystone_url,
    }
    log = lab.keystone.log
    with launch.step(sys.executable, "setup_keystone", (), environment, log) as step:
        launch.finish(step, "setting up Keystone", log)


@contextlib.contextmanager
def nodes(lab: LabState, options: Mapping[int, Options], filters: str) -> Iterator[None]:
    """Make configuration, paste file and tables of new nodes while the block runs.

    Args:
        lab: the lab.
        options: by number of the node, counted from 1.
        filters: a key of the table of filters in ``setup_glance``.

    Raises:
        UserError: a step failed.
    """
    lacking = [node for node in lab.nodes if not configuration.is_set_up(node)]
    if not lacking:
        yield
        return
    for node in lacking:
        configuration.write_node(lab, node, options.get(lab.nodes.index(node) + 1, {}))
    words = [filters, *(str(node.directory) for node in lacking)]
    log = lacking[0].log
    with launch.step(lab.glance_python, "setup_glance", words, {}, log) as step:
        yield
        launch.finish(step, "setting up Glance", log)
