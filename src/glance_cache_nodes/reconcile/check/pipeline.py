# SPDX-License-Identifier: Apache-2.0
"""A check of glance-api-paste.ini: the filter is in the pipeline that is served, in its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from glance_cache_nodes import paste_config
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import file as paste_file
from glance_cache_nodes.reconcile.check.line import error, success, warning

if TYPE_CHECKING:
    from glance_cache_nodes.reconcile.check.line import Line
    from glance_cache_nodes.reconcile.settings import Settings


def has_filter(settings: Settings) -> Line:
    """The pipeline of the flavor has the filter where ``paste`` would put it, and the cache."""
    try:
        path = _path(settings)
        pipelines = paste_config.pipelines(paste_file.load(path))
    except UserError as problem:
        return error(str(problem), "correct the file; glance-cache-nodes paste shows what to do")
    put_in = f"run glance-cache-nodes paste --in-place {path}, then restart glance-api"
    flavor = settings.conf.paste_deploy.flavor or "default"
    served = [each for each in pipelines if each.flavor == flavor]
    if not any(each.has_filter for each in served):
        return error(
            f"the pipeline of flavor {flavor} in {path} lacks the filter cache_nodes", put_in
        )
    for each in served:
        if each.fault:
            return warning(f"{each.label} in {path}: {each.fault}", put_in)
        if settings.directory and not each.has_cache:
            detail = f"flavor {flavor} has no cache filter in {path}: this node caches nothing"
            return warning(detail, "set a flavor with one, such as keystone+cachemanagement")
        if each.unseen:
            names = ", ".join(each.unseen)
            detail = f"{names} behind the cache in {path} never sees the add-on's requests"
            return warning(detail, "put it between the context and the cache, restart glance-api")
    return success(f"{path} has the filter in its place")


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
