# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Any HTTPS host, an API with keys, Supabase's storage and functions, presigned buckets: a stand-in that answers as docs/hosts.md has it."""
import hashlib
import json
import urllib.parse

import pytest
from support import Answer, noise

MODEL = noise(4_000_000)
S3_EXPIRED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message><Expires>x</Expires></Error>"
EXPIRED = {
    "s3": (403, S3_EXPIRED),
    "s3-session": (400, b"<Error><Code>ExpiredToken</Code></Error>"),
    "r2": (403, b"<Error><Code>ExpiredRequest</Code></Error>"),
    "gcs": (400, b"<Error><Code>ExpiredToken</Code></Error>"),
    "supabase": (400, b'{"statusCode":"400","error":"InvalidJWT","message":"jwt expired"}'),
}


class Signing:
    """A host whose addresses are signed and good for `uses` requests; an endpoint hands out new ones."""

    def __init__(self, world, content, host, uses=3):
        self.content, self.host, self.uses, self.asked = content, host, uses, []
        self.left = {}
        self.server = world.server(self.answer)
        self.url = self.server.url

    def answer(self, seen):
        path, query = urllib.parse.urlsplit(seen.path).path, urllib.parse.urlsplit(seen.path).query
        if path == "/functions/v1/get-model-url":
            self.asked.append(seen)
            token = f"PLANTED{len(self.asked)}"
            self.left[token] = self.uses
            if self.host == "supabase":
                return Answer(200, json.dumps({"signedURL": f"/object/sign/models/m.gguf?token={token}"}).encode())
            return Answer(200, json.dumps({"url": f"{self.url}/m.gguf?X-Amz-Signature={token}"}).encode())
        token = query.partition("=")[2]
        if self.left.get(token, 0) <= 0:
            status, body = EXPIRED[self.host]
            return Answer(status, body, {"Content-Type": "application/xml"})
        self.left[token] -= 1
        return Answer(200, self.content)


@pytest.mark.parametrize("host", EXPIRED)
def test_an_address_that_expires_in_mid_download_is_asked_for_again_and_the_download_goes_on(world, host):
    signing = Signing(world, MODEL, host, uses=1)
    serve, half = signing.server.answer, len(MODEL) // 2

    def breaking(seen):  # the line breaks, and by then the address has expired
        reply = serve(seen)
        if reply.body is MODEL and len(signing.asked) == 1:
            reply.cut = half
        return reply

    signing.server.answer = breaking
    artifact = world.described(MODEL, chunks=world.chunked(MODEL), url_endpoint={"url": signing.url + "/functions/v1/get-model-url", "body": {"modelId": "demo"}})
    outcome = world.fetch(world.sign(artifact), "--connections", "1")
    assert world.fetched(outcome) == MODEL
    assert [json.loads(seen.body) for seen in signing.asked] == [{"modelId": "demo"}] * 2
    content = [seen for seen in signing.server.seen if seen not in signing.asked]
    # The old address was refused, and the new one asked for no more than the rest.
    assert [seen.status for seen in content] == [200, EXPIRED[host][0], 206]
    assert content[-1].header("range").startswith(f"bytes={half}-")
    assert outcome.result["bytes_fetched"] == len(MODEL)


@pytest.mark.parametrize("host", ["s3", "supabase"])
def test_an_address_that_is_never_good_is_given_up(world, host):
    signing = Signing(world, MODEL, host, uses=0)
    artifact = world.described(MODEL, url_endpoint={"url": signing.url + "/functions/v1/get-model-url", "body": {}})
    outcome = world.fetch(world.sign(artifact))
    assert (outcome.code, outcome.reason) == (14, "url_expired")
    assert len(signing.asked) <= 4


@pytest.mark.parametrize("body,expected", [
    ({"statusCode": "404", "error": "not_found", "message": "Object not found"}, (12, "not_found")),
    ({"statusCode": "403", "error": "Unauthorized", "message": "new row violates row-level security policy"}, (14, "forbidden")),
    ({"statusCode": "400", "error": "InvalidSignature", "message": "x"}, (14, "forbidden")),
])
def test_the_true_code_in_supabase_s_400_is_what_the_user_is_told(world, body, expected):
    server = world.server(lambda seen: Answer(400, json.dumps(body).encode(), {"Content-Type": "application/json"}))
    outcome = world.fetch(world.sign(world.described(MODEL, url=server.url + "/storage/v1/object/public/models/m.gguf")))
    assert (outcome.code, outcome.reason) == expected


