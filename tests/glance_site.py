# SPDX-License-Identifier: Apache-2.0
"""A real Glance API application in this process, on a real database, with real middleware.

Only Keystone is not there: keystonemiddleware's own fixture stands in for it, so the pipeline
keeps its ``authtoken`` and a token is a name such as ``admin``.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401 - Glance's exit handler is too late to import it
import configparser
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from glance.common import config, wsgi_app
from keystoneauth1.fixture import V3Token
from keystonemiddleware.fixture import AuthTokenFixture
from oslo_config import cfg

from glance_cache_nodes import paste_config, service

CONF = cfg.CONF
FLAVOR = "keystone+cachemanagement"

# token -> project, roles
PERSONAS = {
    "admin": ("lab", ["admin", "member", "reader"]),
    "member": ("lab", ["member", "reader"]),
    "reader": ("lab", ["reader"]),
    "other": ("other", ["member", "reader"]),
    "service": ("service", ["service"]),
}
# token -> scope, roles
WITHOUT_PROJECT = {
    "unscoped": (None, []),
    "domain-admin": ("domain", ["admin", "member", "reader"]),
    "domain-reader": ("domain", ["reader"]),
    "system-admin": ("system", ["admin"]),
    "system-reader": ("system", ["reader"]),
}
EXPIRED_TOKEN = "expired"

GLANCE_CONF = """
[DEFAULT]
enabled_backends = disk:file
image_cache_dir = {root}/cache
worker_self_reference_url = http://node1:9292
node_staging_uri = file://{root}/staging
log_file = {root}/glance-api.log
[database]
connection = {database}
# No test wants the data after a crash, and a busy disk takes long to write them for certain.
sqlite_synchronous = false
[glance_store]
default_backend = disk
[disk]
filesystem_store_datadir = {root}/store
[os_glance_staging_store]
filesystem_store_datadir = {root}/staging
[os_glance_tasks_store]
filesystem_store_datadir = {root}/tasks
[paste_deploy]
flavor = keystone+cachemanagement
[keystone_authtoken]
www_authenticate_uri = http://keystone.invalid:5000
auth_url = http://keystone.invalid:5000
auth_type = password
[oslo_concurrency]
lock_path = {root}/locks
[oslo_policy]
policy_file = {root}/policy.yaml
"""


@functools.cache
def root() -> Path:
    """Return the directory of the site: configuration, database, log, cache.

    ``TEST_SITE`` names it where another process goes on with it; else it is removed in the end.
    """
    if "TEST_SITE" in os.environ:
        path = Path(os.environ["TEST_SITE"])
    else:
        path = Path(tempfile.mkdtemp(prefix="glance-cache-nodes-test-"))
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    for name in ("cache", "staging", "store", "tasks", "locks"):
        (path / name).mkdir()
    return path


@functools.cache
def application():
    """Return Glance's application with the filter in its pipeline; the first call sets all up."""
    _write_configuration()
    os.environ["OS_GLANCE_CONFIG_DIR"] = str(root())
    _accept_tokens()
    _create_tables()
    service.load.cache_clear()
    return wsgi_app.init_app()


def call(environ, start_response):
    """Answer a request with the application; it is set up at the first request, not before."""
    return (_instead or application())(environ, start_response)


_instead = None


def answer_with(other) -> None:
    """Let another application answer from now on; None for the first one again."""
    global _instead  # noqa: PLW0603 - one Glance a process, as its configuration is
    _instead = other


def application_with_options(**options: object):
    """Return a fresh Glance with options of the add-on that are read once."""
    application()
    for name, value in options.items():
        CONF.set_override(name, value, group="cache_nodes")
    try:
        return _load("glance-api", conf_file=str(root() / "glance-api-paste.ini"))
    finally:
        for name in options:
            CONF.clear_override(name, group="cache_nodes")


@functools.cache
def native_application():
    """Return the same Glance without the filter, on the same configuration and database."""
    application()
    return _load("glance-api", conf_file=str(root() / "native-paste.ini"))


def application_with_policy(rules: str):
    """Return a fresh pair (with the filter, without it) under a policy file with these rules."""
    application()
    path = Path(tempfile.mkdtemp(dir=root())) / "policy.yaml"
    path.write_text(rules)
    return applications_on(path)


def applications_on(policy: Path):
    """Return the same under a policy file that may change later."""
    application()
    CONF.set_override("policy_file", str(policy), group="oslo_policy")
    try:
        return tuple(
            _load("glance-api", conf_file=str(root() / name))
            for name in ("glance-api-paste.ini", "native-paste.ini")
        )
    finally:
        CONF.clear_override("policy_file", group="oslo_policy")


def application_with_filter(factory: str):
    """Return a fresh Glance with another filter in place of ours, such as ``module:factory``."""
    application()
    ours = "egg:glance-cache-nodes#cache_nodes"
    text = (root() / "glance-api-paste.ini").read_text()
    path = Path(tempfile.mkdtemp(dir=root())) / "paste.ini"
    path.write_text(text.replace(f"use = {ours}", f"paste.filter_factory = {factory}"))
    return _load("glance-api", conf_file=str(path))


def _load(name: str, *, conf_file: str):
    """Load a Glance that shares nothing with those loaded before."""
    service.load.cache_clear()
    return config.load_paste_app(name, conf_file=conf_file)


def log_text() -> str:
    """Return what Glance has logged so far."""
    return (root() / "glance-api.log").read_text()


def _write_configuration() -> None:
    database = os.environ.get("TEST_DATABASE_URL", f"sqlite:///{root()}/glance.sqlite")
    (root() / "glance-api.conf").write_text(GLANCE_CONF.format(root=root(), database=database))
    shipped = _without_health_check(Path(sys.prefix, "etc/glance/glance-api-paste.ini").read_text())
    (root() / "native-paste.ini").write_text(shipped)
    (root() / "glance-api-paste.ini").write_text(paste_config.insert(shipped))
    (root() / "policy.yaml").write_text("{}\n")


def _without_health_check(text: str) -> str:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    path = parser["app:healthcheck"]["disable_by_file_path"]
    return text.replace(path, str(root() / "healthcheck_disable"))


def _accept_tokens() -> None:
    tokens = AuthTokenFixture()
    tokens.setUp()
    for name, (project, roles) in PERSONAS.items():
        tokens.add_token_data(token_id=name, user_id=name, project_id=project, role_list=roles)
    tokens.add_token_data(
        token_id=EXPIRED_TOKEN,
        expires="2020-01-01T00:00:00.000000Z",
        user_id="admin",
        project_id="lab",
        role_list=["admin"],
    )
    for name, (scope, roles) in WITHOUT_PROJECT.items():
        token = V3Token(user_id=name)
        for role in roles:
            token.add_role(name=role)
        if scope is not None:
            getattr(token, f"set_{scope}_scope")()
        tokens.add_token(token, token_id=name)


def _create_tables() -> None:
    command = "import sys; from glance.cmd.manage import main; sys.exit(main())"
    arguments = ["--config-file", str(root() / "glance-api.conf"), "db", "sync"]
    subprocess.run([sys.executable, "-c", command, *arguments], check=True, capture_output=True)
