# SPDX-License-Identifier: Apache-2.0
"""A check of glance-api-paste.ini: the filter is in the pipeline that is served, in its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import file as paste_file
from glance_cache_nodes.paste_config import filters, names, plan, reader
from glance_cache_nodes.reconcile.check.line import error, success, warning

if TYPE_CHECKING:
    from glance_cache_nodes.paste_config.plan import Placement
    from glance_cache_nodes.reconcile.check.line import Line
    from glance_cache_nodes.reconcile.settings import Settings


def has_filter(settings: Settings) -> Line:
    """The pipeline of the flavor has the filter where ``paste`` would put it."""
    try:
        path = _path(settings)
        text = paste_file.load(path)
        placements = _placements(text)
    except UserError as problem:
        return error(str(problem), "correct the file; glance-cache-nodes paste shows what to do")
    put_in = f"run glance-cache-nodes paste --in-place {path}, then restart glance-api"
    flavor = settings.conf.paste_deploy.flavor
    served = [each for each in placements if _is_of_flavor(each.chain.label, flavor)]
    if not any(each.now for each in served):
        name = flavor or "the default flavor"
        return error(f"the pipeline of {name} in {path} lacks the filter cache_nodes", put_in)
    if not all(each.is_right for each in placements):
        wrong = next(each.chain.label for each in placements if not each.is_right)
        return warning(f"{wrong} in {path} has the filter in another place, or lacks it", put_in)
    return success(f"{path} has the filter in its place")


def _placements(text: str) -> list[Placement]:
    return plan.plan(names.names(reader.read(text)), filters.CACHE_NODES).placements


def _is_of_flavor(pipeline: str, flavor: str | None) -> bool:
    """Return whether a pipeline, such as ``[composite:glance-api] keystone``, is this flavor's."""
    if pipeline.startswith("[pipeline:"):
        return pipeline == f"[pipeline:glance-api{'-' + flavor if flavor else ''}]"
    return pipeline.rpartition("] ")[2] == (flavor or "default")


def _path(settings: Settings) -> Path:
    """Return the paste file that glance-api reads, whatever other files this command reads."""
    named = settings.conf.paste_deploy.config_file
    if named:
        return Path(named).absolute()
    beside = [Path(file).with_name("glance-api-paste.ini") for file in settings.files]
    by_name = [Path(re.sub(r"\.conf\Z", "-paste.ini", file)) for file in settings.files]
    found = next((each for each in (*by_name, *beside) if each.is_file()), None)
    if found is None:
        raise UserError("there is no glance-api-paste.ini beside Glance's configuration")
    return found