@pytest.mark.parametrize("status,expected", [(401, (14, "unauthorized")), (402, (13, "quota")), (403, (14, "forbidden")), (429, (13, "rate_limited")),
                                             (503, (12, "server_error"))])
def test_an_api_s_answers_are_told_apart(world, status, expected):
    # A server that is to be left alone for an hour is not waited for.
    server = world.server(lambda seen: Answer(status, b'{"error": "PLANTED"}', {"Retry-After": "3600"}))
    outcome = world.fetch(world.sign(world.described(MODEL, url=server.url + "/v1/models/demo")))
    assert (outcome.code, outcome.reason) == expected
    assert len(server.seen) == 1 or status == 403  # there the credentials are asked for once more


@pytest.mark.parametrize("entry,header,value", [({"bearer": "hk_live_PLANTED"}, "authorization", "Bearer hk_live_PLANTED"),
                                                ({"headers": {"X-API-Key": "hk_live_PLANTED"}}, "x-api-key", "hk_live_PLANTED")])
def test_an_api_s_key_goes_to_its_origin_and_not_to_the_store_it_sends_us_to(world, entry, header, value):
    bucket = world.server(lambda seen: Answer(400 if seen.header("authorization") or seen.header("x-api-key") else 200, MODEL), address="127.0.0.2")

    def answer(seen):
        return Answer(302, b"", {"Location": bucket.url + "/m?X-Amz-Signature=PLANTED"}) if seen.header(header) == value else Answer(401)

    api = world.server(answer)
    credentials = world.folder / "credentials.json"
    credentials.write_text(json.dumps({api.url: entry}))
    credentials.chmod(0o600)
    manifest = world.sign(world.described(MODEL, url=api.url + "/v1/models/demo"))
    assert world.fetch(manifest).code == 14
    outcome = world.fetch(manifest, "--credentials", credentials, "--profile", "client")
    assert world.fetched(outcome) == MODEL
    for path in world.store.rglob("*"):
        assert not path.is_file() or b"hk_live_PLANTED" not in path.read_bytes()


def test_the_same_manifest_s_model_moves_from_host_to_host_without_another_byte(world):
    """A model moves by manifest alone: another address, the same digest, and what is active needs no download."""
    hosts = [world.server(lambda seen: Answer(200, MODEL), address=f"127.0.0.{n}") for n in (1, 2, 3)]
    for number, host in enumerate(hosts):
        outcome = world.fetch(world.sign(world.described(MODEL, url=host.url + "/m")))
        assert world.fetched(outcome) == MODEL
        assert outcome.result["already_active"] is (number > 0)
    assert hosts[1].seen == [] and hosts[2].seen == []


def test_a_mirror_takes_over_where_the_first_host_is_gone_and_only_these_two_are_asked(world):
    gone = world.server(lambda seen: Answer(404))
    mirror = world.server(lambda seen: Answer(200, MODEL), address="127.0.0.2")
    bystander = world.server(lambda seen: Answer(200, MODEL), address="127.0.0.3")
    outcome = world.fetch(world.sign(world.described(MODEL, url=gone.url + "/m", mirrors=[mirror.url + "/m"])))
    assert world.fetched(outcome) == MODEL
    assert {s.host for s in gone.seen + mirror.seen} == {gone.url.removeprefix("https://"), mirror.url.removeprefix("https://")}
    assert bystander.seen == []


