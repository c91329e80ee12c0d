# SPDX-License-Identifier: Apache-2.0
"""What ``GET /v2/cache/nodes/{image_id}`` answers to whom."""
