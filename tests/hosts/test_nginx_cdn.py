# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""examples/nginx-cdn on nginx: what it lets through, what it says, and how often its origin is asked."""
import json
import os
import pathlib
import re
import ssl
import sys
import threading
import urllib.error
import urllib.request

import pytest
from support import Answer, free_port, noise

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "nginx-cdn"
sys.path.insert(0, str(EXAMPLE))
from sign_link import sign_link  # noqa: E402

SECRET = "PLANTEDlink"
MODEL = noise(20_000_000)


class Node:
    def __init__(self, world, content=MODEL):
        self.world, self.served = world, 0
        self.lock = threading.Lock()
        self.content = content
        self.origin = world.server(self.answer)
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        run = self.run = world.folder / "run"
        run.mkdir()
        values = {"RUN": run, "LISTEN": f"127.0.0.1:{self.port}", "NAME": "localhost", "CERTIFICATE": world.ca.cert, "KEY": world.ca.cert_key, "ORIGIN": self.origin.url,
                  "ORIGIN_HOST": "localhost", "ORIGIN_NAME": "localhost", "CA": world.ca.file, "SECRET": SECRET, "CACHE_SIZE": "1g"}
        for name in ("nginx.conf", "origin.conf"):
            text = (EXAMPLE / name).read_text()
            for key, value in values.items():
                text = text.replace(f"@{key}@", str(value))
            assert not re.search("@[A-Z_]+@", text), text
            (run / name).write_text(text)
        nginx = next(p for p in ("/usr/sbin/nginx", "/usr/bin/nginx", "/opt/homebrew/bin/nginx") if os.path.exists(p))
        extra = f"daemon off;{' user root;' if os.geteuid() == 0 else ''}"
        world.process([nginx, "-e", run / "error.log", "-p", run, "-c", run / "nginx.conf", "-g", extra], self.port, run / "log")

    def answer(self, seen):
        if seen.path == "/manifests/demo.json":
            return Answer(200, b"{}", {"Content-Type": "application/json"})
        if not seen.path.startswith("/models/"):
            return Answer(404)
        assert not seen.header("authorization") and not seen.header("cookie")
        first, _, last = seen.header("range").removeprefix("bytes=").partition("-")
        with self.lock:
            self.served += min(int(last), len(self.content) - 1) - int(first) + 1
        return Answer(200, self.content, {"ETag": '"one"', "Set-Cookie": "a=b"})

    def ask(self, path, method="GET", **headers):
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        try:
            answer = urllib.request.urlopen(request, context=ssl.create_default_context(cafile=str(self.world.ca.file)), timeout=30)
        except urllib.error.HTTPError as problem:
            answer = problem
        return answer.status, answer.headers, answer.read()

    def link(self, seconds=600, path="/models/model.bin", **more):
        return sign_link(self.url + path, seconds, SECRET, **more).removeprefix(self.url)


def test_links_are_signed_and_end_and_every_answer_bears_the_headers(world):
    node = Node(world)
    status, headers, body = node.ask(node.link())
    assert status == 200 and body == MODEL and "Set-Cookie" not in headers
    for name, value in (("Strict-Transport-Security", "max-age="), ("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'"), ("Referrer-Policy", "no-referrer")):
        assert value in headers[name]
        assert value in node.ask("/models/model.bin")[1][name]
    assert "/" not in headers["Server"]
    assert node.ask("/models/model.bin")[0] == 403
    assert node.ask(node.link().replace("md5=", "md5=x"))[0] == 403
    assert node.ask(node.link().replace("model.bin", "other.bin"))[0] == 403
    assert node.ask(node.link(-10))[0] == 410
    assert node.ask("/other")[0] == 404 and node.ask("/models/../nginx.conf")[0] in (403, 404)
    assert node.ask(node.link(), "POST")[0] == 405 and node.ask(node.link(), "DELETE")[0] == 405
    assert node.ask("/manifests/demo.json")[0] == 200
    log = (node.run / "access.log").read_text() + (node.run / "error.log").read_text()
    assert "md5=" not in log and SECRET not in log


def test_old_tls_is_refused(world):
    node = Node(world)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError):
        urllib.request.urlopen(node.url + "/healthz", context=context, timeout=10)


def test_twenty_clients_at_once_cost_the_origin_one_transfer(world):
    node = Node(world)
    endpoint = world.server(lambda seen: Answer(200, json.dumps({"url": sign_link(node.url + "/models/model.bin", 600, SECRET)}).encode()))
    manifest = world.sign(world.described(MODEL, chunks=world.chunked(MODEL), url_endpoint={"url": endpoint.url + "/link", "body": {}}))
    clients = [world.fetch(manifest, store=world.folder / f"store{i}", wait=False) for i in range(20)]
    for process in clients:
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, (out, errors)
        assert SECRET not in out + errors and "md5=" not in out + errors
    assert node.served <= 1.02 * len(MODEL), node.served / len(MODEL)


def test_a_node_that_serves_other_bytes_is_found_out(world):
    node = Node(world, MODEL[:-1] + bytes([MODEL[-1] ^ 1]))
    endpoint = world.server(lambda seen: Answer(200, json.dumps({"url": sign_link(node.url + "/models/model.bin", 600, SECRET)}).encode()))
    outcome = world.fetch(world.sign(world.described(MODEL, url_endpoint={"url": endpoint.url + "/link", "body": {}})))
    assert outcome.code == 30, outcome
