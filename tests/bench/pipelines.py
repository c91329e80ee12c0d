# SPDX-License-Identifier: Apache-2.0
"""The pipelines that are measured in process, for an admin and for a member who may ask."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glance.common import config

import glance_site
from glance_cache_nodes import paste_config

OURS = {"ours", "untouched", "map"}
NATIVE = {"native", "untouched-native"}
# The default lets admins ask; this one lets a member ask Glance's own route as well.
POLICIES = {"admin": "{}\n", "member": '"list_cached_nodes": "role:reader"\n'}


@functools.cache
def application(what: str, caller: str) -> Any:
    """Return the Glance that is measured.

    Args:
        what: ``ours``, ``native``, or the name of a filter in ``bare.py``.
        caller: ``admin`` or ``member``, for whom the policy file is made.
    """
    with_filter, without = _glances(caller)
    if what in OURS:
        return with_filter
    return without if what in NATIVE else _with_stand_in(what, caller)


@functools.cache
def _glances(caller: str) -> tuple[Any, Any]:
    ours, native = glance_site.applications_on(_policy_file(caller))
    return ours, native


def _with_stand_in(name: str, caller: str) -> Any:
    text = (glance_site.root() / "native-paste.ini").read_text()
    text = paste_config.insert(text).replace(
        "use = egg:glance-cache-nodes#cache_nodes", f"paste.filter_factory = bare:{name}"
    )
    path = glance_site.root() / f"{name}-paste.ini"
    path.write_text(text)
    with _policy(caller):
        return config.load_paste_app("glance-api", conf_file=str(path))


@contextlib.contextmanager
def _policy(caller: str) -> Iterator[None]:
    glance_site.CONF.set_override("policy_file", str(_policy_file(caller)), group="oslo_policy")
    try:
        yield
    finally:
        glance_site.CONF.clear_override("policy_file", group="oslo_policy")


def _policy_file(caller: str) -> Path:
    path = glance_site.root() / f"policy-of-{caller}.yaml"
    if not path.exists():
        path.write_text(POLICIES[caller])
    return path
