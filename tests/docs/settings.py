# SPDX-License-Identifier: Apache-2.0
"""Examples of configuration, held against what reads such a file in a real deployment."""

from __future__ import annotations

import configparser
import functools
import importlib.metadata
import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import deployers
import devstack
import openstack
import pytest
import yaml
from glance import policies
from oslo_config import cfg

import glance_cache_nodes_nova
from glance_cache_nodes import paste_config
from glance_cache_nodes.policies import rules
from glance_cache_nodes.sites import Sites
from glance_cache_nodes_nova.options import list_opts
from paste_samples import SHIPPED

HELM = ("openstack-helm to 2025.2.0", "openstack-helm from 2026.1.0")
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


def nova_conf(path: Path) -> None:
    """See that the weigher's options are real ones, and that the classes are Nova's and ours."""
    conf = cfg.ConfigOpts()
    for group, options in list_opts():
        conf.register_opts(options, group=group)
    conf([], project="none", default_config_files=[str(path)])
    sections = _sections(path.read_text())
    for name in sections.pop("glance_cache_nodes"):
        assert conf["glance_cache_nodes"][name]
    package = Path(glance_cache_nodes_nova.__file__).parent
    theirs, ours = sections.pop("filter_scheduler")["weight_classes"].split(",")
    assert theirs == "nova.scheduler.weights.all_weighers"
    assert ours == f"{package.name}.weigher.ImageCacheWeigher"
    assert not sections


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
    assert not deployers.unknown("openstack-ansible", variables)
    overrides = variables["glance_glance_api_paste_ini_overrides"]
    path.write_text(_rendered(deployers.merged(_sections(SHIPPED.read_text()), overrides)))
    assert deployers.has_the_call(deployers.load(path))
    wanted = _sections(paste_config.insert(SHIPPED.read_text()))
    for section, options in overrides.items():
        assert options == {name: wanted[section][name] for name in options}


def helm_paste(tool: str, path: Path) -> None:
    """See that OpenStack-Helm's values put the filter where our command would."""
    values = yaml.safe_load(path.read_text())["conf"]
    text = deployers.text(
        deployers.merged(deployers.sections(tool, path.parent), values.pop("paste"))
    )
    assert not values
    path.write_text(text)
    assert deployers.has_the_call(deployers.load(path))
    found = paste_config.pipelines(text)
    assert [not each.fault for each in found if each.flavor == "keystone+cachemanagement"] == [True]
    words = next(line for line in text.splitlines() if " cache_nodes " in line).split()
    assert words[words.index("cache_nodes") + 1] == "cache"


def helm_values(path: Path) -> None:
    """See that both forms of the chart have what the values set, and Glance its options."""
    values = yaml.safe_load(path.read_text())
    conf = _rendered(values["conf"].pop("glance"))
    for tool in HELM:
        assert not deployers.unknown(tool, values)
    path.write_text(conf)
    glance_api_conf(path)


def haproxy_cfg(path: Path) -> None:
    """See that HAProxy takes the sections, where it is installed."""
    program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("this example wants haproxy; apt-get install haproxy")
    text = re.sub(r"(server node\d) \S+", r"\1 127.0.0.1:9292", path.read_text())
    seconds = "timeout connect 5s\ntimeout client 60s\ntimeout server 60s\n"
    path.write_text(f"defaults\nmode http\n{seconds}{text}")
    done = subprocess.run([program, "-c", "-f", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def sites_yaml(path: Path) -> None:
    """See that the add-on can read it."""
    Sites.parse(path.read_text())


def cache_nodes_conf(path: Path) -> None:
    """See that the drop-in of systemd sets one variable; test_packages.py uses it."""
    assert path.read_text().startswith("[Service]\nEnvironment=PYTHONPATH=/opt/")


def _sections(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(default_section="none")
    parser.optionxform = str
    parser.read_string(text)
    return {name: dict(section) for name, section in parser.items() if name != "none"}


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
    "cache-nodes.conf": cache_nodes_conf,
    "clouds.yaml": clouds_yaml,
    "devstack/local.sh": devstack.local_sh,
    "glance-api.conf": glance_api_conf,
    "haproxy.cfg": haproxy_cfg,
    "nova.conf": nova_conf,
    "policy.yaml": policy_yaml,
    "sites.yaml": sites_yaml,
    "user_variables.yml": user_variables_yml,
    "openstack-helm/values.yaml": helm_values,
    **{f"{tool}/values.yaml": functools.partial(helm_paste, tool) for tool in HELM},
}


def check(said: str) -> Callable[[Path], None] | None:
    """Return what reads a file of that name, or None where nothing does."""
    return CHECKS.get(said) or CHECKS.get(Path(said).name)
