# SPDX-License-Identifier: Apache-2.0
"""The cloud of ``make nova``: Keystone and Glance from the lab, RabbitMQ, MariaDB, Nova."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gate
import neutron
import nova_conf
import nova_environment
import nova_rabbit
import openstack
import servers
from nova_processes import Programs

import glance_cache_nodes_lab as labs
from glance_cache_nodes_lab import launch, ports, state, users
from glance_cache_nodes_lab.ports import HOST
from glance_cache_nodes_lab.state import REGION, LabState

SITES = {"edge1": 1, "edge2": 1, "edge3": 1}
COMPUTES = ("compute1", "compute2", "compute3")
RULE = '"list_cached_nodes": "rule:context_is_admin or role:service"\n'
# Glance's rule get_image wants a reader, also for public images.
ROLES = {
    "nova": ("admin", "service"),
    "placement": ("admin", "service"),
    "scheduler": ("reader", "service"),
}
HERE = Path(__file__).parent


@dataclass
class Cloud:
    """What runs.

    Attributes:
        lab: Keystone and the nodes; node N is site edgeN's.
        gate: between the weigher and node 1.
        places: where things are.
        running: Nova's programs and RabbitMQ.
        python: of Nova's environment.
        connection: as the lab's admin.
    """

    lab: LabState
    gate: gate.Gate
    places: nova_conf.Places
    running: Programs
    python: Path
    connection: openstack.connection.Connection

    def start(self, program: str, name: str) -> None:
        """Start one of Nova's programs with the configuration of that name."""
        files = ("nova.conf", f"{name}.conf")
        options = [f"--config-file={self.places.directory / file}" for file in files]
        argv = [self.python, self.python.parent / program, *options]
        self.running.start(name, argv)


@contextlib.contextmanager
def running(directory: Path, python: Path, say) -> Iterator[Cloud]:
    """Run it all for the block.

    Args:
        directory: for all files; emptied.
        python: of an environment with Nova and placement.
        say: is given a line for each step.

    Raises:
        RuntimeError: something did not start, or still runs in the end.
    """
    remove(directory)
    directory.mkdir(parents=True)
    programs = Programs(directory)
    with contextlib.ExitStack() as stack:
        say("starting MariaDB and RabbitMQ")
        rabbit, *others, placement, compute, guarded = ports.pick(6)
        stack.callback(programs.end)
        nova_rabbit.start(programs, rabbit, tuple(others))
        server = stack.enter_context(servers.mariadb())
        urls = {name: server.url(name) for name in nova_conf.DATABASES}
        places = {"directory": directory, "databases": urls, "rabbit": rabbit}
        places |= {"placement": placement, "compute": compute}
        stack.callback(remove_lab, directory)
        nova_conf.write_setup(directory / "setup.conf", urls, rabbit)
        say("making Nova's tables; starting Keystone and Glance")
        with _setup(programs, python):
            lab = _lab(directory)
        entry = stack.enter_context(contextlib.closing(gate.Gate(lab.nodes[0].port, guarded)))
        cloud = Cloud(
            lab,
            entry,
            nova_conf.Places(
                **places,
                keystone=lab.keystone_url,
                glance=lab.nodes[2].url,
                weigher=entry.url,
                neutron=stack.enter_context(neutron.serving()),
                password=secrets.token_hex(16),
            ),
            programs,
            python,
            stack.enter_context(_connection(lab)),
        )
        _start(cloud, say)
        # A new one, since the catalogue had no Nova before.
        cloud.connection = stack.enter_context(_connection(lab))
        compute = cloud.connection.compute
        programs.wait("computes", lambda: len(list(compute.hypervisors())) == len(COMPUTES))
        yield cloud
        say("ending all")
    if left := programs.left():
        raise RuntimeError(f"processes that are left: {left}")


def remove(directory: Path) -> None:
    """End what an earlier run left, and remove its files."""
    remove_lab(directory)
    shutil.rmtree(directory, ignore_errors=True)


def remove_lab(directory: Path) -> None:
    """End the lab there, if there is one; its logs stay."""
    if state.exists(directory / "lab"):
        labs.down(directory / "lab")


def _lab(directory: Path) -> LabState:
    policy = directory / "glance-policy.yaml"
    policy.write_text(RULE)
    options = {"oslo_policy": {"policy_file": str(policy)}}
    numbers = range(1, len(SITES) + 1)
    return labs.up(
        directory / "lab",
        in_sites=SITES,
        node_options=dict.fromkeys(numbers, options),
        progress=lambda _: None,
    )


def _connection(lab: LabState) -> openstack.connection.Connection:
    config = openstack.config.OpenStackConfig(
        config_files=[str(lab.clouds_file)], load_envvars=False
    )
    connection = openstack.connection.Connection(config=config.get_one(users.ADMIN.cloud))
    connection.session.session.trust_env = False  # no proxy reaches this machine's loopback
    return connection


def _start(cloud: Cloud, say) -> None:
    places, programs = cloud.places, cloud.running
    nova_conf.write(places, cloud.python)
    programs.wait("RabbitMQ", lambda: nova_rabbit.answers(places.rabbit))
    directory = {"OS_PLACEMENT_CONFIG_DIR": str(places.directory)}
    directory["OS_NOVA_CONFIG_DIR"] = str(places.directory)
    served = [cloud.python, HERE / "nova_serve.py"]
    programs.start("placement", [*served, "placement", places.placement], directory)
    _make_users(cloud)
    say("starting placement, nova-api, the conductor, the scheduler and three computes")
    programs.start("nova-api", [*served, "nova-api", places.compute], directory)
    cloud.start("nova-conductor", "conductor")
    # The scheduler ends where placement does not answer yet.
    programs.wait("placement", lambda: nova_rabbit.answers(places.placement))
    cloud.start("nova-scheduler", "scheduler")
    for name in COMPUTES:
        cloud.start("nova-compute", name)
    programs.wait("nova-api", lambda: nova_rabbit.answers(places.compute))


@contextlib.contextmanager
def _setup(programs: Programs, python: Path) -> Iterator[None]:
    """Make the tables beside the block; wait for them at its end."""
    log = programs.log("setup")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [python, HERE / "nova_setup.py", programs.directory / "setup.conf"],
            env=nova_environment.variables(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield
        if process.wait():
            raise RuntimeError(f"Nova's tables: {launch.last_words(log)}; see {log}")
    finally:
        process.kill()
        process.wait()


def _make_users(cloud: Cloud) -> None:
    identity = cloud.connection.identity
    project = identity.find_project("service")
    for name, roles in ROLES.items():
        user = identity.create_user(name=name, password=cloud.places.password)
        for role in roles:
            identity.assign_project_role_to_user(project, user, identity.find_role(role))
    for kind, url in (
        ("placement", f"http://{HOST}:{cloud.places.placement}"),
        ("compute", f"http://{HOST}:{cloud.places.compute}/v2.1"),
    ):
        service = identity.create_service(name=kind, type=kind)
        for interface in ("public", "internal"):
            identity.create_endpoint(
                service_id=service.id, interface=interface, region_id=REGION, url=url
            )
