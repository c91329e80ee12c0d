# SPDX-License-Identifier: Apache-2.0
"""The lab's Glance asked by the weigher in Nova's weight handler, without the rest of Nova."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nova_environment
from nova_cloud import Cloud
from nova_conf import NOVAS_OWN, WEIGHER

HOSTS = {"near": [{"glance_site": "edge2"}], "far": [{"glance_site": "edge1"}]}
NEAR, NOBODY = {"near": 10.0, "far": 0.0}, {"near": 0.0, "far": 0.0}
EXPECTED = {
    "scheduler": {"at-edge2": NEAR, "private": NOBODY},
    "nova": {"at-edge2": NEAR, "private": NEAR},
}
ROLES = {"scheduler": "roles reader and service", "nova": "context_is_admin"}


def weigh(cloud: Cloud, python: Path, images: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Yield what was tried, and whether the weights were right."""
    for user, expected in EXPECTED.items():
        found = _weights(cloud, python, user, [images[each] for each in expected])
        for image, weights in zip(expected, found):
            right = weights == expected[image]
            yield f"Nova 29 weighs, {ROLES[user]}, {image}: {weights}", right


def _weights(
    cloud: Cloud, python: Path, user: str, images: Sequence[str]
) -> list[dict[str, float]]:
    conf = cloud.places.directory / f"weigh-as-{user}.conf"
    options = {**cloud.places.login(user), "endpoint_override": cloud.lab.nodes[0].url}
    # The first call also loads what it needs; no machine shall be too slow for it here.
    options["answer_timeout"] = "60"
    conf.touch(mode=0o600)
    conf.write_text(
        f"[filter_scheduler]\nweight_classes = {NOVAS_OWN},{WEIGHER}\n[glance_cache_nodes]\n"
        + "".join(f"{name} = {value}\n" for name, value in options.items())
    )
    requests = [json.dumps({"image": image, "hosts": HOSTS}) for image in images]
    with cloud.running.log(conf.stem).open("ab") as log:
        done = subprocess.run(
            [python, Path(__file__).with_name("in_scheduler.py"), conf, "green"],
            env=nova_environment.variables(),
            input="".join(f"{line}\n" for line in requests),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            check=True,
        )
    return [json.loads(line)["weights"] for line in done.stdout.splitlines()[-len(images) :]]
