# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""docker-registry, the real one: open, with a password, with bearer tokens, as a pull-through mirror."""
import base64
import hashlib
import json
import os
import ssl
import subprocess
import time
import urllib.request

import pytest
from support import Answer, free_port, noise, query_of, run

MODEL = noise(2_000_000)
EMPTY = b"{}"


def es256(ca, claims):
    """A token as the registry's specification wants it: ES256 with the certificate in x5c."""
    def b64(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    der = base64.b64decode("".join(line for line in ca.cert.read_text().splitlines() if "-----" not in line))
    header = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(der).decode()]}
    text = b64(json.dumps(header).encode()) + b"." + b64(json.dumps(claims).encode())
    out = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(ca.cert_key)], input=text, capture_output=True, check=True).stdout
    # DER: 30 len 02 len r 02 len s
    r_length = out[3]
    r = out[4:4 + r_length].lstrip(b"\0").rjust(32, b"\0")
    s = out[6 + r_length:].lstrip(b"\0").rjust(32, b"\0")
    return (text + b"." + b64(r + s)).decode()


class Registry:
    def __init__(self, world, auth="", proxy="", name="registry"):
        self.world, self.port = world, free_port()
        folder = world.folder / name
        folder.mkdir()
        config = folder / "config.yml"
        config.write_text(f"""version: 0.1
log: {{level: warn, accesslog: {{disabled: false}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: false}}}}
http: {{addr: "127.0.0.1:{self.port}", tls: {{certificate: {world.ca.cert}, key: {world.ca.cert_key}}}}}
{auth}
{proxy}
""")
        env = dict(os.environ, SSL_CERT_FILE=str(world.ca.file), OTEL_TRACES_EXPORTER="none")
        self.log = folder / "log"
        self.process = world.process(["docker-registry", "serve", config], self.port, self.log, env=env)
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"https://{self.host}"

    def ask(self, method, url, body=None, headers=None):
        context = ssl.create_default_context(cafile=str(self.world.ca.file))
        request = urllib.request.Request(url if url.startswith("https:") else self.url + url, data=body, method=method, headers=headers or {})
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return answer.headers, answer.read()

    def push_blob(self, repository, content, headers=None):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        where = self.ask("POST", f"/v2/{repository}/blobs/uploads/", b"", headers)[0]["Location"]
        where = where if where.startswith("https:") else self.url + where
        self.ask("PUT", where + ("&" if "?" in where else "?") + "digest=" + digest, content, dict(headers or {}, **{"Content-Type": "application/octet-stream"}))
        return digest

    def push_artifact(self, repository, files, media_type="application/octet-stream", title="org.opencontainers.image.title", headers=None):
        layers = [{"mediaType": media_type, "digest": self.push_blob(repository, content, headers), "size": len(content), "annotations": {title: name}}
                  for name, content in files.items()]
        manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                               "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": self.push_blob(repository, EMPTY, headers), "size": 2},
                               "layers": layers}).encode()
        digest = "sha256:" + hashlib.sha256(manifest).hexdigest()
        self.ask("PUT", f"/v2/{repository}/manifests/{digest}", manifest,
                 dict(headers or {}, **{"Content-Type": "application/vnd.oci.image.manifest.v1+json"}))
        return digest


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def with_password(world):
    line = "user:" + run("openssl", "passwd", "-6", "PLANTED").stdout.strip()
    # docker-registry takes bcrypt alone; Apache's htpasswd makes it, or Python's crypt where it can.
    try:
        line = subprocess.run(["htpasswd", "-nbB", "user", "PLANTED"], capture_output=True, text=True, check=True).stdout.strip()
    except FileNotFoundError:
        import crypt
        line = "user:" + crypt.crypt("PLANTED", "$2y$05$" + "abcdefghijklmnopqrstuu").replace("$2b$", "$2y$")
    path = world.folder / "htpasswd"
    path.write_text(line + "\n")
    return Registry(world, auth=f"auth: {{htpasswd: {{realm: basic-realm, path: {path}}}}}")


