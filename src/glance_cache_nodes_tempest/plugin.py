# SPDX-License-Identifier: Apache-2.0
"""The plugin for tempest: its tests, options and clients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempest import config as tempest_config
from tempest.test_discover import plugins

from glance_cache_nodes_tempest import config

if TYPE_CHECKING:
    from oslo_config import cfg

HERE = Path(__file__).resolve().parent


class GlanceCacheNodesTempestPlugin(plugins.TempestPlugin):
    """The entry point ``glance_cache_nodes`` of the group ``tempest.test_plugins``."""

    def load_tests(self) -> tuple[str, str]:
        """Return the directory of the tests, and the one that their module names begin at."""
        return str(HERE / "tests"), str(HERE.parent)

    def register_opts(self, conf: cfg.ConfigOpts) -> None:
        """Make the options of the plugin readable."""
        for group, options in config.GROUPS:
            conf.register_group(group)
            conf.register_opts(options, group=group)
        # The group is tempest's own, and it is there already.
        conf.register_opts(config.SERVICE_AVAILABLE, group="service_available")

    def get_opt_lists(self) -> list[tuple[str, list[cfg.Opt]]]:
        """Return the options by group, for ``tempest init`` and oslo-config-generator."""
        own = [(group.name, options) for group, options in config.GROUPS]
        return [*own, ("service_available", config.SERVICE_AVAILABLE)]

    def get_service_clients(self) -> list[dict[str, Any]]:
        """Return the client, which every credential gets as ``glance_cache_nodes``."""
        return [
            {
                # The call is part of the image API: same catalogue entry, region and timeouts.
                **tempest_config.service_client_config("image"),
                "name": "glance_cache_nodes",
                "service_version": "glance_cache_nodes.v2",
                "module_path": "glance_cache_nodes_tempest.services.cache_nodes_client",
                "client_names": ["CacheNodesClient"],
            }
        ]
