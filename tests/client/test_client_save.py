# SPDX-License-Identifier: Apache-2.0
"""Saving an image from nodes, each of which may fail in its own way."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
import resource
import signal
import socket
from typing import TYPE_CHECKING

import adapters
import canned_glance as canned
import image_servers
import pytest
from image_servers import DATA, FILE_PATH, IMAGE, OTHER
from keystoneauth1 import adapter

from glance_cache_nodes import client
from glance_cache_nodes.client import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HALF = len(DATA) // 2


@pytest.fixture
def node() -> Iterator[Callable[..., image_servers.ImageServer]]:
    """Give a function that runs a node with a fault."""
    with contextlib.ExitStack() as running:
        yield lambda **fault: running.enter_context(image_servers.serve(**fault))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "image.img"


def names(file: Path) -> list[str]:
    return sorted(each.name for each in file.parent.iterdir())


def failure(image: adapter.Adapter, file: Path, **options: object) -> str:
    with pytest.raises(client.CallError) as raised:
        client.save(image, IMAGE, file, **options)
    message = str(raised.value)
    assert message.isprintable()
    assert canned.TOKEN not in message
    return message


def test_the_nearest_node_sends_the_image(glance, image, node, file) -> None:
    near, far = node(), node()
    image_servers.say(glance, near.url, far.url)
    seen: list[client.DownloadProgress] = []
    saved = client.save(image, IMAGE, file, near="edge1", progress=seen.append)
    assert saved == client.SavedImage(file, len(DATA), (near.url,), "sha512")
    assert (file.read_bytes(), names(file)) == (DATA, ["image.img"])
    assert (len(near.asked), far.asked) == (1, [])
    assert near.asked[0].headers["X-Auth-Token"] == canned.TOKEN
    assert near.asked[0].headers["Accept-Encoding"] == "identity"
    assert glance.asked[-1].query == {"near": ["edge1"]}
    assert seen[-1] == client.DownloadProgress(near.url, len(DATA), len(DATA))
    assert [each.size for each in seen] == sorted(each.size for each in seen)


def test_where_one_breaks_off_the_next_goes_on(glance, image, node, file) -> None:
    first, second, third = node(stops_at=HALF), node(stops_at=HALF + 300_000), node()
    image_servers.say(glance, first.url, second.url, third.url)
    told: list[str] = []
    saved = client.save(image, IMAGE, file, notice=told.append)
    assert file.read_bytes() == DATA
    assert saved.sources == (first.url, second.url, third.url)
    assert first.ranges == [None]
    starts = [int(each.ranges[0].removeprefix("bytes=")[:-1]) for each in (second, third)]
    assert 0 < starts[0] <= HALF < starts[1] <= HALF + 300_000
    assert [line.partition(" ")[0] for line in told] == [first.url, second.url]
    assert "broke off" in told[0]


def test_a_node_that_knows_no_ranges_sends_all(glance, image, node, file) -> None:
    first, second = node(stops_at=HALF), node(takes_ranges=False)
    image_servers.say(glance, first.url, second.url)
    assert client.save(image, IMAGE, file).sources == (second.url,)
    assert file.read_bytes() == DATA


def test_a_node_that_sends_another_range_is_left(glance, image, node, file) -> None:
    first, second, third = node(stops_at=HALF), node(shift=1), node()
    image_servers.say(glance, first.url, second.url, third.url)
    told: list[str] = []
    client.save(image, IMAGE, file, notice=told.append)
    assert file.read_bytes() == DATA
    assert "sent other bytes than those that were asked for" in told[1]


def test_wrong_bytes_are_thrown_away(glance, image, node, file) -> None:
    wrong, right = node(data=OTHER), node()
    image_servers.say(glance, wrong.url, right.url)
    told: list[str] = []
    saved = client.save(image, IMAGE, file, notice=told.append)
    assert (file.read_bytes(), saved.sources) == (DATA, (right.url,))
    assert right.ranges == [None]
    assert told == [f"{wrong.url} sent wrong bytes: their hash is not the image's."]


def test_wrong_bytes_before_right_ones_cost_the_right_node_nothing(
    glance, image, node, file
) -> None:
    wrong, right = node(data=OTHER, stops_at=HALF), node()
    image_servers.say(glance, wrong.url, right.url)
    saved = client.save(image, IMAGE, file)
    assert (file.read_bytes(), saved.sources) == (DATA, (right.url,))
    assert [each is None for each in right.ranges] == [False, True]


def test_more_bytes_than_the_image_has(glance, image, node, file) -> None:
    endless, right = node(data=DATA + b"x"), node()
    image_servers.say(glance, endless.url, right.url)
    told: list[str] = []
    client.save(image, IMAGE, file, notice=told.append)
    assert file.read_bytes() == DATA
    assert told == [f"{endless.url} sent more than the {len(DATA)} bytes of the image."]


def test_a_short_copy_is_not_the_image(glance, image, node, file) -> None:
    short, right = node(data=DATA[:HALF]), node()
    image_servers.say(glance, short.url, right.url)
    told: list[str] = []
    client.save(image, IMAGE, file, notice=told.append)
    assert file.read_bytes() == DATA
    assert told == [f"{short.url} ended at {HALF} of {len(DATA)} bytes."]


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_node_that_refuses_is_left(glance, image, node, file, status: int) -> None:
    bad, right = node(status=status), node()
    image_servers.say(glance, bad.url, right.url)
    assert client.save(image, IMAGE, file).sources == (right.url,)


def test_a_node_that_is_down_or_silent_is_left(glance, node, file) -> None:
    right = node()
    with (
        adapters.adapter_for(glance.url, canned.TOKEN, timeout=0.3) as image,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        hangs = f"http://127.0.0.1:{silent.getsockname()[1]}"
        image_servers.say(glance, "http://127.0.0.1:1", hangs, right.url)
        told: list[str] = []
        client.save(image, IMAGE, file, notice=told.append)
    assert file.read_bytes() == DATA
    assert "cannot be reached" in told[0]
    assert "did not answer in time" in told[1]


def test_a_node_that_trickles_is_left_and_the_next_goes_on(glance, node, file) -> None:
    slow, right = node(trickle=0.1), node()
    image_servers.say(glance, slow.url, right.url)
    told: list[str] = []
    with adapters.adapter_for(glance.url, canned.TOKEN, timeout=2) as image:
        saved = client.save(image, IMAGE, file, notice=told.append)
    assert saved.sources == (slow.url, right.url)
    assert file.read_bytes() == DATA
    assert re.fullmatch(rf"{slow.url} sent \d+ bytes in 2 s\.", told[0])


def test_a_redirect_of_a_node_is_not_followed(glance, image, node, file) -> None:
    evil, right = node(), node()
    lures = node(status=307, location=f"{evil.url}{FILE_PATH}")
    image_servers.say(glance, lures.url, right.url)
    assert client.save(image, IMAGE, file).sources == (right.url,)
    assert evil.asked == []


@pytest.mark.parametrize(
    "nodes", [[], ["http://127.0.0.1:1"], ["ftp://x", "nothing", "http://[bad"]]
)
def test_glance_itself_is_the_last(node, file, nodes: list[str]) -> None:
    # Glance's endpoint has the bytes too; here it sends who asks to a node, as redirect_downloads.
    right = node()
    with canned.serve() as glance:
        image_servers.say(glance, *nodes)
        glance.answers["GET", FILE_PATH] = canned.Answer(
            307, "", {"Location": f"{right.url}{FILE_PATH}"}
        )
        with adapters.adapter_for(glance.url, canned.TOKEN) as image:
            saved = client.save(image, IMAGE, file)
    assert (file.read_bytes(), saved.sources) == (DATA, (f"{glance.url}{FILE_PATH}",))


@pytest.mark.parametrize("answer", [canned.FORBIDDEN, canned.NO_ROUTE, canned.NOT_CENTRAL])
def test_without_the_record_glance_itself_is_asked(glance, image, node, file, answer) -> None:
    right = node()
    image_servers.say(glance)
    glance.answers["GET", canned.NODES_PATH] = answer
    glance.answers["GET", FILE_PATH] = canned.Answer(
        302, "", {"Location": f"{right.url}{FILE_PATH}"}
    )
    told: list[str] = []
    client.save(image, IMAGE, file, notice=told.append)
    assert file.read_bytes() == DATA
    assert told[0].startswith("No node is asked for the image, only Glance itself: ")


def test_an_unknown_site_is_an_error(glance, image, file) -> None:
    image_servers.say(glance)
    glance.answers["GET", canned.NODES_PATH] = canned.fault(400, "There is no site 'x'.")
    assert "There is no site 'x'." in failure(image, file, near="x")
    assert names(file) == []


def test_redirects_end(glance, image, file) -> None:
    image_servers.say(glance)
    glance.answers["GET", FILE_PATH] = canned.Answer(307, "", {"Location": FILE_PATH})
    assert "redirects without end" in failure(image, file)


def test_a_redirect_to_no_url_is_no_answer(glance, image, node, file) -> None:
    lures, right = node(status=307, location="http://[bad"), node()
    image_servers.say(glance, lures.url, right.url)
    assert client.save(image, IMAGE, file).sources == (right.url,)
    image_servers.say(glance)
    glance.answers["GET", FILE_PATH] = canned.Answer(307, "", {"Location": "http://[bad"})
    assert "does not answer" in failure(image, file)


def test_nobody_sends_it_and_nothing_is_left(glance, image, node, file) -> None:
    wrong, stops = node(data=OTHER), node(stops_at=HALF)
    image_servers.say(glance, wrong.url, stops.url)
    glance.answers["GET", FILE_PATH] = canned.FORBIDDEN
    file.write_text("as it was")
    message = failure(image, file)
    assert message.startswith(f"Image {IMAGE} cannot be saved: {wrong.url} sent wrong bytes")
    assert "answered 403: You are not authorized" in message
    assert (file.read_text(), names(file)) == ("as it was", ["image.img"])


def test_a_file_is_replaced_and_a_link_is_followed(glance, image, node, file) -> None:
    image_servers.say(glance, node().url)
    target = file.with_name("target")
    target.write_text("old")
    target.chmod(0o600)
    file.symlink_to(target)
    client.save(image, IMAGE, file)
    assert (target.read_bytes(), file.is_symlink()) == (DATA, True)
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("fields", "algorithm"),
    [
        ({}, "sha512"),
        ({"os_hash_algo": "sha256", "os_hash_value": hashlib.sha256(DATA).hexdigest()}, "sha256"),
        ({"os_hash_algo": None, "os_hash_value": None}, "md5"),
        ({"os_hash_algo": "of-tomorrow"}, "md5"),
        ({"os_hash_value": None, "checksum": None}, None),
    ],
    ids=str,
)
def test_the_strongest_hash_is_checked(glance, image, tmp_path, fields, algorithm) -> None:
    told: list[str] = []
    with image_servers.serve() as node:
        image_servers.say(glance, node.url, **fields)
        saved = client.save(image, IMAGE, tmp_path / "x", notice=told.append)
    assert saved.algorithm == algorithm
    assert ("Glance keeps no hash of the image, so its bytes are not checked." in told) == (
        algorithm is None
    )


def test_an_image_without_data(glance, image, file) -> None:
    image_servers.say(glance, size=None, status="queued")
    assert failure(image, file) == f"Image {IMAGE} has no data to save: its status is queued."


def test_an_empty_image(glance, image, node, file) -> None:
    empty = {"size": 0, "checksum": None, "os_hash_value": hashlib.sha512().hexdigest()}
    image_servers.say(glance, node(status=500).url, node(data=b"").url, **empty)
    client.save(image, IMAGE, file)
    assert file.read_bytes() == b""


def test_what_cannot_be_written(glance, image, node, tmp_path) -> None:
    image_servers.say(glance, node().url)
    assert "No such file or directory" in failure(image, tmp_path / "none" / "x")
    assert "is no regular file" in failure(image, tmp_path)
    assert "is no regular file" in failure(image, "/dev/null")
    link = tmp_path / "x.part"
    link.symlink_to(tmp_path / "elsewhere")
    assert "cannot be written" in failure(image, tmp_path / "x")
    assert names(link) == ["x.part"]


def test_a_disk_that_is_full_leaves_nothing(glance, image, node, file) -> None:
    # The limit on the size of a file stands for the disk.
    image_servers.say(glance, node().url)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, before[1]))
    try:
        assert "cannot be written: File too large." in failure(image, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert names(file) == []


def test_two_downloads_to_one_file_do_not_meet(glance, image, node, file) -> None:
    image_servers.say(glance, node().url)
    part = file.with_name("image.img.part")
    with part.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "Another command writes" in failure(image, file)
        assert part.exists()
    # What a killed command left is taken over.
    part.write_text("rest")
    client.save(image, IMAGE, file)
    assert (file.read_bytes(), names(file)) == (DATA, ["image.img"])


def test_https_is_never_left() -> None:
    told: list[str] = []
    urls = ["http://edge1:9292", "https://edge2:9292/image/v2/", "ftp://x", "nothing"]
    over_tls = sources.of_nodes("https://central/v2/images/1/file", "1", urls, told.append)
    assert list(over_tls) == [
        sources.Source("https://edge2:9292/image/v2/", "https://edge2:9292/image/v2/images/1/file")
    ]
    assert told[0] == ("http://edge1:9292 is left out: the token would be sent there without TLS.")
    without = sources.of_nodes("http://central/v2/images/1/file", "1", urls, told.append)
    assert [source.name for source in without] == urls[:2]


def test_ctrl_c_leaves_nothing(glance, image, node, file) -> None:
    image_servers.say(glance, node().url)
    file.write_text("as it was")

    def interrupt(_: client.DownloadProgress) -> None:
        assert names(file) == ["image.img", "image.img.part"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.save(image, IMAGE, file, progress=interrupt)
    assert (file.read_text(), names(file)) == ("as it was", ["image.img"])


def test_an_endless_refusal_of_a_node_is_not_read(glance, image, node, file) -> None:
    right = node()
    with image_servers.endless(500) as url:
        image_servers.say(glance, url, right.url)
        told: list[str] = []
        client.save(image, IMAGE, file, notice=told.append)
    assert told == [f"{url} answered 500: Internal Server Error."]


def test_where_no_way_leads_to_the_nodes_glance_is_asked_soon(glance, image, node, file) -> None:
    right = node()
    image_servers.say(glance, *(f"http://127.0.0.1:{port}" for port in range(1, 50)))
    glance.answers["GET", FILE_PATH] = canned.Answer(
        307, "", {"Location": f"{right.url}{FILE_PATH}"}
    )
    told: list[str] = []
    client.save(image, IMAGE, file, notice=told.append)
    assert file.read_bytes() == DATA
    assert len(told) == 3
