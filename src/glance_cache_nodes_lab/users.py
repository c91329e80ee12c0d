# SPDX-License-Identifier: Apache-2.0
"""The lab's users, one row each."""

from __future__ import annotations

from typing import NamedTuple

DOMAIN = "Default"


class User(NamedTuple):
    """A user of the lab's Keystone, in the domain ``DOMAIN``.

    Args:
        cloud: the cloud in clouds.yaml that is this user.
        name: the user's name in Keystone.
        project: the project that the user works in; made with the users.
        role: the user's role there, one that the bootstrap of Keystone makes.
    """

    cloud: str
    name: str
    project: str
    role: str


ADMIN = User("lab-admin", "admin", "lab", "admin")
"""Made by the bootstrap of Keystone, with its project."""

GLANCE = User("lab-service", "glance", "service", "service")
"""The one that Glance itself is, when it has Keystone validate a token."""

ALL = (
    ADMIN,
    User("lab-member", "member", "lab", "member"),
    User("lab-reader", "reader", "lab", "reader"),
    User("lab-other", "other", "other", "member"),
    GLANCE,
)


def login(user: User, password: str) -> dict[str, str]:
    """Return the options of keystoneauth's password plugin for the user, without the URL."""
    return {
        "username": user.name,
        "password": password,
        "project_name": user.project,
        "user_domain_name": DOMAIN,
        "project_domain_name": DOMAIN,
    }
