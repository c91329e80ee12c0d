# SPDX-License-Identifier: Apache-2.0
"""openstacksdk's calls to the image API, with this package's timeouts."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from keystoneauth1 import session
from openstack.connection import Connection
from openstack.proxy import Proxy

from glance_cache_nodes.client.transport import image_url, timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keystoneauth1.adapter import Adapter


@contextlib.contextmanager
def image_proxy(adapter: Adapter) -> Iterator[Proxy]:
    """Give openstacksdk's resources what they need for requests to an adapter's endpoint.

    ``conn.image`` itself would repeat a 503 five times, with pauses of 15 s in all, and waits
    without end for a server that is silent.

    Args:
        adapter: a keystoneauth adapter for the image service.

    Raises:
        CallError: the cloud has no image endpoint, or gives no token to look it up.
    """
    endpoint = image_url(adapter)
    with Connection(session=_session(adapter)) as connection:
        yield Proxy(
            connection.session,
            service_type="image",
            endpoint_override=endpoint,
            additional_headers=adapter.additional_headers,
            connect_retries=0,
            status_code_retries=0,
        )


def _session(adapter: Adapter) -> session.Session:
    # Another Session, because its timeout is for all requests; the TCP connections are shared.
    given = adapter.session
    return session.Session(
        auth=adapter.auth or given.auth,
        session=given.session,
        original_ip=given.original_ip,
        verify=given.verify,
        cert=given.cert,
        timeout=timeout(adapter),
        redirect=given.redirect,
        additional_headers=given.additional_headers,
    )