def credentials(world, registry, entry):
    path = world.folder / "credentials.json"
    path.write_text(json.dumps({registry.url: entry}))
    path.chmod(0o600)
    return path


def blob(world, registry, content=MODEL, repository="team/llama", **more):
    return world.sign(world.described(content, url=f"oci://{registry.host}/{repository}@sha256:{hashlib.sha256(content).hexdigest()}", **more))


def test_a_blob_is_fetched_by_digest_and_a_tag_is_refused(world):
    registry = Registry(world)
    registry.push_blob("team/llama", MODEL)
    assert world.fetched(world.fetch(blob(world, registry))) == MODEL
    # In stores of their own: bytes that are active already are not asked for.
    outcome = world.fetch(world.sign(world.described(MODEL, url=f"oci://{registry.host}/team/llama:latest")), store=world.folder / "store2")
    assert (outcome.code, outcome.reason) == (50, "mutable_revision")
    outcome = world.fetch(world.sign(world.described(MODEL, url=f"oci://{registry.host}/team/llama@sha256:{'a' * 64}")), store=world.folder / "store3")
    assert outcome.code == 24, outcome


@pytest.mark.parametrize("title", ["org.opencontainers.image.title", "org.cncf.model.filepath"])
def test_a_whole_artifact_is_the_files_of_the_manifest(world, title):
    registry = Registry(world)
    files = {"config.json": b'{"a": 1}', "w/model-1.safetensors": noise(400_000, 2), "w/model-2.safetensors": noise(400_001, 3)}
    digest = registry.push_artifact("team/llama", files, title=title)
    described = [{k: v for k, v in world.described(c, name=n).items() if k != "file_name"} | {"name": n} for n, c in files.items()]
    outcome = world.fetch(world.sign({"oci": f"oci://{registry.host}/team/llama@{digest}", "files": described}))
    for name, content in files.items():
        assert world.fetched(outcome, name) == content
    # One file less than there are layers, another size, a layer of another name: the publisher's mistake.
    assert world.fetch(world.sign({"oci": f"oci://{registry.host}/team/llama@{digest}", "files": described[:2]})).code == 24
    renamed = [dict(described[0], name="other.json"), *described[1:]]
    assert world.fetch(world.sign({"oci": f"oci://{registry.host}/team/llama@{digest}", "files": renamed})).code == 24


def test_layers_that_are_archives_are_refused(world):
    registry = Registry(world)
    digest = registry.push_artifact("team/llama", {"m.bin": MODEL}, media_type="application/vnd.cncf.model.weight.v1.tar")
    described = {k: v for k, v in world.described(MODEL).items() if k != "file_name"}
    outcome = world.fetch(world.sign({"oci": f"oci://{registry.host}/team/llama@{digest}", "files": [dict(described, name="m.bin")]}))
    assert (outcome.code, outcome.reason) == (50, "packed_layer")


def test_a_registry_with_a_password_is_asked_with_it(world):
    registry = with_password(world)
    headers = {"Authorization": basic("user", "PLANTED")}
    registry.push_blob("team/llama", MODEL, headers)
    assert world.fetch(blob(world, registry)).code == 14
    path = credentials(world, registry, {"basic": "user:PLANTED"})
    assert world.fetched(world.fetch(blob(world, registry), "--credentials", path)) == MODEL


def test_docker_s_config_file_is_read_and_its_helpers_never_run(world):
    registry = with_password(world)
    registry.push_blob("team/llama", MODEL, {"Authorization": basic("user", "PLANTED")})
    config = world.home / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"auths": {registry.host: {"auth": base64.b64encode(b"user:PLANTED").decode()}}}))
    assert world.fetched(world.fetch(blob(world, registry))) == MODEL
    ran = world.folder / "ran"
    helper = world.folder / "bin" / "docker-credential-evil"
    helper.parent.mkdir()
    helper.write_text(f"#!/bin/sh\ntouch {ran}\n")
    helper.chmod(0o755)
    config.write_text(json.dumps({"credHelpers": {registry.host: "evil"}}))
    outcome = world.fetch(blob(world, registry), store=world.folder / "store2", env={"PATH": f"{helper.parent}:{os.environ['PATH']}"})
    assert (outcome.code, outcome.reason) == (50, "credential_helper")
    assert not ran.exists()


