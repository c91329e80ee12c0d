# SPDX-License-Identifier: Apache-2.0
"""Weighs hosts as nova-scheduler does; it runs in an environment with Nova.

    python in_scheduler.py NOVA.CONF green|native

Reads a request a line, JSON with the ``image`` and the ``hosts``, each a list of its aggregates'
metadata; answers each with a line: the hosts' weights by name, and the names best first.
"""

from __future__ import annotations

import json
import os
import sys

CONF_FILE, THREADS = sys.argv[1:]
if THREADS == "native":
    os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"
else:
    import nova.monkey_patch

    if hasattr(nova.monkey_patch, "patch"):  # Nova 31 and later patch when told to
        nova.monkey_patch.patch()

import nova.conf
from nova import config, objects
from nova.scheduler import host_manager, weights

ZERO = {"cpu_allocation_ratio": 1.0, "ram_allocation_ratio": 1.0, "disk_allocation_ratio": 1.0}


def main() -> None:
    """Answer until the input ends."""
    objects.register_all()
    config.parse_args(["nova-scheduler"], default_config_files=[CONF_FILE])
    handler = weights.HostWeightHandler()
    classes = handler.get_matching_classes(nova.conf.CONF.filter_scheduler.weight_classes)
    weighers = [each() for each in classes]
    print(json.dumps([type(each).__name__ for each in weighers]), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        hosts = [_host(name, metadata) for name, metadata in request["hosts"].items()]
        weighed = handler.get_weighed_objects(weighers, hosts, _spec(request))
        by_name = {each.obj.host: each.weight for each in weighed}
        print(json.dumps({"weights": by_name, "order": list(by_name)}), flush=True)


def _host(name: str, metadata: list[dict[str, str]]) -> host_manager.HostState:
    host = host_manager.HostState(name, name, "00000000-0000-0000-0000-000000000001")
    host.aggregates = [objects.Aggregate(metadata=each) for each in metadata]
    for key, value in ZERO.items():
        setattr(host, key, value)
    return host


def _spec(request: dict) -> objects.RequestSpec:
    image = request["image"]
    meta = objects.ImageMeta(
        properties=objects.ImageMetaProps(), **({"id": image} if image else {})
    )
    if image == "none":
        meta = None
    return objects.RequestSpec(
        image=meta,
        flavor=objects.Flavor(memory_mb=1, vcpus=1, root_gb=0, ephemeral_gb=0, swap=0),
        instance_group=None,
        pci_requests=objects.InstancePCIRequests(requests=[]),
        numa_topology=None,
        scheduler_hints={},
        requested_destination=None,
        num_instances=1,
    )


if __name__ == "__main__":
    main()
