# SPDX-License-Identifier: Apache-2.0
"""The configuration of Nova and placement for ``make nova``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glance_cache_nodes_lab.ports import HOST
from glance_cache_nodes_lab.state import REGION

WEIGHER = "glance_cache_nodes_nova.weigher.ImageCacheWeigher"
NOVAS_OWN = "nova.scheduler.weights.all_weighers"
DATABASES = ("nova_api", "nova", "nova_cell0", "placement")

Options = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class Places:
    """Where things are.

    Attributes:
        directory: of all files.
        keystone: its URL.
        glance: the URL that Nova asks for images.
        weigher: the URL that the weigher asks.
        neutron: the URL of what stands for Neutron.
        databases: URLs by name.
        rabbit: RabbitMQ's port.
        placement: placement's port.
        compute: the port of Nova's API.
        password: of the users nova, placement and scheduler.
    """

    directory: Path
    keystone: str
    glance: str
    weigher: str
    neutron: str
    databases: Mapping[str, str]
    rabbit: int
    placement: int
    compute: int
    password: str

    @property
    def transport(self) -> str:
        """RabbitMQ's URL; guest may log in from loopback only."""
        return f"rabbit://guest:guest@{HOST}:{self.rabbit}/"

    def login(self, user: str) -> dict[str, str]:
        """Return the options of keystoneauth's password plugin."""
        return {
            "auth_type": "password",
            "auth_url": self.keystone,
            "username": user,
            "password": self.password,
            "project_name": "service",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": REGION,
        }


def write_setup(path: Path, databases: Mapping[str, str], rabbit: int) -> None:
    """Write what making the tables needs, which is known before all else."""
    options = {
        "DEFAULT": {"transport_url": f"rabbit://guest:guest@{HOST}:{rabbit}/"},
        "api_database": {"connection": databases["nova_api"]},
        "database": {"connection": databases["nova"]},
    }
    _write(path, options)


def write(places: Places, python: Path) -> None:
    """Write nova.conf, a file more for each host and scheduler, placement.conf, the paste file."""
    shutil.copy(python.parents[1] / "etc/nova/api-paste.ini", places.directory)
    _write(places.directory / "nova.conf", _nova(places))
    _write(places.directory / "placement.conf", _placement(places))
    for name, extra in _parts(places).items():
        state = places.directory / name
        state.mkdir(exist_ok=True)
        own = {"DEFAULT": {"host": name, "state_path": state}}
        _write(places.directory / f"{name}.conf", own | extra)


def _parts(places: Places) -> dict[str, Options]:
    weigher = {
        **places.login("scheduler"),
        "endpoint_override": places.weigher,
        # So short that each boot of the run asks, also after a failure.
        "answer_lifetime": 0.2,
    }
    return {
        "compute1": {},
        "compute2": {},
        "compute3": {},
        "conductor": {},
        "scheduler": {"filter_scheduler": {"weight_classes": NOVAS_OWN}},
        "scheduler-with-weigher": {
            "filter_scheduler": {"weight_classes": f"{NOVAS_OWN},{WEIGHER}"},
            "glance_cache_nodes": weigher,
        },
    }


def _nova(places: Places) -> Options:
    nova = places.login("nova")
    return {
        "DEFAULT": {
            "my_ip": HOST,
            "transport_url": places.transport,
            # One that survives, other than Nova's other fake drivers, to be started again.
            "compute_driver": "fake.FakeDriverWithoutFakeNodes",
            "state_path": places.directory,
            # A busy machine is no reason to take a service for dead.
            "service_down_time": 600,
            "rpc_response_timeout": 300,
            "periodic_fuzzy_delay": 0,
        },
        "api_database": {"connection": places.databases["nova_api"]},
        "database": {"connection": places.databases["nova"]},
        "keystone_authtoken": {"www_authenticate_uri": places.keystone, **nova},
        "placement": places.login("placement"),
        "service_user": {"send_service_user_token": "true", **nova},
        "glance": {"endpoint_override": places.glance},
        "neutron": {"endpoint_override": places.neutron, **nova},
        "scheduler": {"discover_hosts_in_cells_interval": 2, "workers": 1},
        "conductor": {"workers": 1},
        "quota": {"instances": -1, "cores": -1, "ram": -1},
        "vnc": {"enabled": "false"},
        "oslo_concurrency": {"lock_path": places.directory / "locks"},
    }


def _placement(places: Places) -> Options:
    return {
        "placement_database": {
            "connection": places.databases["placement"],
            "sync_on_startup": "true",
        },
        "keystone_authtoken": {
            "www_authenticate_uri": places.keystone,
            **places.login("placement"),
        },
    }


def _write(path: Path, options: Options) -> None:
    lines = []
    for section, values in options.items():
        # oslo.config would take a $ for the name of another option.
        each = [f"{name} = {str(value).replace('$', '$$')}" for name, value in values.items()]
        lines += [f"[{section}]", *each, ""]
    path.touch(mode=0o600)
    path.write_text("\n".join(lines))
