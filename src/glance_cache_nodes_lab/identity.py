# SPDX-License-Identifier: Apache-2.0
"""The lab's users, projects and image endpoint, made through Keystone's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import users
from glance_cache_nodes_lab.state import REGION

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter

    from glance_cache_nodes_lab.state import LabState

INTERFACES = ("public", "internal", "admin")


def populate(lab: LabState) -> None:
    """Make the users and projects in a new Keystone; node 1 becomes the image endpoint.

    Raises:
        UserError: Keystone refused a request.
    """
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415

    keystone = _keystone(lab)
    try:
        _make_users(keystone, lab.passwords)
        _make_image_service(keystone, lab.nodes[0].url)
    except ClientException as error:
        raise UserError(f"Keystone refused a step: {error}; see {lab.keystone.log}") from error
    finally:
        keystone.session.session.close()


def _keystone(lab: LabState) -> Adapter:
    import requests  # noqa: PLC0415
    from keystoneauth1 import adapter, session  # noqa: PLC0415
    from keystoneauth1.identity import v3  # noqa: PLC0415

    login: dict[str, Any] = users.login(users.ADMIN, lab.passwords[users.ADMIN.name])
    auth = v3.Password(auth_url=lab.keystone_url, **login)
    direct = requests.Session()
    direct.trust_env = False  # a proxy of the caller's cannot reach this machine's loopback
    return adapter.Adapter(
        session.Session(auth, session=direct), endpoint_override=lab.keystone_url
    )


def _make_users(keystone: Adapter, passwords: dict[str, str]) -> None:
    roles = _ids(keystone, "roles")
    projects = _ids(keystone, "projects")
    for user in users.ALL:
        if user == users.ADMIN:
            continue
        if user.project not in projects:
            projects[user.project] = _create(keystone, "project", name=user.project)
        user_id = _create(keystone, "user", name=user.name, password=passwords[user.name])
        project_id, role_id = projects[user.project], roles[user.role]
        keystone.put(f"/projects/{project_id}/users/{user_id}/roles/{role_id}")


def _make_image_service(keystone: Adapter, url: str) -> None:
    service = _create(keystone, "service", name="glance", type="image")
    for interface in INTERFACES:
        _create(
            keystone, "endpoint", service_id=service, interface=interface, region_id=REGION, url=url
        )


def _ids(keystone: Adapter, plural: str) -> dict[str, str]:
    return {each["name"]: each["id"] for each in keystone.get(f"/{plural}").json()[plural]}


def _create(keystone: Adapter, kind: str, **body: Any) -> str:
    answer = keystone.post(f"/{kind}s", json={kind: body}).json()
    return str(answer[kind]["id"])
