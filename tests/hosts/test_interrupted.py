# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What is kept of a download that somebody ends, and when a slow host is left for a fast one."""
import signal
import socket
import threading
import time

import pytest

from support import MODELSEC, Answer, Paced, noise, query_of, run

MODEL = noise(6_000_000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_that_ends_a_fetch_keeps_what_has_arrived(world, number):
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)  # under nohup the command would inherit otherwise
    server = world.server(lambda seen: Answer(200, Paced(MODEL, 1_000_000) if slow.is_set() else MODEL))
    slow = threading.Event()
    slow.set()
    manifest = world.sign(world.described(MODEL, url=server.url + "/m"))
    process = world.fetch(manifest, "--connections", "1", wait=False)
    end = time.monotonic() + 30
    while sum(s.sent for s in server.seen) < 3_000_000 and time.monotonic() < end:
        time.sleep(0.05)
    began = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert process.returncode != 0
    slow.clear()
    server.seen.clear()
    outcome = world.fetch(manifest)
    assert world.fetched(outcome) == MODEL
    assert outcome.result["bytes_fetched"] < 4_500_000, outcome


def durable(store, content):
    """How many bytes of it the journals vouch for."""
    import hashlib
    digest, ranges = hashlib.sha256(content).hexdigest(), []
    for journal in (store / ".modelsec/staging").glob("*/journal"):
        number = None
        for line in journal.read_text(errors="replace").splitlines():
            word = line.split(" ")
            if word[0] == "file" and word[3] == digest:
                number = word[1]
            elif number and word[:2] == ["synced", number]:
                ranges.append((int(word[2]), int(word[3])))
    sum = at = 0
    for begin, end in sorted(ranges):
        sum += max(0, end - max(at, begin))
        at = max(at, end)
    return sum


def kill(process):
    process.kill()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL


def test_of_a_download_over_a_slow_line_that_is_killed_nothing_older_than_five_seconds_is_lost(world):
    """At whatever moment: what was sent five seconds ago is in the journal, all the time. And the next attempt goes on with just that."""
    rate = 100_000
    fast = threading.Event()
    server = world.server(lambda seen: Answer(200, MODEL if fast.is_set() else Paced(MODEL, rate)))
    manifest = world.sign(world.described(MODEL, url=server.url + "/m"))
    process = world.fetch(manifest, "--connections", "1", wait=False)
    samples = []
    try:
        while process.poll() is None and sum(s.sent for s in server.seen) < 12 * rate:
            kept = durable(world.store, MODEL)  # read first: what is sent meanwhile only makes it look older
            samples.append((time.monotonic(), sum(s.sent for s in server.seen)))
            old = [sent for at, sent in samples if at < samples[-1][0] - 5]
            assert kept >= (old[-1] if old else 0), samples[-1]
            time.sleep(0.05)  # the line takes its time
        assert process.poll() is None
    finally:
        kill(process)
    sent = sum(s.sent for s in server.seen)
    fast.set()
    outcome = world.fetch(manifest)
    assert world.fetched(outcome) == MODEL
    assert outcome.result["bytes_fetched"] <= len(MODEL) - sent + 5 * rate


def test_a_body_whose_end_is_never_told_is_done_once_its_bytes_are_there(world):
    """In chunks, of which the last one does not come: nothing is held in memory until that is called a stall."""
    over = threading.Event()
    server = world.server(lambda seen: Answer(200, MODEL, chunked=True, until=over))
    began = time.monotonic()
    assert world.fetched(world.fetch(world.sign(world.described(MODEL, url=server.url + "/m")))) == MODEL
    assert time.monotonic() - began < 15  # a stall: 20 s
    over.set()


def test_what_came_of_a_content_index_is_kept_when_the_process_is_killed(world):
    import hashlib
    first = noise(80_000_000)
    second = first[:50_000_000] + b"something new" + first[50_000_000:]
    pieces = world.folder / "index"
    whole, over = threading.Event(), threading.Event()
    bodies = {"/1": first, "/2": second}
    server = world.server(lambda seen: Answer(200, bodies[seen.path], cut=None if whole.is_set() or seen.path != "/index" else 5_000, until=None if whole.is_set() else over))
    over.set()
    assert world.fetch(world.sign(world.described(first, url=server.url + "/1"))).code == 0
    over.clear()
    run(MODELSEC, "publish", "--key", world.key, "--model", "demo", "--version", "2.0.0", "--sequence", "9", "--expires", "30d", "--out", world.folder / "unused", "--platform", "any",
        "--file", world.file("second", second), "--url", server.url + "/2", "--index", pieces, "--index-url", server.url + "/index", env=world.env())
    index = bodies["/index"] = pieces.read_bytes()
    assert len(index) > 10_000
    described = world.described(second, url=server.url + "/2", index={"url": server.url + "/index", "sha256": hashlib.sha256(index).hexdigest(), "size_bytes": len(index)})
    manifest = world.sign(described, version="2.0.0")
    process = world.fetch(manifest, wait=False)
    try:
        end = time.monotonic() + 12
        while durable(world.store, index) < 5_000 and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        kill(process)
        whole.set()
        over.set()
    assert durable(world.store, index) == 5_000
    server.seen.clear()
    outcome = world.fetch(manifest)
    assert world.fetched(outcome) == second
    assert outcome.result["bytes_fetched"] < len(second) // 10
    assert [s.header("range") for s in server.seen if s.path == "/index"] == [f"bytes=5000-{len(index) - 1}"]
    assert not list((world.store / ".modelsec/staging").glob("*/partial-*"))


