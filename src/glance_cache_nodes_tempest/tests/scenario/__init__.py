# SPDX-License-Identifier: Apache-2.0
"""Several nodes and one image."""
