# SPDX-License-Identifier: Apache-2.0
"""The examples of the API reference are what Glance answers today."""

from __future__ import annotations

import pytest

import api_samples


@pytest.mark.parametrize("name", api_samples.SAMPLES)
def test_a_sample_is_what_was_sent_and_answered(name: str) -> None:
    for path, text in api_samples.files(name).items():
        assert path.read_text() == text, "python tests/api_samples.py writes the samples anew"


def test_there_is_no_sample_that_nobody_sends() -> None:
    there = {path.stem.rpartition("-")[0] for path in api_samples.DIRECTORY.glob("*.http")}
    assert there == set(api_samples.SAMPLES)
