# SPDX-License-Identifier: Apache-2.0
"""What ``keystone-manage`` does before the first start, in one process instead of five.

Reads ``OS_KEYSTONE_CONFIG_DIR``, ``OS_BOOTSTRAP_PASSWORD`` and ``OS_BOOTSTRAP_PUBLIC_URL``.
"""

from __future__ import annotations

import os

import keystone.conf
from keystone.cmd import bootstrap
from keystone.common import fernet_utils, sql
from keystone.common.sql import upgrades
from keystone.credential.providers import fernet as credential

from glance_cache_nodes_lab import private, sqlite, users
from glance_cache_nodes_lab.state import REGION


def main() -> None:
    """Make the tables, the keys, and the first user with its project and roles."""
    private.keep_new_files()
    sqlite.share()
    _configure()
    upgrades.offline_sync_database_to_version()
    _make_keys()
    _bootstrap()


def _configure() -> None:
    keystone.conf.configure()
    sql.initialize()
    keystone.conf.set_default_for_default_log_levels()
    path = os.path.join(os.environ["OS_KEYSTONE_CONFIG_DIR"], "keystone.conf")  # noqa: PTH118
    keystone.conf.CONF([], project="keystone", default_config_files=[path])
    keystone.conf.setup_logging()


def _make_keys() -> None:
    conf = keystone.conf.CONF
    for repository, keys, group in (
        (conf.fernet_tokens.key_repository, conf.fernet_tokens.max_active_keys, "fernet_tokens"),
        (
            conf.fernet_receipts.key_repository,
            conf.fernet_receipts.max_active_keys,
            "fernet_receipts",
        ),
        (conf.credential.key_repository, credential.MAX_ACTIVE_KEYS, "credential"),
    ):
        repository_of_keys = fernet_utils.FernetUtils(repository, keys, group)
        repository_of_keys.create_key_directory()
        repository_of_keys.initialize_key_repository()


def _bootstrap() -> None:
    first = bootstrap.Bootstrapper()
    first.admin_username, first.admin_role_name = users.ADMIN.name, users.ADMIN.role
    first.admin_password = os.environ["OS_BOOTSTRAP_PASSWORD"]
    first.project_name = users.ADMIN.project
    first.service_name = "keystone"
    first.public_url = first.internal_url = os.environ["OS_BOOTSTRAP_PUBLIC_URL"]
    first.region_id = REGION
    first.immutable_roles = True
    first.bootstrap()


if __name__ == "__main__":
    main()
