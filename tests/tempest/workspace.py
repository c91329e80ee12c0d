# SPDX-License-Identifier: Apache-2.0
"""The directory that tempest works in: its tempest.conf, written from the lab's state."""

from __future__ import annotations

import configparser
from pathlib import Path

import cloud
import web

from glance_cache_nodes_lab import private
from glance_cache_nodes_lab.state import REGION, LabState

CONFIGURATION = "tempest.conf"
ABSENT = ("cinder", "horizon", "neutron", "nova", "swift")


def make(directory: Path, lab: LabState, site: web.Site, with_filter: bool) -> None:
    """Write ``tempest.conf``; it holds the password of the lab's administrator."""
    options = {
        **_identity(lab),
        **_image(site),
        **_plugin(lab, with_filter),
        "service_available": dict.fromkeys(ABSENT, False) | {"glance_cache_nodes": True},
        "DEFAULT": {"log_dir": directory, "log_file": "tempest.log"},
        "oslo_concurrency": {"lock_path": directory / "locks"},
    }
    parser = configparser.RawConfigParser()
    parser.read_dict({section: _texts(values) for section, values in options.items()})
    private.make_directory(directory)
    private.write(directory / CONFIGURATION, "")
    with (directory / CONFIGURATION).open("w", encoding="utf-8") as file:
        parser.write(file)


def _identity(lab: LabState) -> dict[str, dict]:
    return {
        "auth": {
            "admin_username": "admin",
            "admin_password": lab.passwords["admin"],
            "admin_project_name": "lab",
            "admin_domain_name": "Default",
            "create_isolated_networks": False,
        },
        "identity": {"uri_v3": lab.keystone_url, "region": REGION, "v3_endpoint_type": "public"},
    }


def _image(site: web.Site) -> dict[str, dict]:
    return {
        "image": {
            "image_caching_enabled": True,
            "alternate_image_endpoint": cloud.SECOND_SERVICE,
            "http_image": site.raw,
            "http_qcow2_image": site.qcow2,
            "build_timeout": 60,
        },
        "image-feature-enabled": {
            "manage_locations": True,
            "http_store_enabled": True,
            "store_weight_enabled": True,
            "image_format_enforcement": False,
        },
    }


def _plugin(lab: LabState, with_filter: bool) -> dict[str, dict]:
    urls = [node.url for node in lab.nodes]
    usual = ",".join(urls[: cloud.OFF - 1])
    return {
        "glance_cache_nodes": {
            "node_endpoints": usual,
            "node_references": usual,
            "caching_off_endpoint": urls[cloud.OFF - 1],
            "local_driver_endpoint": urls[cloud.LOCAL - 1],
            "reader_policy_endpoint": urls[cloud.OPEN - 1],
            "sites": ",".join(list(cloud.SITES)[: cloud.OFF - 1]),
        },
        "glance_cache_nodes-feature-enabled": {"add_on": with_filter},
    }


def _texts(values: dict[str, object]) -> dict[str, str]:
    # oslo.config would take a $ for the name of another option.
    return {name: str(value).replace("$", "$$") for name, value in values.items()}
