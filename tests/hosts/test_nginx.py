# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""One's own server: a real nginx, with bearer tokens and addresses that expire, over a line that breaks (examples/nginx-cdn has a test of its own)."""
import json
import os

import pytest
from support import Answer, Relay, free_port, noise

MODEL = noise(6_000_000)
HALF = len(MODEL) // 2

CONF = """
pid @RUN@/nginx.pid;
error_log @RUN@/error.log;
events { worker_connections 256; }
http {
    log_format asked '$status|$uri|$http_range|$http_authorization';
    access_log @RUN@/access.log asked;
    client_body_temp_path @RUN@/body; proxy_temp_path @RUN@/proxy; fastcgi_temp_path @RUN@/fastcgi; uwsgi_temp_path @RUN@/uwsgi; scgi_temp_path @RUN@/scgi;
    server {
        listen 127.0.0.1:@PORT@ ssl;
        ssl_certificate @CERTIFICATE@;
        ssl_certificate_key @KEY@;
        root @RUN@/files;
        # A token is good while there is a file of its name.
        location /private/ { if (!-f "@RUN@/tokens/$http_authorization") { return 401; } }
        location /signed/ { if (!-f "@RUN@/tokens/$arg_token") { return 410; } }
    }
}
"""


class Site:
    """nginx behind a line that can be cut."""

    def __init__(self, world):
        self.world = world
        self.run = world.folder / "nginx"
        for name in ("public", "private", "signed"):
            (self.run / "files" / name).mkdir(parents=True)
            (self.run / "files" / name / "m.gguf").write_bytes(MODEL)
        (self.run / "tokens").mkdir()
        port = free_port()
        text = CONF
        for key, value in {"RUN": self.run, "PORT": port, "CERTIFICATE": world.ca.cert, "KEY": world.ca.cert_key}.items():
            text = text.replace(f"@{key}@", str(value))
        (self.run / "nginx.conf").write_text(text)
        nginx = next(p for p in ("/usr/sbin/nginx", "/usr/bin/nginx", "/opt/homebrew/bin/nginx") if os.path.exists(p))
        extra = f"daemon off;{' user root;' if os.geteuid() == 0 else ''}"
        world.process([nginx, "-e", self.run / "error.log", "-p", self.run, "-c", self.run / "nginx.conf", "-g", extra], port, self.run / "log")
        self.line = Relay(port)
        world.closing.append(self.line.close)
        self.url = f"https://127.0.0.1:{self.line.port}"

    def allow(self, *tokens):
        for path in (self.run / "tokens").iterdir():
            path.unlink()
        for token in tokens:
            (self.run / "tokens" / token).touch()

    def asked(self):
        """(status, path, first byte, authorization) of each request."""
        rows = [line.split("|") for line in (self.run / "access.log").read_text().splitlines()]
        return [(int(status), path, int(wish.removeprefix("bytes=").partition("-")[0]) if wish != "-" else 0, who) for status, path, wish, who in rows]

    def fetch(self, *options, folder="public", artifact=None, **kw):
        what = self.world.described(MODEL, chunks=self.world.chunked(MODEL), **(artifact or {"url": f"{self.url}/{folder}/m.gguf"}))
        return self.world.fetch(self.world.sign(what), "--connections", "1", *options, **kw)

    def holds(self, token):
        path = self.world.folder / "credentials.json"
        path.write_text(json.dumps({self.url: {"bearer": token}}))
        path.chmod(0o600)
        return ["--credentials", path]


@pytest.fixture
def site(world):
    return Site(world)


def test_a_public_model_at_nginx_is_fetched_without_any_credentials(world, site):
    assert world.fetched(site.fetch()) == MODEL
    assert {(status, who) for status, _, _, who in site.asked()} == {(200, "-")}


def test_nginx_with_bearer_tokens_gives_the_model_to_who_holds_one(world, site):
    site.allow("Bearer PLANTED1")
    assert world.fetched(site.fetch()) == MODEL
    assert site.fetch(folder="private", store=world.folder / "none").code == 14
    assert site.fetch(*site.holds("PLANTED2"), folder="private", store=world.folder / "other").code == 14
    assert world.fetched(site.fetch(*site.holds("PLANTED1"), folder="private", store=world.folder / "good")) == MODEL
    assert {(status, who) for status, path, _, who in site.asked() if path.startswith("/private/")} == {(401, "-"), (401, "Bearer PLANTED2"), (200, "Bearer PLANTED1")}


def test_nginx_is_asked_for_the_rest_alone_after_the_line_broke(world, site):
    site.line.cut_answer_after = HALF
    outcome = site.fetch()
    assert world.fetched(outcome) == MODEL and site.line.cuts == 1
    assert outcome.result["bytes_fetched"] == len(MODEL)
    (_, _, start, _), (status, _, first, _) = site.asked()
    assert (start, status) == (0, 206) and HALF * 0.9 < first < HALF * 1.1


def test_nginx_that_takes_another_token_after_the_line_broke_gets_it(world, site):
    site.allow("Bearer PLANTED1")
    options = site.holds("PLANTED1")

    def rotate():
        site.allow("Bearer PLANTED2")
        site.holds("PLANTED2")
    site.line.cut_answer_after, site.line.on_cut = HALF, rotate
    outcome = site.fetch(*options, folder="private")
    assert world.fetched(outcome) == MODEL and site.line.cuts == 1
    assert outcome.result["bytes_fetched"] == len(MODEL)
    good = [(first > 0, who) for status, _, first, who in site.asked() if status < 300]
    assert good == [(False, "Bearer PLANTED1"), (True, "Bearer PLANTED2")]


def test_an_address_at_nginx_that_expires_while_the_line_is_broken_is_asked_for_anew(world, site):
    given = []

    def endpoint(seen):
        given.append(f"PLANTED{len(given) + 1}")
        site.allow(given[-1])
        return Answer(200, json.dumps({"url": f"{site.url}/signed/m.gguf?token={given[-1]}"}).encode())
    site.line.cut_answer_after, site.line.on_cut = HALF, site.allow
    outcome = site.fetch(artifact={"url_endpoint": {"url": world.server(endpoint).url + "/link", "body": {}}})
    assert world.fetched(outcome) == MODEL and site.line.cuts == 1
    assert outcome.result["bytes_fetched"] == len(MODEL) and len(given) == 2
    assert [status for status, *_ in site.asked()] == [200, 410, 206]


def test_nginx_as_the_only_mirror_is_all_that_is_asked(world, site):
    elsewhere = world.server(lambda seen: Answer(200, MODEL))
    proxy = world.proxy()
    assert world.fetched(site.fetch("--proxy", proxy.url)) == MODEL
    # Also when it has nothing.
    assert site.fetch("--proxy", proxy.url, folder="absent", store=world.folder / "other").code == 12
    assert set(proxy.asked) == {site.url.removeprefix("https://")} and elsewhere.seen == []


def test_other_bytes_from_nginx_are_refused(world, site):
    (site.run / "files" / "public" / "m.gguf").write_bytes(MODEL[:-1] + bytes([MODEL[-1] ^ 1]))
    assert site.fetch().code == 30
