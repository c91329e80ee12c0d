# SPDX-License-Identifier: Apache-2.0
"""Checks of the node's URL: set, answering, and answering as this node and no other."""

from __future__ import annotations

import contextlib
import socket
import time
import urllib.parse
import uuid
from typing import TYPE_CHECKING, Any

from glance_cache_nodes import node_url
from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile.check.line import error, success, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glance_cache_nodes.reconcile.check.line import Line
    from glance_cache_nodes.reconcile.settings import Settings

TIMEOUT = 10.0  # seconds
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


def answers(url: str, seconds: float = TIMEOUT) -> bool:
    """Return whether anything takes a connection at the host and port of a URL.

    Args:
        url: of a node.
        seconds: how long to wait for it.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), timeout=seconds):
            return True
    except (OSError, ValueError):
        return False


def is_up(settings: Settings) -> Line:
    """Something answers there."""
    if settings.node is None:
        raise UserError("the node has no URL")
    if answers(settings.node):
        return success(f"{settings.node} takes connections")
    return error(
        f"{settings.node} takes no connection from here",
        "start glance-api, or correct worker_self_reference_url",
    )


def is_this_node(settings: Settings, session: Any | None, why_not: str) -> Line:
    """The node that answers has this node's cache directory.

    A file that is queued for a moment here must be in the list of queued images there.

    Args:
        settings: the node's.
        session: of keystoneauth, with credentials that may list the cache; None without any.
        why_not: why there is no session.
    """
    if settings.node is None or settings.directory is None:
        raise UserError("the node has no URL or no cache directory")
    ask = "give credentials that may list the cache: --os-cloud CLOUD"
    if session is None:
        return unknown(why_not, ask)
    with _marked(settings.directory) as marker:
        for _ in range(_TIMES):
            queued, why = _queued(session, settings.node)
            if queued is None:
                return unknown(why, ask)
            if marker not in queued:
                return error(
                    f"{settings.node} answers for another cache directory than "
                    f"{settings.directory}: two nodes share one URL, or it is a load balancer's",
                    f"{_SET_URL}, then run glance-cache-nodes reconcile --fix on each node",
                )
    return success(f"{settings.node} answers for {settings.directory}")


def _queued(session: Any, url: str) -> tuple[list[str] | None, str]:
    from keystoneauth1 import exceptions  # noqa: PLC0415 - only where there are credentials

    try:
        answer = session.get(
            f"{url.rstrip('/')}/v2/cache",
            raise_exc=False,
            redirect=False,
            timeout=TIMEOUT,
            headers={"Connection": "close"},
        )
    except (exceptions.ClientException, ValueError) as problem:  # urllib3's, of a URL
        return None, f"{url} cannot be asked: {' '.join(str(problem).split())}"
    if answer.status_code != 200:  # noqa: PLR2004
        return None, f"{url}/v2/cache answers {answer.status_code}"
    try:
        return list(answer.json()["queued_images"]), ""
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
