# SPDX-License-Identifier: Apache-2.0
"""The client: find the ID of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keystoneauth1 import exceptions as ksa
from openstack import exceptions as sdk
from openstack.image.v2.image import Image

from glance_cache_nodes.client.errors import from_answer, from_failure, no_image, shown
from glance_cache_nodes.client.sdk import image_proxy
from glance_cache_nodes.client.transport import image_url
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter

_MANY = "More than one image has the name {}; give an ID: `openstack image list` shows them."
_NO_TEXT = "{!r} is not UTF-8: no image has this name."
_NO_GLANCE = "{} answered something else than images: is it Glance's endpoint?"


def image_id(adapter: Adapter, name_or_id: str) -> str:
    """Return the ID of the image that openstacksdk's ``find_image`` finds.

    That is the image with this ID, else the one with this name, else the hidden one with this
    name. A name may contain a colon.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service.
        name_or_id: the name or the ID of an image.

    Raises:
        CallError: Glance has no such image, or more than one; or it did not answer with images.
    """
    url = image_url(adapter, "images")
    try:
        return _find(adapter, name_or_id, url)
    except sdk.HttpException as failure:
        # find() itself raises NotFoundException, too: when the lists of Glance have no such image.
        if failure.response is None:
            raise no_image(name_or_id) from failure
        raise from_answer(failure.response, url) from failure
    except sdk.DuplicateResource as failure:
        raise CallError(_MANY.format(shown(name_or_id))) from failure
    except (sdk.SDKException, ksa.ClientException) as failure:
        raise from_failure(failure, url) from failure
    except UnicodeEncodeError as failure:
        raise CallError(_NO_TEXT.format(name_or_id)) from failure
    except (ValueError, AttributeError, KeyError, TypeError) as failure:
        raise CallError(_NO_GLANCE.format(url)) from failure


def _find(adapter: Adapter, name_or_id: str, url: str) -> str:
    # find_image() is this without the filter. It sends the bare name, and Glance takes what stands
    # before a colon for an operator: 400 for `ubuntu:22.04`.
    only = f"eq:{name_or_id}"
    with image_proxy(adapter) as proxy:
        found = Image.find(proxy, name_or_id, ignore_missing=False, name=only)
    if found.status is None and found.name == only:  # Nothing of an answer is in it.
        raise CallError(_NO_GLANCE.format(url))
    return str(found.id)
