# SPDX-License-Identifier: Apache-2.0
"""A token for ``check``: Glance's own credentials, or those of a cloud in clouds.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from glance_cache_nodes.reconcile.settings import Settings

_GROUP = "keystone_authtoken"


def token(settings: Settings, cloud: str | None) -> tuple[str | None, str]:
    """Return a token, or None and why there is none.

    Raises:
        UserError: the cloud cannot be used.
    """
    from keystoneauth1 import exceptions  # noqa: PLC0415 - Glance brings it

    session, why_not = (_of_cloud(cloud), "") if cloud else _of_glance(settings)
    if session is None:
        return None, why_not
    try:
        return session.get_token(), ""
    except (exceptions.ClientException, ValueError) as error:  # urllib3's, of a URL
        return None, f"there is no token: {' '.join(str(error).split())}"


def _of_cloud(cloud: str) -> Any:
    try:
        import openstack  # noqa: PLC0415 - Glance does not bring it
    except ImportError as error:
        text = "--os-cloud needs openstacksdk beside this command: pip install openstacksdk"
        raise UserError(text) from error
    try:
        return openstack.config.OpenStackConfig().get_one(cloud).get_session()
    except Exception as error:
        # What a clouds.yaml can do wrong is raised as many kinds of exception.
        text = f"the cloud {cloud} cannot be used: {' '.join(str(error).split())}"
        raise UserError(text) from error


def _of_glance(settings: Settings) -> tuple[Any | None, str]:
    from keystoneauth1 import exceptions, loading  # noqa: PLC0415 - Glance brings it
    from oslo_config import cfg  # noqa: PLC0415

    conf = cfg.ConfigOpts()
    loading.register_auth_conf_options(conf, _GROUP)
    loading.register_session_conf_options(conf, _GROUP)
    try:
        conf(
            [], project="glance", default_config_files=list(settings.files), default_config_dirs=[]
        )
        auth = loading.load_auth_from_conf_options(conf, _GROUP)
        if auth is None:
            return None, f"[{_GROUP}] has no credentials"
        return loading.load_session_from_conf_options(conf, _GROUP, auth=auth), ""
    except (exceptions.ClientException, cfg.Error, ValueError) as error:
        return None, f"[{_GROUP}] cannot be used: {' '.join(str(error).split())}"
