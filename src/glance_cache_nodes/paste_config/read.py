# SPDX-License-Identifier: Apache-2.0
"""Read the chains of a paste file, where PasteDeploy is installed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes.paste_config.chains import Chain


@functools.lru_cache(maxsize=8)  # an edit asks for the same text again
def chains(text: str, title: str = "") -> Mapping[str, Chain]:
    """Return the chains of a paste file by their labels, or those of one section.

    Raises:
        UserError: not a file that paste can read, or PasteDeploy is not installed.
    """
    try:
        from glance_cache_nodes.paste_config import deploy  # noqa: PLC0415 - Glance brings it
    except ImportError as error:
        message = "PasteDeploy is not installed here; run the command of Glance's environment"
        raise UserError(message) from error
    found = {each.label: each for each in deploy.chains(text, title)}
    if not found and not title:
        raise UserError("it has no application; a glance-api-paste.ini is expected")
    return found
