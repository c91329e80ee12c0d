# SPDX-License-Identifier: Apache-2.0
"""The paste files of deployment tools load without our example, and not with the wrong one."""

from __future__ import annotations

import deployers
import pages
import pytest
import settings
import yaml

PAGE = pages.ROOT / "docs/guide/deployment-tools.md"


@pytest.mark.parametrize("tool", settings.HELM)
def test_the_file_of_a_chart_has_not_the_call(tool, tmp_path) -> None:
    path = tmp_path / "glance-api-paste.ini"
    path.write_text(deployers.text(deployers.sections(tool, tmp_path)))
    assert not deployers.has_the_call(deployers.load(path))


def test_the_form_for_an_older_chart_keeps_glance_from_starting_in_a_newer_one(tmp_path) -> None:
    older, newer = settings.HELM
    example = next(each for each in pages.examples(PAGE) if each.said.startswith(older))
    values = yaml.safe_load(example.text)["conf"]["paste"]
    path = tmp_path / "glance-api-paste.ini"
    merged = deployers.merged(deployers.sections(newer, tmp_path), values)
    path.write_text(deployers.text(merged))
    with pytest.raises(RuntimeError, match="Ambiguous section names"):
        deployers.load(path)