def test_keys_to_a_bucket_sign_requests_on_servers_and_are_refused_on_clients(world):
    def answer(seen):
        good = seen.header("authorization").startswith("AWS4-HMAC-SHA256 Credential=AKIAPLANTEDPLANTEDPL/") and seen.header("x-amz-date")
        return Answer(200, MODEL) if good else Answer(403, b"<Error><Code>AccessDenied</Code></Error>")

    bucket = world.server(answer)
    credentials = world.folder / "credentials.json"
    credentials.write_text(json.dumps({bucket.url: {"s3": {"access_key_id": "AKIAPLANTEDPLANTEDPL", "secret_access_key": "PLANTED"}}}))
    credentials.chmod(0o600)
    manifest = world.sign(world.described(MODEL, url=bucket.url + "/bucket/m.gguf"))
    assert world.fetch(manifest).code == 14
    outcome = world.fetch(manifest, "--credentials", credentials, "--profile", "client")
    assert (outcome.code, outcome.reason) == (50, "storage_credentials")
    assert world.fetched(world.fetch(manifest, "--credentials", credentials)) == MODEL
    # The environment's keys are for the endpoint it names.
    outcome = world.fetch(manifest, store=world.folder / "store2",
                          env={"AWS_ACCESS_KEY_ID": "AKIAPLANTEDPLANTEDPL", "AWS_SECRET_ACCESS_KEY": "PLANTED", "AWS_ENDPOINT_URL_S3": bucket.url})
    assert world.fetched(outcome) == MODEL
    outcome = world.fetch(manifest, store=world.folder / "store3", env={"AWS_ACCESS_KEY_ID": "AKIAPLANTEDPLANTEDPL", "AWS_SECRET_ACCESS_KEY": "PLANTED"})
    assert outcome.code == 14, outcome


def test_the_instance_s_role_gives_keys_by_its_second_version_alone(world):
    keys = json.dumps({"AccessKeyId": "ASIAPLANTEDPLANTEDPL", "SecretAccessKey": "PLANTED", "Token": "PLANTEDSESSION"}).encode()

    def service(seen):
        if seen.method == "PUT" and seen.path == "/latest/api/token":
            return Answer(200, b"session-token")
        if seen.header("x-aws-ec2-metadata-token") != "session-token":
            return Answer(401)
        if seen.path == "/latest/meta-data/iam/security-credentials/":
            return Answer(200, b"role")
        return Answer(200, keys) if seen.path.endswith("/role") else Answer(404)

    metadata = world.server(service, tls=False)
    bucket = world.server(lambda seen: Answer(200, MODEL) if seen.header("x-amz-security-token") == "PLANTEDSESSION" else Answer(403))
    manifest = world.sign(world.described(MODEL, url=bucket.url + "/bucket/m.gguf"))
    env = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url, "AWS_ENDPOINT_URL_S3": bucket.url}
    assert world.fetch(manifest, env=env).code == 14
    assert metadata.seen == []  # nobody asked for a role
    assert world.fetched(world.fetch(manifest, "--s3-role", env=env)) == MODEL
    assert metadata.seen[0].method == "PUT"
    outcome = world.fetch(manifest, "--s3-role", store=world.folder / "store2", env=dict(env, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://metadata.example"))
    assert (outcome.code, outcome.reason) == (50, "plain_http")


@pytest.fixture
def container(world):
    """The credentials endpoint of a container (ECS, EKS), and a bucket for the keys that it gives out."""
    keys = json.dumps({"AccessKeyId": "ASIAPLANTEDPLANTEDPL", "SecretAccessKey": "PLANTED", "Token": "PLANTEDSESSION"}).encode()

    def service(seen):
        if seen.path == "/elsewhere":
            return Answer(302, b"", {"Location": "/keys"})
        return Answer(200, keys) if seen.path == "/keys" and seen.header("authorization") in ("", "PLANTEDTOKEN") else Answer(404)

    endpoint = world.server(service, tls=False)
    bucket = world.server(lambda seen: Answer(200, MODEL) if seen.header("x-amz-security-token") == "PLANTEDSESSION" else Answer(403))
    manifest = world.sign(world.described(MODEL, url=bucket.url + "/bucket/m.gguf"))
    stores = iter(range(100))

    def fetch(path, *options, **env):
        return world.fetch(manifest, "--s3-role", *options, store=world.folder / f"store{next(stores)}",
                           env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url + path, "AWS_ENDPOINT_URL_S3": bucket.url, **env})
    return endpoint, bucket, fetch


def test_a_container_s_endpoint_gives_keys_with_its_token_or_without(world, container):
    endpoint, _, fetch = container
    assert world.fetched(fetch("/keys")) == MODEL
    assert [(s.method, s.path, s.header("authorization")) for s in endpoint.seen] == [("GET", "/keys", "")]
    assert world.fetched(fetch("/keys", AWS_CONTAINER_AUTHORIZATION_TOKEN="PLANTEDTOKEN")) == MODEL
    token = world.folder / "token"
    token.write_text("PLANTEDTOKEN")
    token.chmod(0o600)
    assert world.fetched(fetch("/keys", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token))) == MODEL
    assert [s.header("authorization") for s in endpoint.seen[1:]] == ["PLANTEDTOKEN"] * 2
    token.chmod(0o644)
    outcome = fetch("/keys", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token))
    assert (outcome.code, outcome.reason) == (2, "secret_file_exposed") and len(endpoint.seen) == 3
    # No name, no other machine, no https to a certificate of nobody: an address of this machine by plain http alone.
    for wrong in ("http://metadata.example/keys", f"http://localhost:{endpoint.port}/keys", "http://192.0.2.1/keys"):
        outcome = fetch("", AWS_CONTAINER_CREDENTIALS_FULL_URI=wrong)
        assert (outcome.code, outcome.reason) == (50, "plain_http"), wrong
    assert len(endpoint.seen) == 3


