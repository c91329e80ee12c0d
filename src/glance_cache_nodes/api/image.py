# SPDX-License-Identifier: Apache-2.0
"""The image that a path names: the target of the rules, and what the database knows of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import responses
from glance_cache_nodes.cache import layout
from glance_cache_nodes.db import image_nodes
from glance_cache_nodes.policies import properties, rules
from glance_cache_nodes.policies.target import LazyTarget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import webob.exc

    from glance_cache_nodes.service import Service


def other_attributes(service: Service, context: Any, image_id: str) -> Mapping[str, object]:
    """Return the attributes of a visible image that rules seldom look at; one statement.

    Raises:
        DatabaseUnavailableError: there was no answer within the bound.
    """
    columns, custom = image_nodes.find_other_attributes(service.database, image_id)
    return {**properties.readable(custom, service.enforcer, context), **columns}


class RequestedImage:
    """An image, read once: whole if a rule looks at it, else its nodes alone.

    Args:
        service: what lasts from request to request.
        context: the caller, as Glance's context filter made it.
        image_id: the part of the path that should be an image's ID.

    Attributes:
        id: the same part of the path.
        target: what policy rules compare with; empty for an image that the caller may not see.
    """

    def __init__(self, service: Service, context: Any, image_id: str) -> None:
        self._service, self._context, self.id = service, context, image_id
        self._has_id = layout.is_image_id(image_id)
        self._read: image_nodes.CachedImage | None = None
        self._is_read = not self._has_id
        self.target = LazyTarget(self._usual_attributes, self._other_attributes)

    def nodes(self) -> Sequence[str]:
        """Return the nodes that hold the image by the record, sorted.

        Raises:
            webob.exc.HTTPNotFound: there is no such image, or Glance would not show it to the
                caller: it is not visible, or the rule ``get_image`` refuses.
            DatabaseUnavailableError: there was no answer within the bound.
        """
        return self.found().nodes

    def found(self) -> image_nodes.CachedImage:
        """Return the image with the nodes that hold it.

        Raises:
            webob.exc.HTTPNotFound: as :meth:`nodes` does.
            DatabaseUnavailableError: there was no answer within the bound.
        """
        found = self.found_or_gone()
        if found is None:
            raise self.not_found()
        return found

    def found_or_gone(self) -> image_nodes.CachedImage | None:
        """Return the same, but None to an admin where Glance has no such image, or no more.

        Its copies may have been left over.

        Raises:
            webob.exc.HTTPNotFound: as :meth:`nodes` does, to those who are no admins.
            DatabaseUnavailableError: there was no answer within the bound.
        """
        # First the rule: where it looks at the image, the nodes are read by the same statement.
        may_be_shown = self._may_be_shown()
        found = self._found() if may_be_shown else None
        if found is None and not (may_be_shown and self._context.is_admin):
            raise self.not_found()
        return found

    def _may_be_shown(self) -> bool:
        enforcer = self._service.enforcer
        return self._has_id and rules.allows(enforcer, self._context, rules.GET_IMAGE, self.target)

    def _found(self) -> image_nodes.CachedImage | None:
        if not self._is_read:
            self._read = image_nodes.find(self._service.database, self._context, self.id)
            self._is_read = True
        return self._read

    def _usual_attributes(self) -> Mapping[str, object]:
        return self._whole.attributes if self._whole else {}

    def _other_attributes(self) -> Mapping[str, object]:
        return other_attributes(self._service, self._context, self.id)

    @functools.cached_property
    def _whole(self) -> image_nodes.CachedImage | None:
        if self._has_id:
            database = self._service.database
            self._read = image_nodes.find_with_attributes(database, self._context, self.id)
            self._is_read = True
        return self._read

    def not_found(self) -> webob.exc.HTTPException:
        """Return 404, in the same words whether the image is not there or not to be seen."""
        if self._has_id:
            explanation = f"No image {self.id}, or you may not see it."
        else:
            explanation = "No image has this ID: an image ID is a UUID."
        return responses.refusal(responses.NOT_FOUND, explanation)