def test_the_second_signal_ends_the_command_whichever_it_is(world):
    """While it waits for an audit sink that says nothing, after the first one."""
    over, begun = threading.Event(), threading.Event()

    def answer(seen):
        begun.set()
        over.wait(60)
        return Answer(503)

    url = world.server(answer).url
    with socket.create_server(("127.0.0.1", 0)) as sink:
        sink.settimeout(30)
        address = f"https://127.0.0.1:{sink.getsockname()[1]}/events"
        for first, second in ((signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGHUP), (signal.SIGHUP, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM)):
            for number in (first, second):
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
            begun.clear()
            process = world.fetch(world.sign(world.described(MODEL, url=url + "/m")), "--audit-sink", address, store=world.folder / f"store{first}{second}", wait=False)
            assert begun.wait(30)
            process.send_signal(first)
            silent, _ = sink.accept()  # the end is told: it was cancelled, and lingers
            process.send_signal(second)
            process.communicate(timeout=30)
            silent.close()
            assert process.returncode == -second
    over.set()


def test_a_host_that_is_far_slower_than_a_mirror_is_left_for_it(world):
    slow = world.server(lambda seen: Answer(200, Paced(MODEL, 4_096)))
    fast = world.server(lambda seen: Answer(200, MODEL), address="127.0.0.2")
    manifest = world.sign(world.described(MODEL, url=slow.url + "/m", mirrors=[fast.url + "/m"], chunks=world.chunked(MODEL)))
    began = time.monotonic()
    outcome = world.fetch(manifest, timeout=240)
    assert world.fetched(outcome) == MODEL
    assert time.monotonic() - began < 40  # by the first host alone it is 24 minutes
    assert sum(s.sent for s in fast.seen) > 5_000_000


def test_a_host_that_is_far_slower_is_left_with_all_of_many_small_files(world):
    content = {f"/f{n:02}": noise(60_000, n) for n in range(40)}
    slow = world.server(lambda seen: Answer(200, Paced(content[seen.path], 4_096)))
    fast = world.server(lambda seen: Answer(200, content[seen.path]), address="127.0.0.2")
    files = [dict(world.described(body, url=slow.url + path, mirrors=[fast.url + path]), name=path[1:]) for path, body in content.items()]
    for f in files:
        del f["file_name"]
    began = time.monotonic()
    outcome = world.fetch(world.sign({"files": files}), timeout=240)
    assert outcome.code == 0
    assert time.monotonic() - began < 40  # by the first host alone 75 s over eight connections


def test_addresses_with_signatures_are_kept_no_longer_than_their_manifest_is_needed(world):
    contents = {}
    server = world.server(lambda seen: Answer(200, contents[seen.path.partition("?")[0]]) if "X-Amz-Signature" in query_of(seen.path) else Answer(403))

    def secrets():
        return {s.split(b'"')[0] for e in (world.store / ".modelsec/envelopes").iterdir() for s in decoded(e).split(b"X-Amz-Signature=")[1:]}

    for number in range(1, 7):
        contents[f"/{number}"] = noise(2_000, number)
        manifest = world.sign(world.described(contents[f"/{number}"], url=f"{server.url}/{number}?X-Amz-Expires=60&X-Amz-Signature={number:064}"), version=f"{number}.0.0")
        assert world.fetch(manifest).code == 0
        # Of what is active, and of what a rollback would bring back.
        assert secrets() == {b"%064d" % n for n in (number - 1, number) if n > 0}
        for envelope in (world.store / ".modelsec/envelopes").iterdir():
            assert envelope.stat().st_mode & 0o777 == 0o600


def test_what_others_may_read_of_a_shared_store_holds_what_was_signed_and_no_credential(world):
    import json
    contents = {f"/{n}": noise(300_000, n) for n in (1, 2, 3)}
    content_of = lambda seen: contents[seen.path.partition("?")[0]]
    server = world.server(lambda seen: Answer(200, content_of(seen)) if "X-Amz-Signature" in query_of(seen.path) and seen.header("x-api-key") == "hk_live_PLANTED" else Answer(403))
    credentials = world.file("credentials.json", json.dumps({server.url: {"headers": {"X-API-Key": "hk_live_PLANTED"}}}).encode())
    credentials.chmod(0o600)
    for number in (1, 2, 3):
        described = world.described(contents[f"/{number}"], url=f"{server.url}/{number}?X-Amz-Signature={number:064}", chunks=world.chunked(contents[f"/{number}"]))
        assert world.fetch(world.sign(described, version=f"{number}.0.0"), "--shared-read", "--credentials", credentials, "--profile", "client").code == 0
        readable = [p for p in world.store.rglob("*") if p.is_file() and p.stat().st_mode & 0o044]
        # State and envelopes are read by all: readers open encrypted packs and check chunks by them.
        assert any("state" in p.parts for p in readable) and any("envelopes" in p.parts for p in readable)
        for path in readable:
            content = path.read_bytes() if "envelopes" not in path.parts else decoded(path)
            assert b"PLANTED" not in content, path
            # Addresses stand in what was signed, as whoever may have the manifest sees them, and nowhere else.
            assert "envelopes" in path.parts or b"X-Amz-Signature" not in content, path
    outcome = world.fetch(world.sign(world.described(b"plain", url=world.server(lambda seen: Answer(200, b"plain")).url + "/m"), version="4.0.0"), "--shared-read")
    assert outcome.code == 0
    assert any(p.stat().st_mode & 0o777 == 0o644 for p in (world.store / ".modelsec/envelopes").iterdir())


def decoded(envelope):
    import base64
    import json
    return base64.b64decode(json.loads(envelope.read_bytes())["payload"])
