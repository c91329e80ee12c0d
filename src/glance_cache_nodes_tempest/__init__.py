# SPDX-License-Identifier: Apache-2.0
"""The tempest plugin: tests of glance-cache-nodes against any cloud."""
