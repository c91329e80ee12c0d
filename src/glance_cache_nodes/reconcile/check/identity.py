# SPDX-License-Identifier: Apache-2.0
"""Checks of the node's URL: set, answering, and answering as this node and no other."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from glance_cache_nodes import node_url
from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import NodeError, UserError
from glance_cache_nodes.net.deadline import Deadline
from glance_cache_nodes.reconcile.check.line import error, success, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glance_cache_nodes.reconcile.check.line import Line
    from glance_cache_nodes.reconcile.settings import Settings

TIMEOUT = 10.0  # seconds
_LONGEST = 64 * 1024 * 1024  # bytes: the list of a cache has a few hundred for each image
_TIMES = 4  # a load balancer in front of two nodes gives each its turn
_MARKER = "cac4e000-"  # how the IDs begin that are queued for a moment and name no image
_OLD_MARKER = 60.0  # seconds; one that a killed check left
_SET_URL = "set worker_self_reference_url to a URL that only this node has, restart glance-api"


def is_marker(name: str) -> bool:
    """Return whether a file in ``queue/`` is one of ours."""
    return name.startswith(_MARKER)


def is_set(settings: Settings) -> Line:
    """The URL is set, and is one."""
    if settings.node is None:
        return error("worker_self_reference_url is not set", _SET_URL)
    if not node_url.is_url(settings.node):
        return error(f"worker_self_reference_url = {settings.node} is no URL of HTTP", _SET_URL)
    return success(f"worker_self_reference_url = {settings.node}")


def answers(settings: Settings, url: str) -> bool:
    """Return whether anything takes a connection at the host and port of a URL."""
    return settings.http.connects(url, Deadline(TIMEOUT))


def is_up(settings: Settings) -> Line:
    """Something answers there."""
    if settings.node is None:
        raise UserError("the node has no URL")
    if answers(settings, settings.node):
        return success(f"{settings.node} takes connections")
    return error(
        f"{settings.node} takes no connection from here",
        "start glance-api, or correct worker_self_reference_url",
    )


def is_this_node(settings: Settings, token: str | None, why_not: str) -> Line:
    """The node that answers has this node's cache directory.

    A file that is queued for a moment here must be in the list of queued images there.

    Args:
        settings: the node's.
        token: of somebody who may list the cache; None without one.
        why_not: why there is none.
    """
    if settings.node is None or settings.directory is None:
        raise UserError("the node has no URL or no cache directory")
    ask = "give credentials that may list the cache: --os-cloud CLOUD"
    if token is None:
        return unknown(why_not, ask)
    with _marked(settings.directory) as marker:
        for _ in range(_TIMES):
            queued, why = _queued(settings, settings.node, token)
            if queued is None:
                return unknown(why, ask)
            if marker not in queued:
                return error(
                    f"{settings.node} answers for another cache directory than "
                    f"{settings.directory}: two nodes share one URL, or it is a load balancer's",
                    f"{_SET_URL}, then run glance-cache-nodes reconcile --fix on each node",
                )
    return success(f"{settings.node} answers for {settings.directory}")


def _queued(settings: Settings, url: str, token: str) -> tuple[list[str] | None, str]:
    headers = {"X-Auth-Token": token}
    try:
        with settings.http.stream("GET", url, "/v2/cache", headers, Deadline(TIMEOUT)) as answer:
            body = answer.read(_LONGEST)
    except NodeError as problem:
        return None, f"{url} cannot be asked: {problem}"
    if answer.status != HTTPStatus.OK:
        return None, f"{url}/v2/cache answers {answer.status}"
    try:
        return list(json.loads(body)["queued_images"]), ""
    except (ValueError, KeyError, TypeError):
        return None, f"{url}/v2/cache does not answer as Glance does"


@contextlib.contextmanager
def _marked(directory: Path) -> Iterator[str]:
    """Queue an ID that no image has for the block."""
    queue = layout.queue_dir(directory)
    _remove_old_markers(queue)
    marker = _MARKER + str(uuid.uuid4())[len(_MARKER) :]
    path = queue / marker
    try:
        path.touch(mode=0o644, exist_ok=False)
    except OSError as problem:
        raise UserError(f"{queue} cannot be written: {problem.strerror}") from problem
    try:
        yield marker
    finally:
        path.unlink(missing_ok=True)


def _remove_old_markers(queue: Path) -> None:
    for path in list(queue.iterdir()) if queue.is_dir() else ():
        with contextlib.suppress(OSError):
            if is_marker(path.name) and time.time() - path.stat().st_mtime > _OLD_MARKER:
                path.unlink()
