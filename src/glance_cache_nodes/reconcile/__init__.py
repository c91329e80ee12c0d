# SPDX-License-Identifier: Apache-2.0
"""Compare this node's disk with its record, and correct it."""
