# SPDX-License-Identifier: Apache-2.0
"""Calls to the other nodes: bounded in number and time, and one outcome for each node."""
