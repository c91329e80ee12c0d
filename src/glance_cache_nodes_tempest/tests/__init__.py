# SPDX-License-Identifier: Apache-2.0
"""The tests: ``api`` has one call each, ``scenario`` sequences of calls."""
