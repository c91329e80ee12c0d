# SPDX-License-Identifier: Apache-2.0
"""The client: size and hash of an image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes.client import fields
from glance_cache_nodes.client.errors import from_answer, no_image
from glance_cache_nodes.client.transport import call, image_url
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter


@dataclass(frozen=True)
class ImageRecord:
    """An image as Glance knows it.

    Attributes:
        image_id: its UUID.
        status: its status.
        size: its bytes; None as long as it has none.
        algorithm: hashlib's name of the strongest hash that Glance keeps and this Python can
            compute; None where there is none.
        digest: that hash, in hexadecimal.
    """

    image_id: str
    status: str | None
    size: int | None
    algorithm: str | None
    digest: str | None


def image_record(adapter: Adapter, image_id: str) -> ImageRecord:
    """Return size and hash of an image.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service.
        image_id: the image's UUID.

    Raises:
        CallError: there is no such image, or no answer.
    """
    url = image_url(adapter, "images", image_id)
    response = call(adapter, "GET", url)
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise no_image(image_id)
    if response.status_code != HTTPStatus.OK:
        raise from_answer(response, url)
    body = fields.body(response, "an image")
    algorithm, digest = _strongest(body)
    return ImageRecord(
        image_id=image_id,
        status=body.get("status", str),
        size=body.get("size", int),
        algorithm=algorithm,
        digest=digest,
    )


def image_size(adapter: Adapter, image_id: str) -> int | None:
    """Return the size of an image in bytes; None if unknown.

    Args:
        adapter: as for ``image_record``.
        image_id: the image's UUID.
    """
    try:
        return image_record(adapter, image_id).size
    except CallError:
        return None


def _strongest(body: fields.Fields) -> tuple[str | None, str | None]:
    # Glance's MD5 is older than its other hash, whose algorithm the operator chooses.
    known = [
        (body.get("os_hash_algo", str), body.get("os_hash_value", str)),
        ("md5", body.get("checksum", str)),
    ]
    for algorithm, digest in known:
        if algorithm in hashlib.algorithms_available and digest:
            return algorithm, digest.lower()
    return None, None
