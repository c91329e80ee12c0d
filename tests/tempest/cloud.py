# SPDX-License-Identifier: Apache-2.0
"""The lab that tempest runs on: two usual nodes, and three that each have something otherwise."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import openstack

import glance_cache_nodes_lab as labs
from glance_cache_nodes_lab import ports, state
from glance_cache_nodes_lab.state import REGION, LabState, Service

SITES = {"edge1": 1, "edge2": 1, "others": 3}
"""The usual nodes in a site each, and the three others together."""

OFF, LOCAL, OPEN = 3, 4, 5
"""Numbers of the nodes: no cache, a driver that keeps the record to itself, a rule for readers."""

SECOND_SERVICE = "image-node2"
"""How the catalogue calls node 2, for what tempest tests across nodes."""


@contextlib.contextmanager
def running(directory: Path, with_filter: bool, progress) -> Iterator[LabState]:
    """Run the lab for as long as the block lasts; what is left of an older one goes first.

    Raises:
        RuntimeError: something still listens when it should be gone.
    """
    remove(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    policy = directory.with_name("policy.yaml")
    policy.write_text('"list_cached_nodes": "role:reader"\n')
    try:
        lab = labs.up(
            directory,
            in_sites=SITES,
            node_options=_options(directory, policy),
            with_filter=with_filter,
            progress=progress,
        )
        with _administrator(lab) as connection:
            _announce_node2(connection, lab)
            _make_resource_type(connection)
        yield lab
    finally:
        left = [service.name for service in _end(directory) if not ports.is_free(service.port)]
    if left:
        raise RuntimeError(f"still listening after the lab is down: {', '.join(left)}")


def remove(directory: Path) -> None:
    """End the lab in this directory, if there is one, and remove it."""
    _end(directory)
    shutil.rmtree(directory, ignore_errors=True)


def _end(directory: Path) -> list[Service]:
    if not state.exists(directory):
        return []
    services = labs.load(directory).services
    labs.down(directory)
    return services


def _options(directory: Path, policy: Path) -> dict[int, dict]:
    # Several stores, locations and ways of import, so that tempest's tests of these run too.
    everywhere = {
        "DEFAULT": {
            "enabled_backends": "disk:file,second:file,web:http",
            "enabled_import_methods": "[glance-direct,web-download,copy-image,glance-download]",
            "show_multiple_locations": "true",
        },
        "disk": {"filesystem_store_datadir": f"{directory}/store", "weight": "2"},
        "second": {"filesystem_store_datadir": f"{directory}/second", "weight": "1"},
        "image_format": {"require_image_format_match": "false"},
        # Loopback and its ports: the images to download, and one node from another.
        "import_filtering_opts": {"allowed_hosts": f"[{ports.HOST}]", "allowed_ports": "[]"},
    }
    off = {
        "DEFAULT": {**everywhere["DEFAULT"], "image_cache_dir": None},
        "paste_deploy": {"flavor": "keystone"},
    }
    local = {"DEFAULT": {**everywhere["DEFAULT"], "image_cache_driver": "sqlite"}}
    readers = {"oslo_policy": {"policy_file": str(policy)}}
    special = {OFF: off, LOCAL: local, OPEN: readers}
    return {
        number: {**everywhere, **special.get(number, {})}
        for number in range(1, sum(SITES.values()) + 1)
    }


@contextlib.contextmanager
def _administrator(lab: LabState) -> Iterator[openstack.connection.Connection]:
    config = openstack.config.OpenStackConfig(
        config_files=[str(lab.clouds_file)], load_envvars=False
    )
    with openstack.connection.Connection(config=config.get_one("lab-admin")) as connection:
        connection.session.session.trust_env = False  # no proxy reaches this machine's loopback
        yield connection


def _announce_node2(connection: openstack.connection.Connection, lab: LabState) -> None:
    service = connection.identity.create_service(name="glance-node2", type=SECOND_SERVICE)
    connection.identity.create_endpoint(
        service_id=service.id, interface="public", region_id=REGION, url=lab.nodes[1].url
    )


def _make_resource_type(connection: openstack.connection.Connection) -> None:
    """Make one, which tempest's tests of metadata expect a cloud to have."""
    connection.image.create_metadef_namespace(namespace="lab")
    connection.image.create_metadef_resource_type_association("lab", name="OS::Glance::Image")
