# SPDX-License-Identifier: Apache-2.0
"""clouds.yaml: one cloud for each user, and one for each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes_lab import private
from glance_cache_nodes_lab.state import REGION

if TYPE_CHECKING:
    from glance_cache_nodes_lab.state import LabState

USERS = {
    "admin": ("admin", "lab"),
    "member": ("member", "lab"),
    "reader": ("reader", "lab"),
    "other": ("other", "other"),
    "service": ("glance", "service"),
}
"""What follows ``lab-`` in a cloud's name: user, project."""


def write(lab: LabState) -> None:
    """Write the lab's clouds.yaml."""
    import yaml  # noqa: PLC0415 - without the extra there is none, and `paste` works without

    clouds: dict[str, object] = {
        f"lab-{name}": _cloud(lab, user, project) for name, (user, project) in USERS.items()
    }
    for node in lab.nodes:
        override = {"image_endpoint_override": node.url}
        clouds[f"lab-{node.name}"] = _cloud(lab, "admin", "lab") | override
    private.write(lab.clouds_file, yaml.safe_dump({"clouds": clouds}, sort_keys=False))


def _cloud(lab: LabState, user: str, project: str) -> dict[str, object]:
    return {
        "auth": {
            "auth_url": lab.keystone_url,
            "username": user,
            "password": lab.passwords[user],
            "project_name": project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "region_name": REGION,
        "identity_api_version": "3",
    }
