# SPDX-License-Identifier: Apache-2.0
"""The weigher in the weight handler of real Nova, beside Nova's own weighers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import glance_answers
import nova_environment
import pytest
from glance_answers import DETAIL, IMAGE_ID, NODES, Glance

pytestmark = pytest.mark.slow

KINDS = {
    "Nova 29": ("29", "green"),
    "Nova 34": ("34", "native"),
    "Nova 34 with eventlet": ("34", "green"),
}
WEIGHER = "glance_cache_nodes_nova.weigher.ImageCacheWeigher"
CONF = f"""[filter_scheduler]
weight_classes = nova.scheduler.weights.all_weighers,{WEIGHER}
[glance_cache_nodes]
auth_type = admin_token
endpoint = {{url}}
token = a-token
answer_timeout = 5
answer_lifetime = {{lifetime}}
"""
HOSTS = {
    "by site": [{"glance_site": "edge1"}],
    "by node": [{"ssd": "true"}, {"glance_node": "http://a:9292"}],
    "by zone": [{"availability_zone": "edge1"}],
    "of another site": [{"glance_site": "edge2"}, {"availability_zone": "edge1"}],
    "of none": [],
}
NEAR = ["by node", "by site", "by zone"]


class Scheduler:
    """A process with Nova's weight handler."""

    def __init__(self, kind: str, directory: Path, url: str, lifetime: float = 0) -> None:
        release, threads = KINDS[kind]
        if missing := nova_environment.missing(release):
            pytest.skip(missing)
        conf = directory / "nova.conf"
        conf.write_text(CONF.format(url=url, lifetime=lifetime))
        python = nova_environment.python_for(release, print)
        program = Path(__file__).with_name("in_scheduler.py")
        self.log = directory / "log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [python, program, conf, threads],
                env=nova_environment.variables(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.weighers = self._read()

    def weights(self, image: str | None = IMAGE_ID, hosts: dict = HOSTS) -> dict[str, float]:
        """Return the weights that Nova gives the hosts, the best first."""
        print(json.dumps({"image": image, "hosts": hosts}), file=self._process.stdin, flush=True)
        return self._read()["weights"]

    def _read(self):
        line = self._process.stdout.readline()
        assert line, self.log.read_text()
        return json.loads(line)

    def end(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


@pytest.fixture(scope="module", params=KINDS)
def shared(request, tmp_path_factory) -> Iterator[tuple[Scheduler, Glance]]:
    with glance_answers.serve() as glance:
        scheduler = Scheduler(request.param, tmp_path_factory.mktemp("nova"), glance.url)
        yield scheduler, glance
        scheduler.end()


@pytest.fixture
def scheduler(shared: tuple[Scheduler, Glance]) -> Scheduler:
    return shared[0]


@pytest.fixture
def glance(shared: tuple[Scheduler, Glance]) -> Glance:
    shared[1].answers = {DETAIL: (200, glance_answers.detail(a="edge1", b="edge3"))}
    shared[1].asked.clear()
    return shared[1]


def test_nova_loads_it_beside_its_own(scheduler: Scheduler) -> None:
    assert scheduler.weighers[-1] == "ImageCacheWeigher"
    assert "RAMWeigher" in scheduler.weighers


def test_hosts_near_the_image_come_first(scheduler: Scheduler, glance: Glance) -> None:
    weights = scheduler.weights()
    assert sorted(list(weights)[:3]) == NEAR
    assert {name: weights[name] for name in NEAR} == dict.fromkeys(NEAR, 10.0)
    assert weights["of another site"] == weights["of none"] == 0.0
    assert glance.asked == [DETAIL]


def test_an_aggregate_has_a_multiplier_of_its_own(scheduler: Scheduler, glance: Glance) -> None:
    hosts = {
        "half": [{"glance_site": "edge1", "image_cache_weight_multiplier": "0.5"}],
        "away": [{"glance_site": "edge1"}, {"image_cache_weight_multiplier": "-2"}],
        "usual": [{"glance_site": "edge1"}],
        "no number": [{"glance_site": "edge1", "image_cache_weight_multiplier": "much"}],
    }
    expected = {"usual": 10.0, "no number": 10.0, "half": 0.5, "away": -2.0}
    assert scheduler.weights(hosts=hosts) == expected
    assert glance.asked == [DETAIL]


def test_glance_is_not_asked_where_nothing_comes_of_it(
    scheduler: Scheduler, glance: Glance
) -> None:
    one = {"by site": HOSTS["by site"]}
    off = [{"glance_site": "edge1", "image_cache_weight_multiplier": "0"}]
    for image, hosts in [
        (None, HOSTS),  # a boot from a volume has an image without an ID
        ("none", HOSTS),
        (IMAGE_ID, one),
        (IMAGE_ID, {"a": [], "b": [{"ssd": "true"}]}),
        (IMAGE_ID, {"a": off, "b": off}),
    ]:
        assert set(scheduler.weights(image, hosts).values()) == {0.0}
    assert glance.asked == []


def test_glance_without_the_detail_call(scheduler: Scheduler, glance: Glance) -> None:
    glance.answers = {NODES: (200, '["http://a:9292"]')}
    assert [name for name, weight in scheduler.weights().items() if weight] == ["by node"]
    assert glance.asked == [DETAIL, NODES]


@pytest.mark.parametrize("answer", [(403, "{}"), (404, "{}"), (500, "{}"), (503, "{}"), (200, "")])
def test_no_answer_is_no_preference(scheduler: Scheduler, glance: Glance, answer) -> None:
    glance.answers = {DETAIL: answer, NODES: answer}
    assert set(scheduler.weights().values()) == {0.0}
    glance.answers = {DETAIL: (200, glance_answers.detail(a="edge1"))}
    assert scheduler.weights()["by site"] == 10.0


def test_glance_that_hangs_is_not_waited_for(scheduler: Scheduler, glance: Glance) -> None:
    glance.answers = {DETAIL: None}
    assert set(scheduler.weights().values()) == {0.0}
    # The canned Glance is silent until it ends: whoever waited for it would wait still.
    glance.answers = {DETAIL: (200, glance_answers.detail(a="edge1"))}
    assert scheduler.weights()["by site"] == 10.0


def test_glance_that_answers_byte_by_byte_is_not_waited_for(
    scheduler: Scheduler, glance: Glance
) -> None:
    glance.trickle = True  # It would be done after minutes.
    glance.answers = {DETAIL: (200, glance_answers.detail(a="edge1" * 1000))}
    assert set(scheduler.weights().values()) == {0.0}
    glance.trickle = False
    glance.answers = {DETAIL: (200, glance_answers.detail(a="edge1"))}
    assert scheduler.weights()["by site"] == 10.0
    assert scheduler.log.read_text().count("no answer within 5 s") == 1


@pytest.mark.parametrize("kind", ["Nova 29", "Nova 34"])
def test_a_mistake_in_the_configuration_is_one_line(kind: str, tmp_path: Path) -> None:
    scheduler = Scheduler(kind, tmp_path, glance_answers.nobody_listens(), lifetime=-1)
    assert set(scheduler.weights().values()) == {0.0}
    scheduler.end()
    log = scheduler.log.read_text()
    assert log.count("[glance_cache_nodes] in nova.conf") == 1
    assert "Traceback" not in log


@pytest.mark.parametrize("kind", ["Nova 34"])
def test_a_glance_that_is_gone_is_one_line_in_the_log(kind: str, tmp_path: Path) -> None:
    scheduler = Scheduler(kind, tmp_path, glance_answers.nobody_listens())
    for _ in range(3):
        assert set(scheduler.weights().values()) == {0.0}
    scheduler.end()
    assert scheduler.log.read_text().count("cannot be reached") == 1
    assert "a-token" not in scheduler.log.read_text()
