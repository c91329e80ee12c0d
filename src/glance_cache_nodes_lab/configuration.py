# SPDX-License-Identifier: Apache-2.0
"""The text of keystone.conf and of a node's glance-api.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes_lab import private, sites, users
from glance_cache_nodes_lab.state import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes_lab.state import LabState, Service

    Options = Mapping[str, Mapping[str, str | None]]
    """By section and name; None takes an option out."""

GLANCE = "glance-api.conf"
PASTE = "glance-api-paste.ini"
KEYSTONE = "keystone.conf"
STORES = ("staging", "tasks")


def write_keystone(lab: LabState) -> None:
    """Write ``keystone/keystone.conf``."""
    directory = lab.keystone.directory
    private.make_directory(directory)
    options: Options = {
        "DEFAULT": {"log_file": str(lab.keystone.log), "public_endpoint": lab.keystone.url},
        "database": {"connection": f"sqlite:///{directory}/keystone.sqlite"},
        "fernet_tokens": {"key_repository": f"{directory}/fernet-keys"},
        "fernet_receipts": {"key_repository": f"{directory}/receipt-keys"},
        "credential": {"key_repository": f"{directory}/credential-keys"},
        # The passwords are random: slow hashing protects nothing and costs a second a user.
        "identity": {"password_hash_rounds": "4"},
        # One process needs no shared cache: each call is several times as fast.
        "cache": {"backend": "dogpile.cache.memory_pickle"},
    }
    private.write(directory / KEYSTONE, _render(options))


def is_set_up(node: Service) -> bool:
    """Return whether the node can start; the paste file is written last."""
    return (node.directory / PASTE).is_file()


def write_node(lab: LabState, node: Service, options: Options) -> None:
    """Write ``nodeN/glance-api.conf`` and an empty policy.yaml, and make the node's directories.

    Args:
        lab: the lab, with its users' passwords.
        node: the node, new in the lab.
        options: the options that differ from the usual ones.
    """
    for path in (node.directory, lab.directory / "store", node.cache_dir):
        private.make_directory(path)
    for name in STORES:
        private.make_directory(node.directory / name)
    private.write(node.directory / "policy.yaml", "{}\n")
    private.write(node.directory / GLANCE, _render(_merged(_glance(lab, node), options)))


def _glance(lab: LabState, node: Service) -> Options:
    own = node.directory
    return {
        "DEFAULT": {
            "log_file": str(node.log),
            "enabled_backends": "disk:file",
            "image_cache_dir": str(node.cache_dir),
            "worker_self_reference_url": node.url,
            "node_staging_uri": f"file://{own}/staging",
        },
        "database": {"connection": lab.database},
        "glance_store": {"default_backend": "disk"},
        "disk": {"filesystem_store_datadir": f"{lab.directory}/store"},
        "os_glance_staging_store": {"filesystem_store_datadir": f"{own}/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{own}/tasks"},
        "paste_deploy": {
            "flavor": "keystone+cachemanagement",
            "config_file": f"{own}/{PASTE}",
        },
        "keystone_authtoken": _authtoken(lab),
        **_sites(lab),
        "oslo_concurrency": {"lock_path": f"{own}/locks"},
        "oslo_policy": {"policy_file": f"{own}/policy.yaml"},
    }


def _sites(lab: LabState) -> Options:
    if not lab.has_sites:
        return {}
    return {"cache_nodes": {"sites_file": str(lab.directory / sites.FILE)}}


def _authtoken(lab: LabState) -> Mapping[str, str]:
    return {
        "www_authenticate_uri": lab.keystone.url,
        "auth_url": lab.keystone.url,
        "auth_type": "password",
        **users.login(users.GLANCE, lab.passwords[users.GLANCE.name]),
        "region_name": REGION,
        "service_token_roles_required": "true",
        "service_type": "image",  # else a credential with access rules gets 401
    }


def _merged(base: Options, changes: Options) -> Options:
    sections = [*base, *(name for name in changes if name not in base)]
    return {name: {**base.get(name, {}), **changes.get(name, {})} for name in sections}


def _render(options: Options) -> str:
    return "\n".join(
        "\n".join([f"[{section}]", *_lines(values), ""]) for section, values in options.items()
    )


def _lines(values: Mapping[str, str | None]) -> list[str]:
    # oslo.config would take a $ in a path or a password for the name of another option.
    return [f"{name} = {value.replace('$', '$$')}" for name, value in values.items() if value]
