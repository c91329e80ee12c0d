# SPDX-License-Identifier: Apache-2.0
"""Makes Nova's tables and cells, in its environment: one process in place of five nova-manage.

python nova_setup.py NOVA.CONF
"""

from __future__ import annotations

import sys

from nova import config, context, objects
from nova.cmd import manage
from nova.db import migration


def main() -> None:
    """Make both; the exit status is that of what failed."""
    config.parse_args(["nova-manage"], default_config_files=[sys.argv[1]])
    objects.register_all()
    migration.db_sync(database="api")
    cells = manage.CellV2Commands()
    cells.map_cell0()
    failed = cells.create_cell(name="cell1")
    cell0 = objects.CellMapping.get_by_uuid(
        context.RequestContext(), objects.CellMapping.CELL0_UUID
    )
    with context.target_cell(context.RequestContext(), cell0) as target:
        migration.db_sync(context=target)
    migration.db_sync()
    sys.exit(failed)


if __name__ == "__main__":
    main()
