# SPDX-License-Identifier: Apache-2.0
"""The one way out to other nodes: names, connections, TLS and HTTP within deadlines."""
