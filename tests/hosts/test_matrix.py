# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Each kind of host, in each kind of trouble: cut off and resumed, a token that is replaced in mid-download, other bytes than the signed ones, and
which hosts are asked at all."""
import base64
import hashlib
import itertools
import json
import re
import shutil
import subprocess
import threading
import urllib.parse

import pytest
from hub import Hub
from support import COMMIT, MODELSEC, Answer, check_stores, noise

MODEL = noise(3_000_000)
HALF = 1_500_000


class Kind:
    """A host that has MODEL for who holds `secret`; what clients are told is in `artifact`, `options` and `env`."""

    def __init__(self, world):
        self.world, self.secret, self.content = world, "PLANTED1", MODEL
        self.cut = None        # the next answer with content ends there
        self.generation = 1    # addresses and tokens that were handed out under another one have expired
        self.env, self.options = {}, []
        self.sent = []         # (first byte, bytes) of each answer with content
        self.credentials = world.folder / "credentials.json"
        self.begin()

    def allowed(self, seen):
        return seen.header("authorization") == f"Bearer {self.secret}"

    def serve(self, seen):
        wish = re.match(r"bytes=(\d+)-", seen.header("range"))
        self.sent.append((int(wish[1]) if wish else 0, seen))
        cut, self.cut = self.cut, None
        return Answer(200, self.content, cut=cut)

    def tell(self):
        """Writes what the client holds."""
        self.write({self.server.url: {"bearer": self.secret}})

    def write(self, content):
        self.credentials.write_text(json.dumps(content))
        self.credentials.chmod(0o600)
        if "--credentials" not in self.options:
            self.options += ["--credentials", self.credentials]

    def rotate(self):
        self.secret = "PLANTED2"
        self.tell()

    def open_to_all(self):
        """Whoever asks gets it; the client holds nothing."""
        self.options = []
        self.allowed = lambda seen: seen.header("authorization") == ""

    def hosts(self):
        return {self.server.url.removeprefix("https://")}

    def manifest(self, **more):
        return self.world.sign(self.world.described(MODEL, chunks=self.world.chunked(MODEL), **dict(self.artifact, **more)))

    def fetch(self, *options, **kw):
        return self.world.fetch(self.manifest(), "--connections", "1", *self.options, *options, env=self.env, **kw)


class Https(Kind):
    def begin(self):
        self.server = self.world.server(lambda seen: self.serve(seen) if self.allowed(seen) else Answer(401))
        self.artifact = {"url": self.server.url + "/m.gguf"}
        self.tell()


class Supabase(Kind):
    """A private bucket behind an Edge Function: the caller's token is for the function, the address it hands out is good until the token changes."""

    def begin(self):
        self.server = self.world.server(self.answer)
        self.artifact = {"url_endpoint": {"url": self.server.url + "/functions/v1/get-model-url", "body": {"modelId": "demo"}}}
        self.tell()

    def answer(self, seen):
        where = urllib.parse.urlsplit(seen.path)
        if where.path == "/functions/v1/get-model-url":
            return Answer(200, json.dumps({"signedURL": f"/object/sign/models/m.gguf?token={self.secret}{self.generation}"}).encode()) if self.allowed(seen) else Answer(401)
        if where.path == "/storage/v1/object/public/models/m.gguf":
            return self.serve(seen)
        if where.query != f"token={self.secret}{self.generation}":
            return Answer(400, b'{"statusCode":"400","error":"InvalidJWT","message":"jwt expired"}')
        return self.serve(seen)

    def open_to_all(self):
        super().open_to_all()
        self.artifact = {"url": self.server.url + "/storage/v1/object/public/models/m.gguf"}


