# SPDX-License-Identifier: Apache-2.0
"""Examples of configuration, held against what reads such a file in a real deployment."""

from __future__ import annotations

import configparser
import datetime
import importlib.metadata
import io
import sys
from pathlib import Path

import openstack
import sqlalchemy
import yaml
from glance import policies
from glance.db.sqlalchemy import models
from oslo_config import cfg

from glance_cache_nodes import paste_config
from glance_cache_nodes.policies import rules

SHIPPED = Path(sys.prefix, "etc/glance/glance-api-paste.ini")
OWNERS_OF_OPTIONS = (
    "glance.api",
    "glance_cache_nodes",
    "keystonemiddleware.auth_token",
    "oslo.db",
    "oslo.log",
    "oslo.policy",
)


def glance_api_conf(path: Path) -> None:
    """See that each option is a real one, and its value one that it takes."""
    text = path.read_text()
    conf = _all_options()
    conf([], project="none", default_config_files=[str(path)], default_config_dirs=[])
    parser = configparser.RawConfigParser(default_section="none", strict=False)
    parser.read_string(text)
    for section in parser.sections():
        for name, value in parser.items(section):
            owner = conf if section == "DEFAULT" else conf[section]
            getattr(owner, name)
            assert "#" not in value, f"oslo.config takes the comment into the value of {name}"


def policy_yaml(path: Path) -> None:
    """See that the file has rules of Glance or of the add-on, and nothing else."""
    known = {rule.name for rule in [*policies.list_rules(), *rules.RULES]}
    unknown = set(yaml.safe_load(path.read_text())) - known
    assert not unknown, f"no such rules: {unknown}"


def clouds_yaml(path: Path) -> None:
    """See that openstacksdk can read every cloud."""
    config = openstack.config.OpenStackConfig(config_files=[str(path)], load_envvars=False)
    for name in config.get_cloud_names():
        config.get_one(name)


def user_variables_yml(path: Path) -> None:
    """See that OpenStack-Ansible's overrides make of a pipeline what our command makes of it."""
    variables = yaml.safe_load(path.read_text())
    overrides = variables["glance_glance_api_paste_ini_overrides"]
    wanted = _ini(paste_config.insert(SHIPPED.read_text()))
    assert "filter:cache_nodes" in overrides
    for section, options in overrides.items():
        assert options == {name: wanted[section][name] for name in options}
    path.write_text(_rendered(variables["glance_glance_api_conf_overrides"]))
    glance_api_conf(path)


def values_yaml(path: Path) -> None:
    """See that OpenStack-Helm's values put the filter where our command would."""
    values = yaml.safe_load(path.read_text())["conf"]
    filters = {name: dict(part) for name, part in _ini(SHIPPED.read_text()).items()}
    named = {name: part for name, part in filters.items() if name.startswith("filter:")}
    text = _rendered({**named, **values["paste"]})
    assert paste_config.filtered(text)
    assert paste_config.insert(text) == text
    path.write_text(_rendered(values["glance"]))
    glance_api_conf(path)


def forget_sql(path: Path) -> None:
    """See that a node that is gone is taken out of Glance's tables, and no other one."""
    engine = sqlalchemy.create_engine("sqlite://")
    tables = [models.NodeReference.__table__, models.CachedImages.__table__]
    models.BASE.metadata.create_all(engine, tables=tables)
    now = datetime.datetime.now()
    with engine.begin() as connection:
        for number, name in enumerate(("gone", "here"), 1):
            node = {"node_reference_id": number}
            url = {"node_reference_url": f"http://{name}:9292"}
            file = {"image_id": "x", "size": 1, "hits": 0, "last_accessed": now}
            connection.execute(tables[0].insert(), node | url)
            connection.execute(tables[1].insert(), node | file | {"last_modified": now})
        for statement in path.read_text().split(";"):
            connection.exec_driver_sql(statement)
        left = [connection.execute(table.select()).mappings().all() for table in tables]
    assert [[row["node_reference_id"] for row in rows] for rows in left] == [[2], [2]]


def _ini(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(default_section="none")
    parser.optionxform = str
    parser.read_string(text)
    return parser


def _rendered(sections: dict[str, dict[str, str]]) -> str:
    parser = configparser.RawConfigParser(default_section="none")
    parser.optionxform = str
    parser.read_dict(sections)
    written = io.StringIO()
    parser.write(written)
    return written.getvalue()


def _all_options() -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    for point in importlib.metadata.entry_points(group="oslo.config.opts"):
        if point.name in OWNERS_OF_OPTIONS:
            for group, options in point.load()():
                conf.register_opts(options, group=group)
    return conf


CHECKS = {
    "clouds.yaml": clouds_yaml,
    "forget.sql": forget_sql,
    "glance-api.conf": glance_api_conf,
    "policy.yaml": policy_yaml,
    "user_variables.yml": user_variables_yml,
    "values.yaml": values_yaml,
}
