# SPDX-License-Identifier: Apache-2.0
"""``GET /v2/cache/nodes/{image_id}``, by caller and request."""
