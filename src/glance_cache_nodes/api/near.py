# SPDX-License-Identifier: Apache-2.0
"""The query parameters that name a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.api import responses, validation
from glance_cache_nodes.exception import UnknownSiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glance_cache_nodes.sites import Sites, SitesFile

PARAMETER = validation.text("the name of a site")


def order(file: SitesFile, site: str | None) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return a function that sorts node URLs: nearest to a site first, or by URL.

    Args:
        file: the sites of the cloud.
        site: the name that the caller gave; None for none.

    Raises:
        webob.exc.HTTPBadRequest: there is no such site.
    """
    if site is None:
        return sorted
    sites = require(file, site)
    return lambda urls: sites.nearest_first(site, urls)


def require(file: SitesFile, site: str) -> Sites:
    """Return the sites, one of which has this name.

    Raises:
        webob.exc.HTTPBadRequest: none has.
    """
    sites = file.current()
    if sites is None:
        raise responses.refusal(
            responses.BAD_REQUEST,
            "This node knows no sites: [cache_nodes] sites_file names no file that can be read.",
        )
    try:
        sites.require(site)
    except UnknownSiteError as error:
        raise responses.refusal(responses.BAD_REQUEST, str(error)) from None
    return sites
