# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a cloud hold this image: an add-on for OpenStack Glance."""
