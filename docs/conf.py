# SPDX-License-Identifier: Apache-2.0
"""How the documentation is built: ``make docs``."""

import importlib.metadata
import logging
import re

from docutils import nodes

project = "glance-cache-nodes"
copyright = "the authors of glance-cache-nodes"  # noqa: A001 - Sphinx wants this name
version = release = importlib.metadata.version(project)
extensions = [
    "myst_parser",
    "openstackdocstheme",
    "os_api_ref",
    "oslo_config.sphinxext",
    "oslo_policy.sphinxext",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
highlight_language = "text"
smartquotes = False  # they make one dash of the two of an option
html_copy_source = False
myst_heading_anchors = 3

# OpenStack's theme, less what speaks for openstack.org: its menus, its analytics, its search, its
# badge and its bug tracker. `_templates` holds what stands there instead.
html_theme = "openstackdocs"
html_theme_options = {
    "analytics_tracking_code": "",
    "display_badge": False,
    "root_title": project,
    "sidebar_mode": "toctree",
    "sidebar_search": True,
}
openstackdocs_auto_name = False
openstackdocs_auto_version = False

# The theme warns where it finds no git. It wants the commit for a bug link, which is off here.
logging.getLogger("sphinx.openstackdocstheme.ext").addFilter(
    lambda record: "gitsha" not in record.getMessage()
)


def setup(app):
    """Mend the links that lead out of the site, and take those that lead nowhere."""
    app.connect("source-read", stay_in_docs)
    app.connect("doctree-read", unlink_examples)
    app.connect("doctree-read", join_with_dashes)
    app.connect("html-page-context", drop_selectors)


def stay_in_docs(_, docname, source):
    """Lead links to the pages at the project's root to their copies here."""
    up = "../" * docname.count("/")
    outside = rf"\]\({up}\.\./(?=(CONTRIBUTING|CHANGELOG|SECURITY)\.md)"
    source[0] = re.sub(outside, f"]({up}", source[0])


def unlink_examples(_, doctree):
    """Keep the addresses in the options' help texts from becoming links: they are examples."""
    for link in list(doctree.findall(nodes.reference)):
        if link.get("refuri", "").startswith("http://node"):
            link.replace_self(link.children)


def join_with_dashes(_, doctree):
    """Write what Sphinx puts between a parameter and its description as the dash that is meant."""
    for text in list(doctree.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" \N{EN DASH} "))


def drop_selectors(app, pagename, templatename, context, doctree):  # noqa: ARG001
    """Drop the empty entry that os_api_ref leaves in the contents for each call."""
    empty = r'<li><a class="reference internal" href="#[\w-]+-selector"></a></li>\n'
    context["toc"] = re.sub(empty, "", context.get("toc", ""))