def test_a_container_s_endpoint_that_sends_elsewhere_is_not_followed(container):
    endpoint, bucket, fetch = container
    outcome = fetch("/elsewhere")
    assert outcome.code == 14, outcome
    assert set(endpoint.paths()) == {"/elsewhere"} and not any(s.header("x-amz-security-token") for s in bucket.seen)


def test_a_container_s_endpoint_is_asked_past_every_proxy(world, container):
    endpoint, bucket, fetch = container
    proxy = world.proxy()
    assert world.fetched(fetch("/keys", HTTPS_PROXY=proxy.url, HTTP_PROXY=proxy.url, http_proxy=proxy.url, ALL_PROXY=proxy.url)) == MODEL
    assert set(proxy.asked) == {f"127.0.0.1:{bucket.port}"} and endpoint.paths() == ["/keys"]


def test_wrong_bytes_truncation_and_longer_bodies_are_refused_from_every_kind_of_host(world):
    cases = {"flipped": MODEL[:100] + bytes([MODEL[100] ^ 1]) + MODEL[101:], "longer": MODEL + b"x", "shorter": MODEL[:-1]}
    for name, body in cases.items():
        server = world.server(lambda seen, body=body: Answer(200, body))
        outcome = world.fetch(world.sign(world.described(MODEL, url=server.url + "/m")), store=world.folder / name)
        assert outcome.code == 30, (name, outcome)
        assert hashlib.sha256(body).hexdigest() not in outcome.errors


def test_mirrors_that_are_no_addresses_for_downloads_are_left_out_with_a_warning(world):
    server = world.server(lambda seen: Answer(200, MODEL))
    bad = ["ht!tp://x", "1https://x", "https://b b/x", "ftp://127.0.0.1/m", "file:m", "hf://a", "hf://o/r@main/m"]
    good = server.url + "/m"
    outcome = world.fetch(world.sign(world.described(MODEL, url=good, mirrors=bad)))
    assert world.fetched(outcome) == MODEL
    assert sum(1 for line in outcome.lines if line.get("event") == "warning" and line.get("reason") == "bad_mirror") == len(bad), outcome
    for url, code, reason in (("ht!tp://x", 24, "manifest_malformed"), ("1https://x", 24, "manifest_malformed"), ("ftp://127.0.0.1/m", 50, "scheme_not_allowed")):
        outcome = world.fetch(world.sign(world.described(MODEL, url=url, mirrors=[good])), store=world.folder / "other")
        assert (outcome.code, outcome.reason) == (code, reason), url
    outcome = world.fetch(world.sign(world.described(MODEL, url=good, mirrors=["http://127.0.0.1/m"])), store=world.folder / "other")
    assert (outcome.code, outcome.reason) == (50, "plain_http"), outcome
