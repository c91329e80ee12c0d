# SPDX-License-Identifier: Apache-2.0
"""The filter in a glance-api-paste.ini: put in, taken out, every other byte as it was.

    read (model) -> which pipelines (pipelines) -> may it be done (checks) -> do it (edit)

``file`` reads and replaces the file itself.
"""

from __future__ import annotations

from glance_cache_nodes.paste_config.edit import filtered, insert, remove

__all__ = ["filtered", "insert", "remove"]