class S3(Kind):
    def begin(self):
        self.server = self.world.server(lambda seen: self.serve(seen) if self.allowed(seen) else Answer(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>"))
        self.artifact = {"url": self.server.url + "/bucket/m.gguf"}
        self.tell()

    def allowed(self, seen):
        return f"Credential=AKIA{self.secret.upper():A<16}/" in seen.header("authorization")

    def tell(self):
        self.write({self.server.url: {"s3": {"access_key_id": f"AKIA{self.secret.upper():A<16}", "secret_access_key": "PLANTED"}}})


class HubKind(Kind):
    def begin(self):
        self.hub = Hub(self.world, {"org/repo": {"m.gguf": MODEL}}, private=["org/repo"], tokens=["hf_" + self.secret])
        self.server = self.hub.server
        self.hub.cdn.answer = self.answer
        self.named, self.server.answer = self.server.answer, self.redirecting
        self.artifact = {"url": f"hf://org/repo@{COMMIT}/m.gguf"}
        self.token = self.world.home / "token"
        self.env = {"HF_ENDPOINT": self.hub.url, "HF_TOKEN_PATH": str(self.token)}
        self.options = ["--allow-endpoint"]
        self.tell()

    def answer(self, seen):
        if seen.header("authorization"):
            return Answer(400)
        if not seen.path.endswith(f"-{self.generation}"):
            return Answer(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
        return self.serve(seen)

    def redirecting(self, seen):
        answer = self.named(seen)
        if "Location" in answer.headers:
            answer.headers["Location"] += f"-{self.generation}"
        return answer

    def open_to_all(self):
        self.hub.private.clear()
        self.options, self.env = [], {"HF_ENDPOINT": self.hub.url}

    def tell(self):
        self.token.write_text("hf_" + self.secret)
        self.hub.tokens = {"hf_" + self.secret}

    def hosts(self):
        return {s.url.removeprefix("https://") for s in (self.hub.server, self.hub.cdn)}


class Registry(Kind):
    """As docker-registry speaks with bearer tokens (test_registry.py has the real one)."""

    anonymous = False

    def begin(self):
        self.server = self.world.server(self.answer)
        host = self.server.url.removeprefix("https://")
        self.artifact = {"url": f"oci://{host}/team/llama@sha256:{hashlib.sha256(MODEL).hexdigest()}"}
        self.tell()

    def answer(self, seen):
        if self.anonymous:
            return Answer(200) if seen.path == "/v2/" else self.serve(seen)
        if seen.path.startswith("/token"):
            good = seen.header("authorization") == "Basic " + base64.b64encode(f"user:{self.secret}".encode()).decode()
            return Answer(200, json.dumps({"token": f"T{self.secret}{self.generation}"}).encode()) if good else Answer(401)
        if seen.header("authorization") != f"Bearer T{self.secret}{self.generation}":
            challenge = f'Bearer realm="{self.server.url}/token",service="registry",scope="repository:team/llama:pull"'
            return Answer(401, b"", {"WWW-Authenticate": challenge})
        return Answer(200) if seen.path == "/v2/" else self.serve(seen)

    def tell(self):
        self.write({self.server.url: {"basic": f"user:{self.secret}"}})

    def open_to_all(self):
        self.options, self.anonymous = [], True


KINDS = {"https": Https, "supabase": Supabase, "s3": S3, "hub": HubKind, "registry": Registry}


@pytest.fixture(params=KINDS)
def kind(request, world):
    return KINDS[request.param](world)


def test_a_public_model_is_fetched_without_any_credentials(kind):
    kind.open_to_all()
    assert kind.world.fetched(kind.fetch()) == MODEL
    assert not any(seen.header("authorization") for _, seen in kind.sent)


def test_a_private_model_is_for_who_holds_the_credentials(kind):
    assert kind.world.fetched(kind.fetch()) == MODEL
    kind.secret = "PLANTED3"  # on the host alone
    if isinstance(kind, HubKind):
        kind.hub.tokens = {"hf_PLANTED3"}
    assert kind.fetch(store=kind.world.folder / "other").code == 14


def test_what_arrived_before_the_line_broke_is_not_fetched_again(kind):
    kind.cut = HALF
    outcome = kind.fetch()
    assert kind.world.fetched(outcome) == MODEL
    assert outcome.result["bytes_fetched"] == len(MODEL)
    assert len(kind.sent) > 1 and all(first > 0 for first, _ in kind.sent[1:])


def test_a_token_that_is_replaced_while_the_line_is_broken_costs_no_fetched_byte(kind):
    kind.cut = HALF
    serve = kind.serve

    def rotating(seen):
        answer = serve(seen)
        if answer.cut is not None:
            kind.rotate()
        return answer

    kind.serve = rotating
    outcome = kind.fetch()
    assert kind.world.fetched(outcome) == MODEL
    assert outcome.result["bytes_fetched"] == len(MODEL)
    for path in kind.world.store.rglob("*"):
        if path.is_file() and "envelopes" not in path.parts:
            assert b"PLANTED" not in path.read_bytes(), path


def test_what_expires_while_the_line_is_broken_is_asked_for_anew_and_costs_no_fetched_byte(world):
    for name in ("supabase", "hub", "registry"):
        world.store = world.folder / name
        kind = KINDS[name](world)
        kind.cut = HALF
        serve = kind.serve

        def expiring(seen, kind=kind, serve=serve):
            answer = serve(seen)
            if answer.cut is not None:
                kind.generation = 2
            return answer

        kind.serve = expiring
        outcome = kind.fetch()
        assert kind.world.fetched(outcome) == MODEL, name
        assert outcome.result["bytes_fetched"] == len(MODEL), name


@pytest.mark.parametrize("door", [200, 401])
def test_a_registry_may_ask_at_the_blob_alone_and_offer_basic_first(world, door):
    kind = Registry(world)
    asks = kind.answer

    def answer(seen):
        if seen.path == "/v2/" and door == 200:
            return Answer(200)
        answer = asks(seen)
        if "WWW-Authenticate" in answer.headers:
            answer.headers["WWW-Authenticate"] = 'Basic realm="r", ' + answer.headers["WWW-Authenticate"]
        return answer

    kind.server.answer = answer
    assert world.fetched(kind.fetch()) == MODEL


def test_docker_may_have_users_in_a_program_and_public_models_are_fetched_all_the_same(world):
    kind = Registry(world)
    config = world.home / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"credsStore": "desktop"}))
    public = threading.Event()
    public.set()

    def answer(seen):
        if seen.path.startswith("/token"):
            return Answer(200, b'{"token":"nobody"}')
        if seen.header("authorization") != "Bearer nobody" or not (public.is_set() or seen.path == "/v2/"):
            return Answer(401, b"", {"WWW-Authenticate": f'Bearer realm="{kind.server.url}/token",service="registry"'})
        return Answer(200) if seen.path == "/v2/" else kind.serve(seen)

    kind.server.answer = answer
    kind.options = []
    assert world.fetched(kind.fetch()) == MODEL
    public.clear()  # a token for nobody is given to all, and opens nothing
    outcome = kind.fetch(store=world.folder / "private")
    assert (outcome.code, outcome.reason) == (50, "credential_helper")


