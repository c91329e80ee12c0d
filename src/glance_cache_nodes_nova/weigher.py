# SPDX-License-Identifier: Apache-2.0
"""The weigher: what ``[filter_scheduler] weight_classes`` names."""

from __future__ import annotations

import functools
from typing import Any

import nova.conf
from nova.scheduler import utils, weights
from oslo_log import log

from glance_cache_nodes_nova import credentials, holders, options, preference
from glance_cache_nodes_nova.answers import Answers, Bounds
from glance_cache_nodes_nova.quiet_log import QuietLog

CONF = nova.conf.CONF
LOG = log.getLogger(__name__)
MULTIPLIER = "image_cache_weight_multiplier"


class ImageCacheWeigher(weights.BaseHostWeigher):
    """Prefers the hosts that belong to a site or node which has the image in its cache.

    It never fails a boot: without an answer of Glance, and after any failure, it has no
    preference.
    """

    # Without them Nova would stretch what the hosts of one request have between 0 and 1.
    minval = 0.0
    maxval = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._log = QuietLog(LOG.warning)
        self._multiplier = 0.0
        failure = None
        try:
            self._configure()
        except Exception as raised:  # noqa: BLE001 - the scheduler has to start without us
            failure = raised
        # Outside of the block above: oslo.log adds to a line what is being handled.
        if failure:
            what = "[%s] in nova.conf: %s; hosts near an image are not preferred"
            LOG.error(what, options.GROUP, failure)

    def _configure(self) -> None:
        options.register(CONF)
        own = CONF[options.GROUP]
        # No token and no connection yet: the scheduler forks its workers later.
        self._answers = Answers(
            self._ask,
            Bounds(own.answer_timeout, own.answer_lifetime, own.answers_kept, own.calls_at_once),
            self._log.failed,
        )
        self._multiplier = own.image_cache_weight_multiplier

    def weight_multiplier(self, host_state: Any) -> float:
        """Return the multiplier of the host's aggregates, or that of nova.conf.

        Args:
            host_state: Nova's HostState.
        """
        return float(utils.get_weight_multiplier(host_state, MULTIPLIER, self._multiplier))

    def weigh_objects(self, weighed_obj_list: Any, weight_properties: Any) -> list[float]:
        """Return 1.0 for each host near the image, else 0.0; Nova calls it once for an instance.

        Args:
            weighed_obj_list: Nova's WeighedHosts.
            weight_properties: Nova's RequestSpec.
        """
        hosts = [each.obj for each in weighed_obj_list]
        try:
            return self._weights(hosts, weight_properties)
        except Exception as raised:  # noqa: BLE001 - a boot must not fail for it
            failure = raised
        self._log.failed(failure)
        return [0.0] * len(hosts)

    def _weigh_object(self, obj: Any, weight_properties: Any) -> float:
        return self._weights([obj], weight_properties)[0]

    def _weights(self, hosts: list[Any], spec: Any) -> list[float]:
        image_id = _image_id(spec)
        names = [preference.names(each.metadata for each in host.aggregates) for host in hosts]
        matter = [bool(name) and bool(self.weight_multiplier(h)) for name, h in zip(names, hosts)]
        if not image_id or not any(matter):
            return [0.0] * len(hosts)
        found = self._answers.holders(image_id).names
        return [preference.weight(each, found) for each in names]

    @functools.cached_property
    def _adapter(self) -> Any:
        return credentials.image_adapter(CONF)

    def _ask(self, image_id: str) -> holders.Holders:
        return holders.ask(self._adapter, image_id)


def _image_id(spec: Any) -> str | None:
    """Return the ID of the image to boot; a boot from a volume has an image without one."""
    if not spec.obj_attr_is_set("image") or not spec.image:
        return None
    return spec.image.id if spec.image.obj_attr_is_set("id") else None
