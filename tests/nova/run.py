# SPDX-License-Identifier: Apache-2.0
"""``make nova``: guests boot where their image is, and boot all the same without Glance.

Real Keystone, Glance, placement and Nova 34 boot guests with Nova's fake driver: without the
weigher, with it, and with it while Glance hangs, refuses, or is gone. Nova 29 weighs in process.

The exit status is 0 when all is as it should be, 1 when it is not, and 2 when something is not
installed; ``--missing`` tells only that.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

import kinds
import nova_cloud
import nova_environment
import nova_phases
import nova_rabbit

import ended_early
from glance_cache_nodes.exception import UserError

BUILD = Path(__file__).parents[2] / "build" / "nova"
BEGIN = time.monotonic()


def main() -> int:
    """Run all; return the exit status."""
    missing = _missing()
    for each in missing:
        print(f"make nova is left out: {each}")
    if missing or "--missing" in sys.argv[1:]:
        return 2 if missing else 0
    ended_early.clean_up()
    pythons = {each: nova_environment.python_for(each, _say) for each in ("34", "29")}
    with nova_cloud.running(BUILD, pythons["34"], _say) as cloud:
        rows = nova_phases.run(cloud, pythons["29"], _say)
    table = nova_phases.table(rows)
    (BUILD / "table.md").write_text(table)
    print(f"\n{table}")
    wrong = sum(not row.right for row in rows)
    spent = sum(os.times()[:4])
    print(f"{time.monotonic() - BEGIN:.0f} s, {spent:.0f} CPU seconds; the logs are in build/nova")
    print(f"{len(rows) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


def _missing() -> list[str]:
    servers = [nova_rabbit.missing()]
    if kinds.MARIADB.missing():
        servers.append(f"no MariaDB: apt-get install {kinds.MARIADB.package}")
    novas = [nova_environment.missing(each) for each in nova_environment.PYTHONS]
    return list(filter(None, servers + novas))


def _say(text: str) -> None:
    print(f"{time.monotonic() - BEGIN:6.1f} s  {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (UserError, RuntimeError) as error:
        sys.exit(str(error))
