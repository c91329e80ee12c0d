# SPDX-License-Identifier: Apache-2.0
"""The adapter for Glance and the IDs of images, from the shell."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from keystoneauth1.adapter import Adapter

from glance_cache_nodes.client import image_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from osc_lib.clientmanager import ClientManager


def image_adapter(manager: ClientManager) -> Adapter:
    """Return an adapter for the image service, as the options and clouds.yaml describe it.

    ``manager.image`` would ask Glance for its versions first, and repeat a 503 for 15 s.
    """
    config = manager.sdk_connection.config
    return Adapter(
        manager.session,
        service_type=config.get_service_type("image"),
        service_name=config.get_service_name("image"),
        interface=config.get_interface("image"),
        region_name=config.get_region_name("image"),
        endpoint_override=config.get_endpoint("image"),
    )


def image_ids(adapter: Adapter, names_or_ids: Iterable[str]) -> list[str]:
    """Return the IDs of images, each once, in order.

    A UUID is taken as it is: Glance finds no image that it has deleted, of which nodes may still
    hold a copy.

    Args:
        adapter: from ``image_adapter``.
        names_or_ids: what a person typed.

    Raises:
        CallError: no image, or more than one, has a name.
    """
    found = (each if _is_uuid(each) else image_id(adapter, each) for each in names_or_ids)
    return list(dict.fromkeys(found))


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
