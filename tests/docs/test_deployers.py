# SPDX-License-Identifier: Apache-2.0
"""The paste files of deployment tools load without our example, and not with the wrong one."""

from __future__ import annotations

import deployers
import pages
import pytest
import settings
import yaml

from glance_cache_nodes import paste_config
from glance_cache_nodes.paste_config.filters import WITH_FILL

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


@pytest.mark.parametrize("tool", settings.HELM)
def test_the_fill_goes_into_the_file_of_a_chart_and_out_of_it(tool, tmp_path) -> None:
    text = deployers.text(deployers.sections(tool, tmp_path))
    path = tmp_path / "glance-api-paste.ini"
    path.write_text(paste_config.insert(text, WITH_FILL))
    assert deployers.has_the_call(deployers.load(path))
    assert paste_config.remove(path.read_text()) == text
    words = [line.split() for line in path.read_text().splitlines() if " rootapp" in line]
    followed = [each[each.index("cache") + 1] for each in words if "cache" in each]
    assert followed == ["cache_fill"] * len(followed) != []
