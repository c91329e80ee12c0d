# SPDX-License-Identifier: Apache-2.0
"""The table of the cases: each is measured in turns, natively and with our filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import disks
import file_locker
import rows_of_clients
import rows_of_directory
import rows_of_disk
import rows_of_nodes
import rows_of_policy
from compare_rules import Demands
from outcomes import Outcome
from sides import Setup, Side

Measure = Callable[[Side, int], Outcome]

# Their first node's cache is small where that is possible, and members may not see a property: both
# are of no account but for the cases that want it.
TWO = Setup(
    nodes=2,
    disk="tmpfs",
    options="[DEFAULT]\nproperty_protection_file = {root}/protection.conf\n"
    "property_protection_rule_format = roles",
    others=(
        ("files", {"protection.conf": rows_of_policy.PROTECTION}),
        ("policy", rows_of_policy.POLICY),
    ),
)
SMALL = Setup(options="[DEFAULT]\nimage_cache_max_size = 3500000")
REDIRECTS = Setup(nodes=2, options="redirect_downloads = true\nfill_concurrency = 0")
FRAGILE_DISK = Setup(disk="ext4")
DIRECT = Setup(has_link=False)

USUAL = Demands()


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        name: what happens.
        setup: the nodes that it wants.
        measure: one turn of it.
        share: the kinds of servers on which a short run has it.
        shorter: one turn of it in a short run, where that is another one.
        demands: how the rules differ.
        turns: how many.
        is_fresh: whether the nodes start anew before it, as nothing else has happened to them.
        missing: returns why it cannot be made here, or nothing.
    """

    name: str
    setup: Setup
    measure: Measure
    share: tuple[str, ...] = ()
    shorter: Measure | None = None
    demands: Demands = USUAL
    turns: int = 3
    is_fresh: bool = False
    missing: Callable[[], str] = str


CASES = (
    Case(
        "ten holders on record accept and never answer",
        TWO,
        rows_of_nodes.silent_holders,
        share=("threads",),
    ),
    Case(
        "twelve holders on record are black holes",
        TWO,
        rows_of_nodes.black_holes,
        share=("threads",),
        shorter=rows_of_nodes.black_holes_once,
    ),
    Case(
        "cold images crosswise at two nodes",
        TWO,
        rows_of_nodes.crosswise,
        share=("threads", "gunicorn"),
    ),
    Case(
        "a client sends the nodes' header",
        TWO,
        rows_of_clients.marked,
        share=("threads",),
    ),
    Case(
        "the same with only-if-cached (504 is meant)",
        TWO,
        rows_of_clients.marked_only_if_cached,
        share=("threads",),
        demands=Demands(also=frozenset({504})),
    ),
    Case(
        "download_image compares with a hidden property",
        TWO,
        rows_of_policy.hidden_property,
        share=("threads", "gunicorn"),
    ),
    Case(
        "another user locks files of the cache directory",
        TWO,
        rows_of_directory.locked_by_another_user,
        share=("threads",),
        missing=file_locker.missing,
    ),
    Case(
        "the store's read hangs once, 16 come after",
        TWO,
        rows_of_clients.the_store_hangs_once,
        share=("threads", "gunicorn"),
    ),
    Case(
        "a looping link, a directory x.lock, FIFOs in the cache",
        TWO,
        rows_of_directory.odd_entries_lie_there,
        share=("threads",),
    ),
    Case(
        "a byte is flipped in the store",
        TWO,
        rows_of_nodes.flipped_in_the_store,
        share=("threads",),
        is_fresh=True,
    ),
    Case(
        "the cache disk refuses a write: EFBIG",
        TWO,
        rows_of_disk.too_large_a_file,
        share=("threads",),
    ),
    Case(
        "the cache disk refuses a write: ENOSPC",
        TWO,
        rows_of_disk.no_space_left,
        share=("threads",),
        is_fresh=True,
        missing=disks.missing,
    ),
    Case(
        "the cache disk refuses a write: EROFS",
        FRAGILE_DISK,
        rows_of_disk.made_read_only,
        turns=1,
        missing=disks.missing,
    ),
    Case(
        "six GETs closed after a byte, cache full of hot images",
        SMALL,
        rows_of_clients.closed_after_a_byte,
        share=("uwsgi",),
        demands=Demands(holds=2),
    ),
    Case(
        "8 clients, 6 images of 1 MiB, cache of 3.5 MB",
        SMALL,
        rows_of_clients.more_than_the_cache_may_hold,
        share=("uwsgi",),
        shorter=rows_of_clients.more_than_the_cache_may_hold_once,
        demands=Demands(holds=rows_of_clients.CALLERS),
    ),
    Case(
        "redirect_downloads, the holder is dead",
        REDIRECTS,
        rows_of_policy.dead_holder,
        share=("eventlet",),
    ),
    Case(
        "redirect_downloads, the holder's copy has a flipped byte",
        REDIRECTS,
        rows_of_policy.holder_with_a_flipped_byte,
        share=("eventlet",),
    ),
    Case(
        "8 clients, one cold image of 64 MiB: CPU",
        DIRECT,
        rows_of_clients.cpu_of_eight,
        demands=Demands(holds=rows_of_clients.CALLERS, most={"CPU": 1.25}),
    ),
)
