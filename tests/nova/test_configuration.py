# SPDX-License-Identifier: Apache-2.0
"""The group of nova.conf: who asks Glance, and where; what a failure leaves in the log."""

from __future__ import annotations

from pathlib import Path

import pytest
from keystoneauth1 import loading
from oslo_config import cfg, generator

from glance_cache_nodes.exception import CallError
from glance_cache_nodes_nova import credentials, options
from glance_cache_nodes_nova.quiet_log import QuietLog

PASSWORD = """auth_type = password
auth_url = http://127.0.0.1:1/v3
username = {user}
password = secret
project_name = service
"""


def configured(path: Path, text: str) -> cfg.ConfigOpts:
    """Read a nova.conf, with Nova's own groups as Nova registers them."""
    (path / "nova.conf").write_text(text)
    conf = cfg.ConfigOpts()
    for group in ("service_user", "placement", "glance"):
        loading.register_session_conf_options(conf, group)
        if group == "glance":
            conf.register_opts(loading.get_adapter_conf_options(), group=group)
            conf.register_opt(cfg.ListOpt("api_servers"), group=group)
        else:
            loading.register_auth_conf_options(conf, group)
    options.register(conf)
    conf(["--config-file", str(path / "nova.conf")], project="nova", default_config_files=[])
    return conf


def user(conf: cfg.ConfigOpts) -> str:
    auth = credentials.image_adapter(conf).session.auth
    return auth.auth_methods[0].username if hasattr(auth, "auth_methods") else auth._username


def section(group: str) -> str:
    return f"[{group}]\n{PASSWORD.format(user=f'the-{group}')}"


ORDER = ["glance_cache_nodes", "service_user", "placement"]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_first_group_with_credentials_is_used(tmp_path: Path, first: int) -> None:
    conf = configured(tmp_path, "\n".join(map(section, ORDER[first:])))
    assert user(conf) == f"the-{ORDER[first]}"


def test_credentials_in_a_section_that_is_named(tmp_path: Path) -> None:
    text = "[glance_cache_nodes]\nauth_section = placement\n" + section("placement")
    assert user(configured(tmp_path, text)) == "the-placement"


def test_no_credentials_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"set auth_type .* in \[glance_cache_nodes\]"):
        credentials.image_adapter(configured(tmp_path, ""))


ENDPOINTS = {
    "ours": ("endpoint_override = http://a", "endpoint_override = http://b", "http://a"),
    "Nova's": ("", "endpoint_override = http://b", "http://b"),
    "Nova's list": ("", "api_servers = http://c,http://d", "http://c"),
    "from the catalog": ("", "", None),
    "from the catalog of our region": ("region_name = x", "endpoint_override = http://b", None),
}


@pytest.mark.parametrize(("ours", "novas", "endpoint"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_the_endpoint(tmp_path: Path, ours: str, novas: str, endpoint: str | None) -> None:
    text = f"{section('glance_cache_nodes')}{ours}\n[glance]\n{novas}\n"
    adapter = credentials.image_adapter(configured(tmp_path, text))
    assert (adapter.endpoint_override, adapter.service_type) == (endpoint, "image")
    assert adapter.interface == ["internal", "public"]
    assert adapter.session.timeout == 1.0


TLS = {
    "ours": ("cafile = /ours", "cafile = /glance", "/ours"),
    "Nova's for Glance": ("", "cafile = /glance", "/glance"),
    "that of the credentials": ("", "", "/placement"),
}


@pytest.mark.parametrize(("ours", "novas", "verify"), TLS.values(), ids=TLS)
def test_the_certificates(tmp_path: Path, ours: str, novas: str, verify: str) -> None:
    text = f"[glance_cache_nodes]\n{ours}\n[glance]\n{novas}\n{section('placement')}"
    conf = configured(tmp_path, f"{text}cafile = /placement\n")
    assert credentials.image_adapter(conf).session.verify == verify


def test_oslo_config_generator_knows_the_options(tmp_path: Path) -> None:
    output = tmp_path / "sample"
    generator.main(["--namespace", "glance_cache_nodes_nova", "--output-file", str(output)])
    sample = output.read_text()
    assert "[glance_cache_nodes]" in sample
    for name in (
        "image_cache_weight_multiplier = 10.0",
        "answer_timeout = 1.0",
        "auth_type",
        "username",
    ):
        assert f"#{name}" in sample


ID, OTHER = "11111111-2222-4333-8444-555555555555", "AAAAAAAA-2222-4333-8444-555555555555"


def test_the_log_has_a_line_for_each_failure_and_minute() -> None:
    lines: list[str] = []
    now = [0.0]
    log = QuietLog(lines.append, lambda: now[0])
    for moment, failure in [
        (0.0, CallError(f"no {ID}", 404)),
        (59.0, CallError(f"no {OTHER}", 404)),
        (59.0, CallError("no\nanswer")),
        (60.0, CallError(f"no {OTHER}", 404)),
        (60.0, ValueError()),
    ]:
        now[0] = moment
        log.failed(failure)
    said = [line.removeprefix("No preference for hosts near the image: ") for line in lines]
    assert said == [f"no {ID}", "no answer", f"no {OTHER}", "ValueError"]


def test_the_log_has_few_lines_however_many_failures_there_are() -> None:
    lines: list[str] = []
    log = QuietLog(lines.append, lambda: 0.0)
    for number in range(100):
        log.failed(ValueError(number))
    assert len(lines) == 10
