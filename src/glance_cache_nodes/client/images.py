# SPDX-License-Identifier: Apache-2.0
"""The client: from what a person calls an image to its ID."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.client.errors import from_answer
from glance_cache_nodes.client.transport import call, image_url
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    import requests
    from keystoneauth1.adapter import Adapter

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def image_id(adapter: Adapter, name_or_id: str) -> str:
    """Return the ID of an image.

    A UUID is taken for the ID as it stands, without a request: the call that it is meant for
    tells better whether there is such an image.

    Args:
        adapter: a keystoneauth adapter for the image service.
        name_or_id: the name or the UUID of an image.

    Raises:
        CallError: no image has the name, or more than one has; or Glance gave no answer.
    """
    if _UUID.fullmatch(name_or_id):
        return name_or_id
    url = image_url(adapter, "images")
    response = call(adapter, "GET", url, params={"name": name_or_id})
    if response.status_code != HTTPStatus.OK:
        raise from_answer(response, url)
    return _the_one(_ids(response, url, name_or_id), name_or_id)


def _ids(response: requests.Response, url: str, name: str) -> list[str]:
    try:
        # A database may compare names without regard to case; people mean what they write.
        return [image["id"] for image in response.json()["images"] if image["name"] == name]
    except (ValueError, KeyError, TypeError) as wrong:
        raise CallError(f"{url} answered no list of images: is it Glance's endpoint?") from wrong


def _the_one(ids: list[str], name: str) -> str:
    if not ids:
        raise CallError(f"No image has the name {name!r}, or you may not see it.")
    if len(ids) > 1:
        raise CallError(f"{len(ids)} images have the name {name!r}; give an ID: {', '.join(ids)}.")
    return ids[0]
