# SPDX-License-Identifier: Apache-2.0
"""Glance's tables, queried within a deadline."""