def test_keys_to_a_bucket_that_expire_are_told_so_and_new_ones_go_on_where_it_was(world):
    kind = S3(world)
    kind.cut = HALF
    serve = kind.serve

    def expiring(seen):
        answer = serve(seen)
        if answer.cut is not None:
            kind.allowed = lambda seen: False
            kind.server.answer = lambda seen: Answer(400, b"<Error><Code>ExpiredToken</Code></Error>")
        return answer

    kind.serve = expiring
    outcome = kind.fetch()
    assert outcome.code == 14, outcome
    again = S3(world)
    again.secret = "PLANTED2"
    again.tell()
    outcome = again.fetch()
    assert world.fetched(outcome) == MODEL
    assert outcome.result["bytes_fetched"] < len(MODEL)


def test_other_bytes_than_the_signed_ones_are_refused_whoever_sends_them(kind):
    kind.content = MODEL[:-1] + bytes([MODEL[-1] ^ 1])
    outcome = kind.fetch()
    assert outcome.code == 30, outcome
    assert not (kind.world.store / "demo" / "1.0.0").exists()


def test_every_host_that_is_asked_is_one_that_was_named(kind):
    proxy = kind.world.proxy()
    assert kind.world.fetched(kind.fetch("--proxy", proxy.url)) == MODEL
    assert set(proxy.asked) == kind.hosts()


def test_who_is_given_a_mirror_of_the_host_asks_the_mirror_and_nobody_else(kind):
    """Another server that speaks as the host does, by its own rules: functions and signed addresses, keys to a bucket, tokens and realms."""
    mirror = type(kind)(kind.world)
    proxy = kind.world.proxy()
    assert kind.world.fetched(mirror.fetch("--proxy", proxy.url)) == MODEL
    assert set(proxy.asked) == mirror.hosts() and not mirror.hosts() & kind.hosts()
    # Also when it has nothing to give.
    proxy.asked.clear()
    mirror.server.answer = lambda seen: Answer(404)
    assert mirror.fetch("--proxy", proxy.url, store=kind.world.folder / "failing").code in (12, 14)
    assert proxy.asked and set(proxy.asked) <= mirror.hosts()
    assert kind.server.seen == []


