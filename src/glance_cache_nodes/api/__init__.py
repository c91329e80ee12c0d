# SPDX-License-Identifier: Apache-2.0
"""The paste filter: its routes, the validation of requests, the responses."""
