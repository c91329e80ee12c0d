# SPDX-License-Identifier: Apache-2.0
"""What the scheduler reads of Glance's answers, and what it takes for no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator

import glance_answers
import pytest
from glance_answers import DETAIL, IMAGE_ID, NODES, Glance, adapter_for

from glance_cache_nodes.exception import CallError
from glance_cache_nodes_nova import holders


@pytest.fixture
def glance() -> Iterator[Glance]:
    with glance_answers.serve() as served:
        yield served


def ask(glance: Glance) -> set[str]:
    return set(holders.ask(adapter_for(glance.url), IMAGE_ID).names)


def test_nodes_and_their_sites_come_in_one_call_without_verify(glance: Glance) -> None:
    glance.answers[DETAIL] = (200, glance_answers.detail(a="edge1", b="edge1", c="central"))
    assert ask(glance) == {f"http://{each}:9292" for each in "abc"} | {"edge1", "central"}
    assert (glance.asked, glance.tokens) == ([DETAIL], {"a-token"})


def test_a_row_that_is_not_on_record_is_none(glance: Glance) -> None:
    answer = json.loads(glance_answers.detail(a="edge1"))
    answer["nodes"][0]["on_record"] = False
    glance.answers[DETAIL] = (200, json.dumps(answer))
    assert ask(glance) == set()


def test_a_row_without_a_site_has_its_node(glance: Glance) -> None:
    answer = json.loads(glance_answers.detail(a="", b="edge1"))
    answer["nodes"][0] |= {"node": "http://a:9292/", "site": None}
    glance.answers[DETAIL] = (200, json.dumps(answer))
    assert ask(glance) == {"http://a:9292", "http://b:9292", "edge1"}


@pytest.mark.parametrize("no_detail", [glance_answers.NO_ROUTE, (405, "{}")])
@pytest.mark.parametrize("body", [["http://a:9292/"], {"cached_nodes": ["http://a:9292"]}])
def test_glance_without_the_detail_call_lists_the_nodes(
    glance: Glance, no_detail: tuple[int, str], body: object
) -> None:
    glance.answers.update({DETAIL: no_detail, NODES: (200, json.dumps(body))})
    assert ask(glance) == {"http://a:9292"}
    assert glance.asked == [DETAIL, NODES]


def test_an_image_that_may_not_be_seen(glance: Glance) -> None:
    no_image = (404, json.dumps({"message": f"No image {IMAGE_ID}, or you may not see it."}))
    glance.answers.update({DETAIL: no_image, NODES: no_image})
    with pytest.raises(CallError, match="No image") as refused:
        ask(glance)
    assert refused.value.status == 404


@pytest.mark.parametrize("status", [401, 403, 409, 500, 503])
def test_an_error_is_none_of_the_answers(glance: Glance, status: int) -> None:
    glance.answers[DETAIL] = (status, "{}")
    with pytest.raises(CallError) as refused:
        ask(glance)
    assert refused.value.status == status
    assert "a-token" not in str(refused.value)


RUBBISH = ["", "<html>", "[]", "{}", '{"nodes": 1}', '{"nodes": ["http://a"]}', "\0"]


@pytest.mark.parametrize("body", RUBBISH, ids=lambda body: body[:20] or "empty")
def test_something_else_than_rows(glance: Glance, body: str) -> None:
    glance.answers[DETAIL] = (200, body)
    with pytest.raises(CallError, match="something else than nodes"):
        ask(glance)


def test_nobody_listens() -> None:
    url = glance_answers.nobody_listens()
    with pytest.raises(CallError, match="cannot be reached"):
        holders.ask(adapter_for(url), IMAGE_ID)
