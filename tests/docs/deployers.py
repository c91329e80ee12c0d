# SPDX-License-Identifier: Apache-2.0
"""The paste file that a deployment tool makes of its own sections and of an example of ours.

``deployers.yaml`` has the facts of the tools' files. The result is loaded by real Glance.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import webob
import yaml
from glance.common import config

import glance_site

ROOT_FACTORY = "glance.api:root_app_factory"
Sections = dict[str, dict[str, str]]


@functools.cache
def facts(tool: str) -> dict:
    """Return what is known of a tool's files."""
    return yaml.safe_load(Path(__file__).with_name("deployers.yaml").read_text())[tool]


def sections(tool: str, directory: Path) -> Sections:
    """Return the sections of a tool's paste file; a file of the test goes into the directory."""
    known = facts(tool)
    without = known.get("without", {})
    found = _pipelines(known)
    found["composite:rootapp"] = {"paste.composite_factory": ROOT_FACTORY, **known["versions"]}
    for name in known["apps"].keys() - without.get("apps", []):
        found[f"app:{name}"] = {"paste.app_factory": known["apps"][name]}
    for name in known["filters"].keys() - without.get("filters", []):
        factory = {"paste.filter_factory": known["filters"][name]}
        found[f"filter:{name}"] = factory | known["options"].get(name, {})
    if "filter:audit" in found:
        audit = directory / "api_audit_map.conf"
        audit.write_text("[DEFAULT]\ntarget_endpoint_type = None\n")
        found["filter:audit"]["audit_map_file"] = str(audit)
    return found


def _pipelines(known: dict) -> Sections:
    if "pipelines" in known:
        return {
            f"pipeline:glance-api{name}": {"pipeline": f"{filters} rootapp"}
            for name, filters in known["pipelines"].items()
        }
    flavors = {name: f"{filters} rootapp" for name, filters in known["flavors"].items()}
    root = {"paste.composite_factory": ROOT_FACTORY, "/": "api", "/healthcheck": "healthcheck"}
    names = ["", *(f"-{name}" for name in flavors if name != "default")]
    api = {"paste.composite_factory": "glance.api:pipeline_factory", **flavors}
    return {"composite:api": api, **{f"composite:glance-api{name}": root for name in names}}


def merged(base: dict, values: dict) -> dict:
    """Return one mapping over another, as Helm and Ansible lay values over defaults."""
    result = dict(base)
    for key, value in values.items():
        known = result.get(key)
        both = isinstance(known, dict) and isinstance(value, dict)
        result[key] = merged(known, value) if both else value
    return result


def text(found: Sections) -> str:
    """Return the paste file, its sections in the order of their names, as Helm writes them."""
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in found[name].items())
        for name in sorted(found)
    )


def load(path: Path):
    """Return Glance's application of a paste file, with the flavor of the tests' Glance."""
    glance_site.application()
    return config.load_paste_app("glance-api", conf_file=str(path))


def has_the_call(application) -> bool:
    """Return whether the add-on answers there, and not Glance 33 itself, which takes queries."""
    request = webob.Request.blank("/v2/cache/nodes/no-id?a=b", headers={"X-Auth-Token": "admin"})
    return request.get_response(application).status_int == 400


def paths(values: dict, above: str = "") -> Iterator[str]:
    """Return the dotted paths of the lists and plain values in a mapping."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from paths(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def unknown(tool: str, values: dict) -> list[str]:
    """Return what of an example the tool does not take."""
    takes = facts(tool)["takes"]
    return [
        path
        for path in paths(values)
        if not any(f"{path}.".startswith(f"{each}.") for each in takes)
    ]
