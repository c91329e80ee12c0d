# SPDX-License-Identifier: Apache-2.0
"""Insert the filters into a glance-api-paste.ini, and remove them; all other bytes stay.

    chains          the filters of each pipeline and application of a text, and what loads there
    read, deploy    PasteDeploy reads them
    filters         our filters, and the place of each in a chain
    text            a word or a section more or less
    edit            the change, and the comparison of both texts that proves it
    report          which pipelines a text has, and whether each has our filters in their places

``file`` reads and replaces the file itself.
"""

from __future__ import annotations

from glance_cache_nodes.paste_config.edit import insert, remove
from glance_cache_nodes.paste_config.report import Pipeline, pipelines

__all__ = ["Pipeline", "insert", "pipelines", "remove"]
