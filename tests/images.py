# SPDX-License-Identifier: Apache-2.0
"""Images and cache records for the tests, written with Glance's own database functions."""

from __future__ import annotations

import contextlib
import functools
import uuid

import glance.db
from glance import context
from glance.common import exception

import glance_site

NODES = ("http://node1:9292", "http://node2:9292", "http://node3:9292")
UNKNOWN = "00000000-0000-4000-8000-000000000000"

# name -> what Glance's table says; all belong to the project `lab` unless they say otherwise
KINDS = {
    "public": {"visibility": "public"},
    "private": {"visibility": "private"},
    "shared-pending": {"visibility": "shared", "member": "pending"},
    "shared-accepted": {"visibility": "shared", "member": "accepted"},
    "shared-rejected": {"visibility": "shared", "member": "rejected"},
    "shared-withdrawn": {"visibility": "shared", "member": "withdrawn"},
    "community": {"visibility": "community"},
    "without-owner": {"visibility": "private", "owner": None},
    "deactivated": {"visibility": "private", "status": "deactivated"},
    "deleted": {"visibility": "private", "deleted": True},
    "empty": {"visibility": "private", "nodes": ()},
}


def admin_context() -> context.RequestContext:
    """Return the context with which Glance itself works on its tables."""
    return context.get_admin_context(show_deleted=True)


def context_of(project: str, roles: list[str]) -> context.RequestContext:
    """Return the context of a caller, as Glance's filter makes it."""
    return context.RequestContext(user_id="user", project_id=project, roles=roles)


def new_id() -> str:
    """Return an ID that no image has, behind those of the contract: its files read pages."""
    return f"f{str(uuid.uuid4())[1:]}"


def create(kind: dict, image_id: str | None = None) -> str:
    """Write an image with its members and cache records; return its id."""
    database, admin = glance.db.get_api(), admin_context()
    image_id = image_id or new_id()
    values = {
        "id": image_id,
        "name": kind.get("name", "image"),
        "os_hidden": kind.get("os_hidden", False),
        "status": kind.get("status", "active"),
        "visibility": kind["visibility"],
        "owner": kind.get("owner", "lab"),
        "size": kind.get("size"),
    }
    database.image_create(admin, values)
    _share(database, admin, image_id, kind.get("member"), kind.get("member_id", "other"))
    for url in kind.get("nodes", ("http://node2:9292", "http://node1:9292")):
        record(image_id, url, **kind.get("times", {}))
    if kind.get("deleted"):
        database.image_destroy(admin, image_id)
    return image_id


def record(image_id: str, url: str, **more: object) -> None:
    """Write that the node at this URL has the image cached."""
    database, admin = glance.db.get_api(), admin_context()
    with contextlib.suppress(exception.Duplicate):
        database.node_reference_create(admin, url)
    database.insert_cache_details(admin, url, image_id, 42, **more)


def _share(database, admin, image_id: str, status: str | None, member_id: str) -> None:
    if status is None:
        return
    given = "accepted" if status == "withdrawn" else status
    member = database.image_member_create(
        admin, {"member": member_id, "image_id": image_id, "can_share": False, "status": given}
    )
    if status == "withdrawn":
        database.image_member_delete(admin, member["id"])


@functools.cache
def of_every_kind() -> dict[str, str]:
    """Return one image of each kind, by the kind's name, and the id of none as ``unknown``."""
    glance_site.application()
    return {name: create(kind) for name, kind in KINDS.items()} | {"unknown": UNKNOWN}
