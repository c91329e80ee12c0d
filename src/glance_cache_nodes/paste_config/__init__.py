# SPDX-License-Identifier: Apache-2.0
"""Insert the filters into a glance-api-paste.ini, and remove them; all other bytes stay.

    reader, model   the lines of a text, and the values that paste sees
    names           what a filter is, what an application leads to
    pipelines       which pipelines there are; chains: what a request goes through in each
    filters         the table of the filters, with their positions
    plan, checks    the position in each pipeline, or the reason why there is none
    edit            the change: words and section

``file`` reads and replaces the file itself.
"""

from __future__ import annotations

from glance_cache_nodes.paste_config.edit import filtered, insert, remove, skipped

__all__ = ["filtered", "insert", "remove", "skipped"]
