# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Twenty clients that pull one model through a shared cache: squid as a reverse proxy, and a registry's mirror. (nginx: test_nginx_cdn.py.)"""
import json
import os
import pathlib
import re
import shutil
import tempfile
import threading
import time

from support import Answer, free_port, noise
from test_registry import Registry, blob

MODEL = noise(16_000_000)


def pull(world, manifest, clients=20):
    running = [world.fetch(manifest, store=world.folder / f"store{i}", wait=False) for i in range(clients)]
    for process in running:
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, (out, errors)
        # A range that crawls is asked for again elsewhere: a little more may come.
        assert len(MODEL) <= json.loads(out.splitlines()[-1])["bytes_fetched"] <= 1.2 * len(MODEL)


def test_twenty_clients_through_squid_cost_the_origin_one_transfer(world):
    sent, lock = [0], threading.Lock()

    def answer(seen):
        if seen.path != "/model.bin":
            return Answer(404)
        first, last = 0, len(MODEL) - 1
        if seen.header("range"):
            a, _, b = seen.header("range").removeprefix("bytes=").partition("-")
            first, last = int(a), min(int(b or last), last)
        with lock:
            sent[0] += last - first + 1
        return Answer(200, MODEL, {"ETag": '"one"', "Cache-Control": "public, max-age=86400", "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
    origin = world.server(answer, tls=False)  # on the same machine as the proxy
    port, folder = free_port(), pathlib.Path(tempfile.mkdtemp(prefix="modelsec-squid-"))
    world.closing.append(lambda: shutil.rmtree(folder, ignore_errors=True))
    cert, key = shutil.copy(world.ca.cert, folder / "cert.pem"), shutil.copy(world.ca.cert_key, folder / "cert.key")
    config = folder / "squid.conf"
    config.write_text(f"""https_port 127.0.0.1:{port} accel defaultsite=localhost tls-cert={cert} tls-key={key}
cache_peer 127.0.0.1 parent {origin.port} 0 no-query originserver no-digest name=origin
acl all_of_it src all
http_access allow all_of_it
cache_peer_access origin allow all_of_it
range_offset_limit none
collapsed_forwarding on
quick_abort_min -1 KB
maximum_object_size 1 GB
maximum_object_size_in_memory 64 MB
cache_mem 128 MB
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
pid_filename none
shutdown_lifetime 0 seconds
memory_cache_shared off
""")
    if os.geteuid() == 0:  # then it becomes this user
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "proxy")
    world.process([shutil.which("squid") or "/usr/sbin/squid", "-N", "-n", f"fleet{port}", "-f", config], port, folder / "log")
    pull(world, world.sign(world.described(MODEL, chunks=world.chunked(MODEL), url=f"https://127.0.0.1:{port}/model.bin")))
    assert sent[0] <= 1.02 * len(MODEL), sent[0] / len(MODEL)


def test_a_registry_s_mirror_that_one_has_warmed_serves_the_other_nineteen(world):
    upstream = Registry(world)
    upstream.push_blob("team/llama", MODEL)
    mirror = Registry(world, proxy=f"proxy: {{remoteurl: {upstream.url}}}", name="mirror")

    def blobs_sent():
        return sum(int(n) for n in re.findall(r'"GET /v2/team/llama/blobs/\S+ HTTP/[12].[01]" 20[06] (\d+)', upstream.log.read_text()))
    assert world.fetched(world.fetch(blob(world, mirror, MODEL), store=world.folder / "first")) == MODEL
    # It serves while it stores; what it has stored it does not ask for again.
    stored = world.folder / "mirror" / "data" / "docker" / "registry" / "v2" / "blobs"
    end = time.monotonic() + 30
    while not any(p.stat().st_size == len(MODEL) for p in stored.rglob("data")) and time.monotonic() < end:
        time.sleep(0.1)
    warm = blobs_sent()
    assert 0 < warm <= 2.02 * len(MODEL), warm / len(MODEL)
    pull(world, blob(world, mirror, MODEL), 19)
    assert blobs_sent() == warm
