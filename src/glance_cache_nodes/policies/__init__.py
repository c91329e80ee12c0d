# SPDX-License-Identifier: Apache-2.0
"""The policy rules, Glance's enforcer of them, and the target that they compare with."""
