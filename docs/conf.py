# SPDX-License-Identifier: Apache-2.0
"""How the documentation is built: ``make docs``."""

project = "glance-cache-nodes"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "alabaster"
html_theme_options = {"description": "Which nodes of a cloud hold this image?"}
myst_heading_anchors = 3
