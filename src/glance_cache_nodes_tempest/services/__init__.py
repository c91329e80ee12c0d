# SPDX-License-Identifier: Apache-2.0
"""The clients, over tempest.lib."""
