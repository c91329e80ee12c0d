# SPDX-License-Identifier: Apache-2.0
"""A weigher for Nova's scheduler: hosts come first whose site has the image in a node's cache.

``weigher`` is what ``[filter_scheduler] weight_classes`` names, and the only module that imports
Nova. ``holders`` asks Glance, ``answers`` keeps what it said, ``deadline`` bounds the wait,
``preference`` maps hosts to nodes, ``options`` and ``credentials`` are the configuration.
"""
