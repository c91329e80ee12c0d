# SPDX-License-Identifier: Apache-2.0
"""What the add-on is held against: pipelines that do less than it, with the same Glance around.

``floor`` answers at once where the add-on stands. ``policy`` looks at the rule first, with the
add-on's own enforcer; ``limit`` makes one round trip over a bare connection of the driver besides.
``rules`` is ``limit`` with Glance's rule ``get_image`` enforced too, on the image that was read, as
the add-on has to.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import psycopg2
import pymysql
import sqlalchemy as sa
import webob
from oslo_config import cfg

from glance_cache_nodes.policies import rules as policy_rules

RULE = policy_rules.LIST_CACHED_NODES
GET_IMAGE = policy_rules.GET_IMAGE
QUESTION = """
SELECT images.id, images.owner, images.visibility, node_reference.node_reference_url
FROM images LEFT OUTER JOIN cached_images ON cached_images.image_id = images.id
LEFT OUTER JOIN node_reference
  ON node_reference.node_reference_id = cached_images.node_reference_id
WHERE images.id = {place} AND images.deleted = {false}
"""


def floor(_global_conf: Any, **_local_conf: str) -> Any:
    """Return a paste filter that answers every request with a list of two nodes."""
    body = _body(["http://node1:9292", "http://node2:9292"])
    return lambda _application: webob.Response(body=body, content_type="application/json")


def policy(_global_conf: Any, **_local_conf: str) -> Any:
    """Return a paste filter that enforces the rule, and then answers a list of two nodes."""
    enforcer = policy_rules.make_enforcer()
    body = _body(["http://node1:9292", "http://node2:9292"])

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        enforcer.enforce(webob.Request(environ).context, RULE, {})
        response = webob.Response(body=body, content_type="application/json")
        return response(environ, start_response)

    return lambda _application: answer


def limit(_global_conf: Any, **_local_conf: str) -> Any:
    """Return a paste filter that enforces the rule and asks the driver."""
    return _asking()


def rules(_global_conf: Any, **_local_conf: str) -> Any:
    """Return a paste filter that enforces both rules and asks the driver."""
    return _asking(GET_IMAGE)


def _asking(*of_image: str) -> Any:
    enforcer = policy_rules.make_enforcer()
    ask = bare_question(cfg.CONF.database.connection)

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        request = webob.Request(environ)
        enforcer.enforce(request.context, RULE, {})
        rows = ask(environ["PATH_INFO"][-36:])
        for rule in of_image:
            enforcer.enforce(request.context, rule, _target(*rows[0][:3]))
        response = webob.Response(body=_body([row[-1] for row in rows]))
        response.content_type = "application/json"
        return response(environ, start_response)

    return lambda _application: answer


def _target(image_id: str, owner: str, visibility: str) -> dict[str, str | None]:
    """Return what ``get_image`` compares with, for an image that is not shared."""
    return {"id": image_id, "project_id": owner, "visibility": visibility, "member_id": None}


def bare_question(url: str) -> Any:
    """Return a function that asks for an image's nodes over a connection that it keeps."""
    parts = sa.engine.make_url(url)
    connection, place = connect(parts)
    sql = QUESTION.format(place=place, false="0" if place == "?" else "false")

    def ask(image_id: str) -> Any:
        cursor = connection.cursor()
        cursor.execute(sql, (image_id,))
        return cursor.fetchall()

    return ask


def connect(url: sa.engine.URL) -> tuple[Any, str]:
    """Return a connection of the driver alone, and how its statements write a parameter."""
    if url.drivername.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.database, isolation_level=None)
        return connection, "?"
    where = {"host": url.host, "port": url.port, "user": url.username, "password": url.password}
    if url.drivername.startswith("mysql"):
        return pymysql.connect(**where, database=url.database, autocommit=True), "%s"
    connection = psycopg2.connect(**where, dbname=url.database)
    connection.autocommit = True
    return connection, "%s"


def _body(urls: list[str]) -> bytes:
    return json.dumps({"cached_nodes": urls}).encode()
