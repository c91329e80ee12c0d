# SPDX-License-Identifier: Apache-2.0
"""The sources of an image: the nodes that have it, then Glance."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.client.image_nodes import cached_nodes
from glance_cache_nodes.client.transport import image_url
from glance_cache_nodes.exception import CallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keystoneauth1.adapter import Adapter

# What is the caller's to mend; without nodes for another reason, Glance itself has the image.
_RAISED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}
_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Source:
    """A server that has the image.

    Attributes:
        name: for a person.
        url: of the image's bytes.
        is_glance: whether it is the cloud's endpoint, not a node.
    """

    name: str
    url: str
    is_glance: bool = False


def sources(
    adapter: Adapter, image_id: str, near: str | None, notice: Callable[[str], None]
) -> list[Source]:
    """Return the sources of an image, nearest first, Glance's endpoint last.

    Args:
        adapter: a keystoneauth adapter for the image service.
        image_id: the image's UUID.
        near: a site; the nodes nearest to it come first.
        notice: told of nodes that are left out.

    Raises:
        CallError: the site is not known, or the token is not accepted.
    """
    glance = image_url(adapter, *_path(image_id))
    nodes = _nodes(adapter, image_id, near, notice)
    return [*of_nodes(glance, image_id, nodes, notice), Source(glance, glance, is_glance=True)]


def of_nodes(
    glance: str, image_id: str, urls: Iterable[str], notice: Callable[[str], None]
) -> Iterator[Source]:
    """Yield the nodes that may be asked for an image.

    Args:
        glance: the URL of the image's bytes at Glance's own endpoint.
        image_id: the image's UUID.
        urls: the node reference URLs.
        notice: told of nodes that are left out.
    """
    for url in urls:
        if may_follow(glance, url):
            root = url.rstrip("/").removesuffix("/v2")
            parts = (urllib.parse.quote(part, safe="") for part in _path(image_id))
            yield Source(url, "/".join([root, "v2", *parts]))
        else:
            notice(f"{url} is left out: {_why_not(url)}.")


def _why_not(url: str) -> str:
    plain = _scheme(url) == "http"
    return "the token would be sent there without TLS" if plain else "it is no URL of a node"


def _path(image_id: str) -> tuple[str, ...]:
    return ("images", image_id, "file")


def may_follow(known: str, url: str) -> bool:
    """Return whether a token for one URL may go to another: never from https to http.

    Args:
        known: the URL that the token is for.
        url: the other, from an answer of Glance.
    """
    scheme = _scheme(url)
    return scheme in _SCHEMES and (scheme == "https" or not known.startswith("https:"))


def _scheme(url: str) -> str:
    try:
        return urllib.parse.urlsplit(url).scheme
    except ValueError:  # such as http://[fd00::1:9292
        return ""


def _nodes(
    adapter: Adapter, image_id: str, near: str | None, notice: Callable[[str], None]
) -> list[str]:
    try:
        return [node.url for node in cached_nodes(adapter, image_id, near)]
    except CallError as failure:
        if failure.status in _RAISED:
            raise
        notice(f"No node is asked for the image, only Glance itself: {failure}")
        return []
