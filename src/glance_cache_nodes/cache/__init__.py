# SPDX-License-Identifier: Apache-2.0
"""What lies in this node's ``image_cache_dir``: pure functions over a path."""
