# SPDX-License-Identifier: Apache-2.0
"""Calls to other nodes: bounded in number and time, one outcome for each."""
