# SPDX-License-Identifier: Apache-2.0
"""TLS to other nodes, by the options of keystoneauth in ``[cache_nodes]``."""

from __future__ import annotations

import ssl
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH


def context(options: Any) -> ssl.SSLContext:
    """Return the settings with which nodes are called by ``https``.

    Args:
        options: the group ``[cache_nodes]``: ``cafile``, else the authorities that requests trusts;
            ``insecure``; ``certfile`` and ``keyfile``.

    Raises:
        OSError: one of the files cannot be read, or is not what it should be.
    """
    cafile = None if options.insecure else options.cafile
    made = ssl.create_default_context(cafile=cafile or DEFAULT_CA_BUNDLE_PATH)
    if options.insecure:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if options.certfile:
        made.load_cert_chain(options.certfile, options.keyfile or None)
    return made
