# SPDX-License-Identifier: Apache-2.0
"""A RabbitMQ of the run's own: no service, no root, all of it in one directory and on loopback."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from nova_processes import Programs

from glance_cache_nodes_lab.ports import HOST

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PACKAGE = "rabbitmq-server"


def missing() -> str | None:
    """Return what has to be installed; None where all is there."""
    if SERVER.is_file() and shutil.which("epmd"):
        return None
    return f"no RabbitMQ: apt-get install {PACKAGE}"


def start(running: Programs, port: int, others: tuple[int, int]) -> None:
    """Start it, with Erlang's register of names, which would otherwise stay behind.

    Args:
        running: what starts it and will end it.
        port: where it is to listen.
        others: two more free ports.
    """
    names, distribution = others
    own = running.directory / "rabbitmq"
    own.mkdir(parents=True)
    (own / "rabbitmq.conf").write_text(f"listeners.tcp.default = {HOST}:{port}\n")
    (own / "enabled_plugins").write_text("[].\n")
    epmd = {"ERL_EPMD_PORT": str(names), "ERL_EPMD_ADDRESS": HOST, "HOME": str(own)}
    running.start("epmd", [str(shutil.which("epmd")), "-port", names, "-address", HOST], epmd)
    running.wait("epmd", lambda: answers(names))
    variables = {
        **epmd,
        "RABBITMQ_NODENAME": "glance-cache-nodes@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_CONF_ENV_FILE": str(own / "none"),
        "RABBITMQ_CONFIG_FILE": str(own / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(own / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(own / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(own / "mnesia"),
        "RABBITMQ_LOG_BASE": str(own / "log"),
        "RABBITMQ_PID_FILE": str(own / "pid"),
        # Idle schedulers that spin would take a processor from the rest.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none "
        "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    running.start("rabbitmq", [SERVER], variables)


def answers(port: int) -> bool:
    """Return whether something listens at the port."""
    try:
        with socket.create_connection((HOST, port), timeout=5):
            return True
    except OSError:
        return False