def test_a_mirror_in_place_of_the_host_is_the_only_host_that_is_asked(world):
    """HF_ENDPOINT, another address in the manifest, a registry's mirror: whatever names the mirror, nobody else is asked, also not when it fails."""
    mirror = world.server(lambda seen: Answer(200, b"" if seen.path == "/v2/" else MODEL))
    host = mirror.url.removeprefix("https://")
    digest = hashlib.sha256(MODEL).hexdigest()
    for number, (url, env) in enumerate([(f"hf://org/repo@{COMMIT}/m.gguf", {"HF_ENDPOINT": mirror.url}), (mirror.url + "/m.gguf", {}),
                                         (f"oci://{host}/team/llama@sha256:{digest}", {})]):
        proxy = world.proxy()
        manifest = world.sign(world.described(MODEL, url=url))
        assert world.fetched(world.fetch(manifest, "--proxy", proxy.url, env=env, store=world.folder / f"good{number}")) == MODEL
        assert set(proxy.asked) == {host}
    mirror.answer = lambda seen: Answer(404)
    proxy = world.proxy()
    outcome = world.fetch(world.sign(world.described(MODEL, url=f"hf://org/repo@{COMMIT}/m.gguf")), "--proxy", proxy.url, env={"HF_ENDPOINT": mirror.url},
                          store=world.folder / "failing")
    assert outcome.code == 12, outcome
    assert set(proxy.asked) == {host}


def moved(kind):
    """The next manifest names this host: who holds the bytes asks nobody, who does not gets them there."""
    outcome = kind.fetch()
    assert (outcome.code, outcome.result["already_active"], kind.sent) == (0, True, []), outcome
    assert kind.world.fetched(kind.fetch(store=kind.world.folder / "fresh")) == MODEL
    assert kind.sent


@pytest.mark.parametrize("source,target", itertools.permutations(KINDS, 2))
def test_a_model_moves_from_any_host_to_any_other_by_its_manifest_alone(world, source, target):
    assert world.fetched(KINDS[source](world).fetch()) == MODEL
    moved(KINDS[target](world))


@pytest.mark.parametrize("name", KINDS)
def test_a_model_moves_from_any_host_into_a_bundle_and_from_there_to_any_host(world, name):
    source, bundle = KINDS[name](world), world.folder / "demo.bundle"

    def command(*words):
        done = subprocess.run([str(w) for w in (MODELSEC, *words, "--pin", world.pin)], capture_output=True, text=True, env=world.env(source.env), timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    command("bundle", "--manifest-file", source.manifest(), "--ca", world.ca.file, *source.options, "--out", bundle)
    command("fetch", "--bundle", bundle, "--store", world.store)
    for target in KINDS:
        moved(KINDS[target](world))
        shutil.rmtree(world.folder / "fresh")


def test_a_bundle_asks_no_host_at_all(world):
    server = world.server(lambda seen: Answer(200, MODEL))
    manifest = world.sign(world.described(MODEL, url=server.url + "/m"))
    bundle = world.folder / "models.bundle"
    made = subprocess.run([MODELSEC, "bundle", "--manifest-file", str(manifest), "--pin", world.pin, "--ca", str(world.ca.file), "--out", str(bundle)],
                          capture_output=True, text=True, env=world.env(), timeout=60)
    assert made.returncode == 0, made.stderr
    asked = len(server.seen)
    proxy = world.proxy()
    command = [MODELSEC, "fetch", "--json", "--bundle", str(bundle), "--pin", world.pin, "--store", str(world.store), "--proxy", proxy.url]
    done = subprocess.run(command, capture_output=True, text=True, env=world.env(), timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert proxy.asked == [] and len(server.seen) == asked


def test_what_is_looked_for_in_stores_after_each_test_is_found_if_it_is_there(world):
    kind = Https(world)
    assert world.fetched(kind.fetch()) == MODEL
    assert check_stores(world.folder) >= 2
    log = world.store / ".modelsec" / "audit.jsonl"
    good = log.read_text()
    assert json.loads(good.splitlines()[0])["modelsec.model.id"] == "demo"
    for planted in ("PLANTED", str(world.store), "https://models.example/m?token=1"):
        log.write_text(good + planted + "\n")
        with pytest.raises(AssertionError):
            check_stores(world.folder)
    log.write_text(good)