class Tokens:
    """Twenty lines that are a token server."""

    def __init__(self, world, lifetime=300, address="127.0.0.1"):
        self.world, self.lifetime, self.passwords = world, lifetime, []
        self.server = world.server(self.answer, address=address)

    def answer(self, seen):
        self.passwords.append(seen.header("authorization"))
        if seen.header("authorization") != basic("user", "PLANTED"):
            return Answer(401)
        _, name, actions = query_of(seen.path)["scope"].split(":")
        now = int(time.time())
        claims = {"iss": "issuer", "sub": "user", "aud": "registry", "exp": now + self.lifetime, "nbf": now - 60, "iat": now, "jti": str(now),
                  "access": [{"type": "repository", "name": name, "actions": actions.split(",")}]}
        return Answer(200, json.dumps({"token": es256(self.world.ca, claims)}).encode(), {"Content-Type": "application/json"})


def with_tokens(world, **kw):
    tokens = Tokens(world, **kw)
    auth = f"auth: {{token: {{realm: {tokens.server.url}/token, service: registry, issuer: issuer, rootcertbundle: {world.ca.file}}}}}"
    registry = Registry(world, auth=auth)
    now = int(time.time())
    claims = {"iss": "issuer", "sub": "p", "aud": "registry", "exp": now + 300, "nbf": now - 60, "iat": now, "jti": "p",
              "access": [{"type": "repository", "name": "team/llama", "actions": ["pull", "push"]}]}
    registry.push = {"Authorization": "Bearer " + es256(world.ca, claims)}
    return registry, tokens


def test_bearer_tokens_come_from_the_realm_only_if_that_host_is_allowed(world):
    registry, tokens = with_tokens(world)
    registry.push_blob("team/llama", MODEL, registry.push)
    path = credentials(world, registry, {"basic": "user:PLANTED"})
    outcome = world.fetch(blob(world, registry), "--credentials", path)
    assert (outcome.code, outcome.reason) == (50, "realm_not_allowed")
    assert tokens.passwords == []
    realm = tokens.server.url.removeprefix("https://")
    assert world.fetched(world.fetch(blob(world, registry), "--credentials", path, "--auth-realm", realm)) == MODEL
    assert tokens.passwords == [basic("user", "PLANTED")]
    # A whole artifact takes one token too.
    digest = registry.push_artifact("team/llama", {"m.bin": MODEL}, headers=registry.push)
    described = {k: v for k, v in world.described(MODEL).items() if k != "file_name"}
    outcome = world.fetch(world.sign({"oci": f"oci://{registry.host}/team/llama@{digest}", "files": [dict(described, name="m.bin")]}, version="2.0.0"),
                          "--credentials", path, "--auth-realm", realm)
    assert world.fetched(outcome, "m.bin") == MODEL


def test_a_mirror_that_pulls_through_serves_what_the_registry_has(world):
    upstream = Registry(world)
    upstream.push_blob("team/llama", MODEL)
    mirror = Registry(world, proxy=f"proxy: {{remoteurl: {upstream.url}}}", name="mirror")
    # The mirror is the only host that is asked.
    assert world.fetched(world.fetch(blob(world, mirror))) == MODEL


def test_other_bytes_from_a_registry_are_refused(world):
    wrong = MODEL[:-1] + bytes([MODEL[-1] ^ 1])
    server = world.server(lambda seen: Answer(200, b"" if seen.path == "/v2/" else wrong))
    host = server.url.removeprefix("https://")
    outcome = world.fetch(world.sign(world.described(MODEL, url=f"oci://{host}/x@sha256:{hashlib.sha256(MODEL).hexdigest()}")))
    assert outcome.code == 30, outcome
