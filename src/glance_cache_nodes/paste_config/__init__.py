# SPDX-License-Identifier: Apache-2.0
"""The filter in a glance-api-paste.ini: put in, taken out, every other byte as it was.

    reader, model   the lines of a text, and the values that paste sees
    names           what a filter is, what an application leads to
    pipelines       which pipelines there are; chains: what a request goes through in each
    filters         the table of what is put in, and where it stands
    plan, checks    each pipeline's place for it, or why it gets none
    edit            do it: words and section

``file`` reads and replaces the file itself.
"""

from __future__ import annotations

from glance_cache_nodes.paste_config.edit import filtered, insert, remove, skipped

__all__ = ["filtered", "insert", "remove", "skipped"]
