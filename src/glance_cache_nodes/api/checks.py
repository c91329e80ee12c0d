# SPDX-License-Identifier: Apache-2.0
"""Refusals by this node's configuration: no cache, no central record, no such site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.api import responses, validation
from glance_cache_nodes.cache import DRIVER
from glance_cache_nodes.exception import UnknownSiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glance_cache_nodes.sites import Sites, SitesFile

SITE = validation.text("the name of a site")
"""A query parameter that names a site."""


def require_cache(conf: Any) -> None:
    """Refuse where this node caches no images.

    Raises:
        webob.exc.HTTPConflict: ``image_cache_dir`` is not set.
    """
    if not conf.image_cache_dir:
        raise responses.refusal(
            responses.CONFLICT, "Image caching is off on this node: image_cache_dir is not set."
        )


def require_record(conf: Any) -> None:
    """Refuse where this node has no cache, or its record is not in the central database.

    Raises:
        webob.exc.HTTPConflict: ``image_cache_dir`` is not set, or the driver is another one.
    """
    require_cache(conf)
    driver = conf.image_cache_driver
    if driver.lower() != DRIVER:
        raise responses.refusal(
            responses.CONFLICT,
            f"This node keeps its cache record with the driver {driver}, where no other node can "
            f"read it. The list of nodes needs image_cache_driver = {DRIVER}.",
        )


def require_site(file: SitesFile, site: str) -> Sites:
    """Return the sites, one of which has this name.

    Raises:
        webob.exc.HTTPBadRequest: none has.
    """
    sites = file.current()
    if sites is None:
        raise responses.refusal(
            responses.BAD_REQUEST,
            f"There is no site {site[:60]!r}. This node knows no sites: [cache_nodes] sites_file "
            "names no file that can be read.",
        )
    try:
        sites.require(site)
    except UnknownSiteError as error:
        raise responses.refusal(responses.BAD_REQUEST, str(error)) from None
    return sites


def order_near(file: SitesFile, site: str | None) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return a function that sorts node URLs: nearest to a site first, or by URL.

    Args:
        file: the sites of the cloud.
        site: the name that the caller gave; None for none.

    Raises:
        webob.exc.HTTPBadRequest: there is no such site.
    """
    if site is None:
        return sorted
    sites = require_site(file, site)
    return lambda urls: sites.nearest_first(site, urls)
