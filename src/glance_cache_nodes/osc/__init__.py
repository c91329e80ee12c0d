# SPDX-License-Identifier: Apache-2.0
"""Commands of OpenStackClient: ``openstack cache nodes ...``."""
