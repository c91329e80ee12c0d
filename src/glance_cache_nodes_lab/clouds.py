# SPDX-License-Identifier: Apache-2.0
"""clouds.yaml: one cloud for each user, and one for each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes_lab import private, users
from glance_cache_nodes_lab.state import REGION

if TYPE_CHECKING:
    from glance_cache_nodes_lab.state import LabState
    from glance_cache_nodes_lab.users import User


def write(lab: LabState) -> None:
    """Write the lab's clouds.yaml."""
    import yaml  # noqa: PLC0415 - without the extra there is none, and `paste` works without

    clouds: dict[str, object] = {user.cloud: _cloud(lab, user) for user in users.ALL}
    for node in lab.nodes:
        override = {"image_endpoint_override": node.url}
        clouds[f"lab-{node.name}"] = _cloud(lab, users.ADMIN) | override
    private.write(lab.clouds_file, yaml.safe_dump({"clouds": clouds}, sort_keys=False))


def _cloud(lab: LabState, user: User) -> dict[str, object]:
    login = users.login(user, lab.passwords[user.name])
    return {
        "auth": {"auth_url": lab.keystone_url, **login},
        "region_name": REGION,
        "identity_api_version": "3",
    }
