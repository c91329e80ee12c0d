# SPDX-License-Identifier: Apache-2.0
"""The tests; ``api`` looks at one call, ``scenario`` at a life with many."""
