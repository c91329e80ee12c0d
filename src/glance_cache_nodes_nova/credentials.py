# SPDX-License-Identifier: Apache-2.0
"""Who asks Glance, and where: from [glance_cache_nodes], else from what Nova has already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystoneauth1 import adapter, loading

from glance_cache_nodes_nova.options import GROUP

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter
    from keystoneauth1.plugin import BaseAuthPlugin
    from keystoneauth1.session import Session
    from oslo_config import cfg

# Each nova-scheduler has credentials in [placement]; what it calls Glance with is [glance].
AUTH_GROUPS = (GROUP, "service_user", "placement")
TLS_GROUPS = (GROUP, "glance")
NO_CREDENTIALS = (
    f"no credentials for Glance: set auth_type and the options of that plugin in [{GROUP}] of "
    "nova.conf, as in [placement]"
)


def image_adapter(conf: cfg.ConfigOpts) -> Adapter:
    """Return an adapter for Glance that gets its own tokens.

    Args:
        conf: Nova's configuration, with the group's options registered.

    Raises:
        ValueError: there are no credentials.
        keystoneauth1.exceptions.ClientException: the auth options are not right.
    """
    group, auth = _auth(conf)
    return adapter.Adapter(session=_session(conf, group, auth), **_endpoint(conf))


def _auth(conf: cfg.ConfigOpts) -> tuple[str, BaseAuthPlugin]:
    for group in AUTH_GROUPS:
        if _value(conf, group, "auth_type") or _value(conf, group, "auth_section"):
            auth = loading.load_auth_from_conf_options(conf, group)
            if auth:
                return group, auth
    raise ValueError(NO_CREDENTIALS)


def _session(conf: cfg.ConfigOpts, auth_group: str, auth: BaseAuthPlugin) -> Session:
    groups = (*TLS_GROUPS, auth_group)
    chosen = next((each for each in groups if _sets_tls(conf, each)), GROUP)
    return loading.session.Session().load_from_options(
        auth=auth,
        insecure=bool(_value(conf, chosen, "insecure")),
        cacert=_value(conf, chosen, "cafile"),
        cert=_value(conf, chosen, "certfile"),
        key=_value(conf, chosen, "keyfile"),
        timeout=conf[GROUP].answer_timeout,
    )


def _sets_tls(conf: cfg.ConfigOpts, group: str) -> bool:
    return any(_value(conf, group, name) for name in ("cafile", "certfile", "insecure"))


def _endpoint(conf: cfg.ConfigOpts) -> dict[str, Any]:
    own = conf[GROUP]
    group = GROUP if own.endpoint_override or own.region_name else "glance"
    # Nova itself takes api_servers before all else.
    servers = _value(conf, group, "api_servers") or [None]
    return {
        "service_type": _value(conf, group, "service_type") or own.service_type,
        "interface": _value(conf, group, "valid_interfaces") or own.valid_interfaces,
        "region_name": _value(conf, group, "region_name"),
        "endpoint_override": servers[0] or _value(conf, group, "endpoint_override"),
    }


def _value(conf: cfg.ConfigOpts, group: str, name: str) -> Any:
    return conf[group][name] if group in conf and name in conf[group] else None
