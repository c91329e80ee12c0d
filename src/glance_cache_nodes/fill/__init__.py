# SPDX-License-Identifier: Apache-2.0
"""The second paste filter: a node fills its cache once, from a peer or from the backend."""
