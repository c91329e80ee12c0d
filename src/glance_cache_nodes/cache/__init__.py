# SPDX-License-Identifier: Apache-2.0
"""What lies in this node's ``image_cache_dir``: pure functions over a path."""

DRIVER = "centralized_db"
"""The value of Glance's ``image_cache_driver`` with which a node writes the record."""
