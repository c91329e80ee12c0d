# SPDX-License-Identifier: Apache-2.0
"""A lab of several sites: the site of each node, and the sites file of all nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glance_cache_nodes_lab.state import LabState

FILE = "sites.yaml"
FORM = "NAME=NODES[,NAME=NODES...], such as edge1=2,central=1"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")


def parse(text: str) -> dict[str, int]:
    """Return the number of nodes of each site, in the order of the text.

    Args:
        text: the value of ``--sites``, such as ``edge1=2,central=1``.

    Raises:
        UserError: it is not of that form.
    """
    sites: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        if not NAME.match(name) or not re.match(r"[0-9]+\Z", number):
            raise UserError(f"--sites: {part!r} is not of the form {FORM}")
        if name in sites:
            raise UserError(f"--sites: the site {name!r} is named twice")
        if int(number) < 1:
            raise UserError(f"--sites: the site {name!r} needs 1 node or more")
        sites[name] = int(number)
    return sites


def of_new_nodes(lab: LabState, sites: Mapping[str, int]) -> list[str]:
    """Return the site of each missing node, in the order of the sites.

    Raises:
        UserError: the lab has nodes without a site, or a site has more nodes already.
    """
    there = [node.site for node in lab.nodes]
    if None in there:
        raise UserError(f"the lab in {lab.directory} was made without sites; name another --dir")
    for name in dict.fromkeys(there):
        if name is not None and there.count(name) > sites.get(name, 0):
            raise UserError(
                f"site {name!r} of the lab in {lab.directory} has {there.count(name)} nodes and "
                f"cannot shrink to {sites.get(name, 0)}; name another --dir"
            )
    return [name for name, number in sites.items() for _ in range(number - there.count(name))]


def write(lab: LabState) -> None:
    """Write the sites file of a lab; each site is near the others, in their order.

    This overwrites a user's changes: call it only after nodes were added.
    """
    import yaml  # noqa: PLC0415

    urls: dict[str, list[str]] = {}
    for node in lab.nodes:
        if node.site is not None:
            urls.setdefault(node.site, []).append(node.url)
    described = {
        site: {"nodes": nodes, "near": [name for name in urls if name != site]}
        for site, nodes in urls.items()
    }
    text = yaml.safe_dump(described, default_flow_style=None, sort_keys=False, width=1000)
    private.write(lab.directory / FILE, text)
