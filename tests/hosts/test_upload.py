# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""publish --to: who may be asked to keep what, what hosts are told (by their logs), and that what was uploaded is what clients get."""
import base64
import hashlib
import json
import subprocess
from types import SimpleNamespace

import pytest
from bucket import KEY_ID, SECRET, Bucket
from hub import Hub
from supabase import SERVICE_KEY, Supabase
from support import MODELSEC, Answer, Outcome, Relay, check_messages, noise
from test_registry import Registry, basic, credentials, with_password, with_tokens

SMALL, MODEL = b'{"a": 1}', noise(2_000_000)
LARGE = noise(40_000_000, 7)


class Publisher:
    def __init__(self, world, files=None):
        self.world, self.sequence = world, 0
        self.out = world.folder / "out" / "manifest.json"
        self.out.parent.mkdir(exist_ok=True)
        self.files = files or {"config.json": SMALL, "model.gguf": MODEL}
        self.folder = world.folder / "pack"
        for name, content in self.files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)

    def command(self, *options):
        return [MODELSEC, "publish", "--json", "--key", self.world.key, "--model", "demo", "--version", "1.0.0", "--sequence", self.sequence, "--expires", "1d",
                   "--platform", "any", "--folder", self.folder, "--out", self.out, "--ca", self.world.ca.file, *options]

    def __call__(self, *options, env=None, urls=False):
        self.sequence += 1
        command = self.command(*options, *(["--base-url", "https://models.example/demo"] if urls else []))
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=self.world.env(env), timeout=300)
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        check_messages(outcome, generic=False)
        assert SERVICE_KEY not in done.stdout + done.stderr
        outcome.uploads = [line for line in outcome.lines if line["type"] == "upload"]
        outcome.upload = next(iter(outcome.uploads), None)
        return outcome

    def described(self):
        payload = json.loads(base64.b64decode(json.loads(self.out.read_text())["payload"]))
        return [f for a in payload["artifacts"] for f in a.get("files", [a])]

    def addresses(self):
        return [f["url"] for f in self.described()]

    def fetched(self, *options, env=None):
        outcome = self.world.fetch(self.out, "--profile", "server", *options, env=env, store=self.world.folder / f"store-{self.sequence}")
        for name, content in self.files.items():
            assert self.world.fetched(outcome, name) == content


TABLE = {
    ("development", "public"): "hf s3 supabase oci dir", ("staging", "public"): "hf s3 supabase oci dir", ("production", "public"): "hf s3 supabase oci dir",
    ("development", "internal"): "hf s3 supabase oci dir", ("staging", "internal"): "s3 oci dir", ("production", "internal"): "s3 oci dir",
    ("development", "high"): "oci dir", ("staging", "high"): "oci dir", ("production", "high"): "oci dir",
    (None, "internal"): "s3 oci dir", ("unheard", "internal"): "s3 oci dir", ("development", None): "oci dir", ("development", "unheard"): "oci dir", (None, None): "oci dir",
}


def test_a_model_goes_only_where_the_table_lets_it(world):
    publish = Publisher(world)
    for (env, sensitivity), allowed in TABLE.items():
        for kind in ("dir", "s3", "supabase", "hf", "oci"):
            options = ["--to", kind] + (["--env", env] if env else []) + (["--sensitivity", sensitivity] if sensitivity else [])
            if kind not in allowed.split():
                outcome = publish(*options, urls=True)
                assert (outcome.code, outcome.reason) == (50, "placement"), (options, outcome)
                assert not publish.out.exists()
            elif kind != "dir":
                assert publish(*options, urls=True).code == 2, options  # allowed, but it was not said where


def bucket_env(world):
    return {"AWS_REGION": "eu-west-1"}


def keys(world, bucket):
    return credentials(world, bucket, {"s3": {"access_key_id": KEY_ID, "secret_access_key": SECRET}})


def test_internal_models_in_production_go_to_s3_by_default_encrypted_by_its_key_service_and_without_an_acl(world):
    bucket, publish = Bucket(world), Publisher(world)
    outcome = publish("--env", "production", "--sensitivity", "internal", "--destination", "models/llama", "--endpoint", bucket.url, "--kms-key", "alias/models",
                      "--credentials", keys(world, bucket), env=bucket_env(world))
    assert outcome.code == 0, outcome
    assert (outcome.upload["to"], outcome.upload["private"]) == ("s3", True)
    assert bucket.objects["models", "llama/1.0.0/model.gguf"] == MODEL
    puts = [s for s in bucket.server.seen if s.method == "PUT"]
    assert len(puts) == 3
    for seen in puts:
        assert seen.header("x-amz-server-side-encryption") == "aws:kms"
        assert seen.header("x-amz-server-side-encryption-aws-kms-key-id") == "alias/models"
    assert not any("acl" in h.lower() for s in bucket.server.seen for h in [s.path, *s.headers])
    # The manifest is last, and is the file that was written.
    assert puts[-1].path == "/models/llama/manifest.json" and puts[-1].body == publish.out.read_bytes()
    # A stranger was tried, and refused, before the large file was sent.
    strangers = [i for i, s in enumerate(bucket.server.seen) if not s.header("authorization")]
    assert strangers and all(bucket.server.seen[i].status == 403 for i in strangers)
    assert strangers[0] < next(i for i, s in enumerate(bucket.server.seen) if s.method == "PUT" and s.path.endswith("model.gguf"))
    publish.fetched("--credentials", keys(world, bucket), env=bucket_env(world))
    # Again: nothing is sent but the manifest.
    before = len(bucket.server.seen)
    again = publish("--to", "s3://models/llama", "--env", "staging", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket), env=bucket_env(world))
    assert again.code == 0 and again.upload["bytes_sent"] == 0 and again.upload["present"] == 2
    assert [s.path for s in bucket.server.seen[before:] if s.method == "PUT"] == ["/models/llama/manifest.json"]


def test_a_bucket_that_does_not_encrypt_or_that_everybody_reads_is_refused(world):
    publish = Publisher(world)
    plain = Bucket(world, kms=False)
    outcome = publish("--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", plain.url, "--credentials", keys(world, plain))
    assert (outcome.code, outcome.reason) == (50, "placement")
    open_bucket = Bucket(world, public=True)
    outcome = publish("--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", open_bucket.url, "--credentials", keys(world, open_bucket))
    assert (outcome.code, outcome.reason) == (50, "publicly_readable")
    assert ("models", "1.0.0/model.gguf") not in open_bucket.objects  # only the smallest file was risked
    assert not publish.out.exists()
    outcome = publish("--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", Bucket(world).url)
    assert outcome.code == 14, outcome


def test_an_upload_to_s3_that_broke_off_goes_on_with_the_parts_that_are_there(world):
    bucket, publish = Bucket(world), Publisher(world, {"model.gguf": LARGE})
    options = ["--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket)]
    bucket.fail_after = 2
    assert publish(*options).code == 14
    assert not publish.out.exists()
    bucket.fail_after = None
    outcome = publish(*options)
    assert outcome.code == 0, outcome
    assert bucket.parts_taken == 3 and outcome.upload["bytes_sent"] < len(LARGE) / 2
    assert bucket.objects["models", "1.0.0/model.gguf"] == LARGE
    assert bucket.encryption["models", "1.0.0/model.gguf"] == "aws:kms"
    # Parts of another file under the same name: found out when it is read back, and sent anew.
    other = noise(len(LARGE), 8)
    bucket.uploads["id-99"] = {"place": ("models", "1.0.0/model.gguf"), "parts": {1: ('"x"', b"\0" * (16 << 20))}, "encryption": "aws:kms"}
    (publish.folder / "model.gguf").write_bytes(other)
    assert publish(*options).code == 0
    assert bucket.objects["models", "1.0.0/model.gguf"] == other


def test_what_lies_unencrypted_in_s3_is_sent_again_for_a_model_that_must_be_encrypted(world):
    bucket, publish = Bucket(world), Publisher(world)
    options = ["--to", "s3://models", "--env", "production", "--endpoint", bucket.url, "--credentials", keys(world, bucket)]
    assert publish(*options, "--sensitivity", "public").code == 0
    assert set(bucket.encryption.values()) == {""}
    outcome = publish(*options, "--sensitivity", "internal")
    assert outcome.code == 0 and outcome.upload["present"] == 0, outcome
    assert set(bucket.encryption.values()) == {"aws:kms"} and bucket.objects["models", "1.0.0/model.gguf"] == MODEL
    # Encrypted otherwise is not encrypted by the key service.
    bucket.encryption["models", "1.0.0/model.gguf"] = "AES256"
    outcome = publish(*options, "--sensitivity", "internal")
    assert outcome.code == 0 and outcome.upload["present"] == 1, outcome
    assert set(bucket.encryption.values()) == {"aws:kms"}


@pytest.mark.parametrize("parts", [2, 3])
def test_an_upload_to_s3_that_was_begun_without_encryption_does_not_go_on_for_a_model_that_must_be_encrypted(world, parts):
    bucket, publish = Bucket(world), Publisher(world, {"model.gguf": LARGE})
    options = ["--to", "s3://models", "--env", "production", "--endpoint", bucket.url, "--credentials", keys(world, bucket)]
    answer = bucket.answer

    def breaking(seen):
        if seen.method == "POST" and "uploadId" in seen.path:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        return answer(seen)
    bucket.server.answer = breaking
    bucket.fail_after = parts
    assert publish(*options, "--sensitivity", "public").code == 14
    assert [(u["encryption"], len(u["parts"])) for u in bucket.uploads.values()] == [("", parts)]
    bucket.server.answer, bucket.fail_after = answer, None
    outcome = publish(*options, "--sensitivity", "internal")
    assert outcome.code == 0, outcome
    assert bucket.encryption["models", "1.0.0/model.gguf"] == "aws:kms" and bucket.objects["models", "1.0.0/model.gguf"] == LARGE


def test_bytes_that_a_host_alters_are_found_when_they_are_read_back_and_no_manifest_is_left(world):
    bucket, publish = Bucket(world), Publisher(world)
    answer = bucket.answer

    def altering(seen):
        out = answer(seen)
        if seen.method == "PUT":
            for place, content in bucket.objects.items():
                if place[1].endswith(".gguf"):
                    bucket.objects[place] = content[:-1] + bytes([content[-1] ^ 1]) if content == MODEL else content
        return out
    bucket.server.answer = altering
    outcome = publish("--to", "s3://models", "--env", "production", "--sensitivity", "public", "--endpoint", bucket.url, "--credentials", keys(world, bucket))
    assert (outcome.code, outcome.reason) == (30, "upload_mismatch")
    assert not publish.out.exists() and not any("manifest" in s.path and s.method == "PUT" for s in bucket.server.seen)


@pytest.mark.parametrize("multipart", [False, True])
def test_internal_models_in_development_go_to_a_private_repository_of_the_hub(world, multipart):
    hub, publish = Hub(world, {}, tokens=["hf_planted"]), Publisher(world)
    hub.multipart = multipart
    env = {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"}
    outcome = publish("--env", "development", "--sensitivity", "internal", "--destination", "org/demo", env=env)
    assert outcome.code == 0, outcome
    assert [c["private"] for c in hub.created] == [True]
    assert hub.repositories["org/demo"]["1.0.0/model.gguf"] == MODEL
    assert hub.repositories["org/demo"]["manifest.json"] == publish.out.read_bytes()
    assert all(f"hf://org/demo@{next(iter(hub.commits))}/" in a for a in publish.addresses())
    assert hub.cdn_tokens_seen == []
    publish.fetched(env=env)
    # Objects that are there are not sent again; a repository that somebody made public is none to put this into.
    again = publish("--to", "hf://org/demo", "--env", "development", "--sensitivity", "internal", env=env)
    assert again.code == 0 and again.upload["bytes_sent"] == len(SMALL)
    hub.private.clear()
    outcome = publish("--to", "hf://org/demo", "--env", "development", "--sensitivity", "internal", env=env)
    assert (outcome.code, outcome.reason) == (50, "publicly_readable")
    assert publish("--to", "hf://org/demo", "--env", "development", "--sensitivity", "internal", env={"HF_ENDPOINT": hub.url}).code == 14


def test_a_public_model_goes_to_a_public_repository_of_the_hub(world):
    hub, publish = Hub(world, {}, tokens=["hf_planted"]), Publisher(world)
    outcome = publish("--to", "hf://org/demo", "--env", "production", "--sensitivity", "public", env={"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"})
    assert outcome.code == 0, outcome
    assert [c["private"] for c in hub.created] == [False] and outcome.upload["private"] is False
    publish.fetched(env={"HF_ENDPOINT": hub.url})  # by anybody


@pytest.mark.parametrize("kind", ["hub", "supabase"])
def test_bytes_that_the_hub_or_supabase_alters_are_found_when_they_are_read_back(world, kind):
    publish, altered = Publisher(world), MODEL[:-1] + bytes([MODEL[-1] ^ 1])
    if kind == "hub":
        host = Hub(world, {}, tokens=["hf_planted"])
        server, options, env = host.cdn, ["--to", "hf://org/demo"], {"HF_ENDPOINT": host.url, "HF_TOKEN": "hf_planted"}
    else:
        host = Supabase(world)
        server, env = host.server, {}
        options = ["--to", "supabase://models", "--endpoint", host.url, "--credentials", supabase_credentials(world, host)]
    answer = server.answer

    def altering(seen):
        out = answer(seen)
        for place, content in host.objects.items():
            if content == MODEL:
                host.objects[place] = altered
        if seen.method == "GET" and out.body == MODEL:
            out.body = altered
        return out
    server.answer = altering
    outcome = publish(*options, "--env", "development", "--sensitivity", "internal", env=env)
    assert (outcome.code, outcome.reason) == (30, "upload_mismatch"), outcome
    assert not publish.out.exists() and "manifest.json" not in str(list(getattr(host, "repositories", {}).values()) + list(host.objects))


@pytest.mark.parametrize("multipart", [False, True])
def test_an_upload_to_the_hub_that_broke_off_sends_only_what_the_hub_has_not(world, multipart):
    first, second = noise(1_500_000, 3), noise(2_500_000, 4)
    hub, publish = Hub(world, {}, tokens=["hf_planted"]), Publisher(world, {"a.gguf": first, "b.gguf": second})
    hub.multipart = multipart
    take, broken = hub.cdn.answer, [True]

    def breaking(seen):
        if seen.method == "PUT" and broken[0] and hashlib.sha256(second).hexdigest() in seen.path:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        return take(seen)
    hub.cdn.answer = breaking
    options, env = ["--to", "hf://org/demo", "--env", "development", "--sensitivity", "internal"], {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"}
    assert publish(*options, env=env).code == 14
    assert not publish.out.exists() and list(hub.objects) == [hashlib.sha256(first).hexdigest()] and not hub.commits
    broken[0] = False
    outcome = publish(*options, env=env)
    assert outcome.code == 0 and outcome.upload["bytes_sent"] == len(second), outcome
    publish.fetched(env=env)


def supabase_credentials(world, host):
    return credentials(world, host, {"bearer": SERVICE_KEY, "headers": {"apikey": SERVICE_KEY}})


def test_a_supabase_bucket_is_made_private_and_large_files_go_on_where_they_broke_off(world):
    host, publish = Supabase(world), Publisher(world, {"config.json": SMALL, "model.gguf": LARGE})
    options = ["--to", "supabase://models/llama", "--env", "development", "--sensitivity", "internal", "--endpoint", host.url,
               "--credentials", supabase_credentials(world, host)]
    host.fail_after = 3
    assert publish(*options).code == 14
    assert host.buckets == {"models": False}
    host.fail_after = None
    outcome = publish(*options)
    assert outcome.code == 0, outcome
    assert host.parts_taken == 7 and len(host.uploads) == 1  # each part once, one upload
    assert host.objects["models", "llama/1.0.0/model.gguf"] == LARGE
    assert not list(publish.out.parent.glob("*.upload"))
    publish.fetched("--credentials", supabase_credentials(world, host))
    host.buckets["models"] = True
    outcome = publish(*options)
    assert (outcome.code, outcome.reason) == (50, "publicly_readable")


def test_a_public_model_goes_to_a_public_bucket(world):
    host, publish = Supabase(world), Publisher(world)
    outcome = publish("--to", "supabase://models", "--env", "production", "--sensitivity", "public", "--endpoint", host.url, "--credentials", supabase_credentials(world, host))
    assert outcome.code == 0, outcome
    assert host.buckets == {"models": True} and all("/object/public/models/" in a for a in publish.addresses())
    publish.fetched()


def test_models_of_high_sensitivity_go_to_a_registry_that_asks_who_one_is(world):
    publish = Publisher(world)
    open_registry = Registry(world)
    outcome = publish("--to", f"oci://{open_registry.host}/team/llama")
    assert (outcome.code, outcome.reason) == (50, "publicly_readable")
    world.folder.joinpath("registry").rename(world.folder / "registry-open")
    registry = with_password(world)
    path = credentials(world, registry, {"basic": "user:PLANTED"})
    outcome = publish("--destination", f"{registry.host}/team/llama", "--credentials", path, env={})
    assert outcome.code == 0, outcome
    assert outcome.upload["to"] == "oci" and all(a.startswith(f"oci://{registry.host}/team/llama@sha256:") for a in publish.addresses())
    publish.fetched("--credentials", path)
    # As ORAS finds it: titles at the layers, the signed manifest an artifact of its own.
    headers = {"Authorization": basic("user", "PLANTED"), "Accept": "application/vnd.oci.image.manifest.v1+json"}
    artifact = json.loads(registry.ask("GET", "/v2/team/llama/manifests/1.0.0-any", headers=headers)[1])
    assert sorted(layer["annotations"]["org.opencontainers.image.title"] for layer in artifact["layers"]) == ["config.json", "model.gguf"]
    signed = json.loads(registry.ask("GET", "/v2/team/llama/manifests/1.0.0", headers=headers)[1])["layers"][0]
    assert registry.ask("GET", f"/v2/team/llama/blobs/{signed['digest']}", headers=headers)[1] == publish.out.read_bytes()


def test_a_registry_with_tokens_is_asked_for_the_right_to_push(world):
    publish = Publisher(world, {"model.gguf": LARGE})
    registry, tokens = with_tokens(world)
    path = credentials(world, registry, {"basic": "user:PLANTED"})
    options = ["--to", f"oci://{registry.host}/team/llama", "--credentials", path]
    assert publish(*options).reason == "realm_not_allowed"
    outcome = publish(*options, "--auth-realm", tokens.server.url.removeprefix("https://"))
    assert outcome.code == 0, outcome
    assert any("pull%2Cpush" in p or "pull,push" in p for p in tokens.server.paths())


@pytest.mark.parametrize("part", [5_000_000, 20_000_000])
def test_an_upload_to_a_registry_over_a_line_that_is_cut_in_the_middle_of_a_part_is_made_whole(world, part):
    publish = Publisher(world, {"model.gguf": LARGE})
    registry = with_password(world)
    relay = Relay(int(registry.host.rpartition(":")[2]))
    world.closing.append(relay.close)
    relay.cut_after = part
    registry.host, registry.url = f"127.0.0.1:{relay.port}", f"https://127.0.0.1:{relay.port}"
    path = credentials(world, registry, {"basic": "user:PLANTED"})
    outcome = publish("--to", f"oci://{registry.host}/team/llama", "--credentials", path)
    assert (outcome.code, relay.cuts) == (0, 1), outcome
    publish.fetched("--credentials", path)


def test_an_upload_to_a_registry_whose_process_was_killed_is_made_whole_by_the_next(world):
    publish = Publisher(world, {"model.gguf": LARGE})
    registry = with_password(world)
    options = ["--to", f"oci://{registry.host}/team/llama", "--credentials", credentials(world, registry, {"basic": "user:PLANTED"})]
    process = subprocess.Popen([str(c) for c in publish.command(*options)], stdout=subprocess.PIPE, env=world.env())
    try:
        for line in process.stdout:
            event = json.loads(line)
            if event.get("stage") == "upload" and event["bytes"] > 20_000_000:
                break
        else:
            raise AssertionError("it ended before it could be killed")
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
    assert not publish.out.exists()
    assert publish(*options).code == 0
    publish.fetched("--credentials", options[-1])


def test_a_folder_takes_files_whole_and_is_its_owner_s_alone_unless_they_are_public(world):
    publish = Publisher(world)
    place = world.folder / "served"
    outcome = publish("--to", f"dir:{place}", urls=True)
    assert outcome.code == 0, outcome
    assert (place / "1.0.0" / "model.gguf").read_bytes() == MODEL
    assert (place / "manifest.json").read_bytes() == publish.out.read_bytes()
    assert all(not p.stat().st_mode & 0o077 for p in place.rglob("*"))
    assert publish.addresses()[0].startswith("https://models.example/demo/")
    shared = world.folder / "public"
    assert publish("--to", f"dir:{shared}", "--env", "production", "--sensitivity", "public", urls=True).code == 0
    assert (shared / "1.0.0" / "model.gguf").stat().st_mode & 0o777 == 0o644
    # Without an address nobody knows where the folder is served.
    assert publish("--to", f"dir:{place}").code == 2


def test_several_targets_get_the_files_one_after_the_other_and_then_the_same_manifest(world):
    publish = Publisher(world)
    first, second = world.folder / "first", world.folder / "second"
    outcome = publish("--to", f"dir:{first}", "--to", f"dir:{second}", urls=True)
    assert outcome.code == 0, outcome
    assert [(u["to"], u["present"], u["bytes_sent"]) for u in outcome.uploads] == [("dir", 0, len(SMALL) + len(MODEL))] * 2
    for place in (first, second):
        assert (place / "1.0.0" / "model.gguf").read_bytes() == MODEL and (place / "manifest.json").read_bytes() == publish.out.read_bytes()
    told = [(e["bytes"], e["total"]) for e in outcome.lines if e.get("stage") == "upload"]
    assert told == sorted(told) and told[0][0] == 0 and told[-1] == (4 * (len(SMALL) + len(MODEL)),) * 2, told
    # One that is there and one that is not: the first is looked at, only the second is sent.
    third = world.folder / "third"
    outcome = publish("--to", f"dir:{first}", "--to", f"dir:{third}", urls=True)
    assert outcome.code == 0 and [(u["present"], u["bytes_sent"]) for u in outcome.uploads] == [(2, 0), (0, len(SMALL) + len(MODEL))], outcome
    # The same place twice, a place that several would share, and one that the table forbids.
    assert publish("--to", f"dir:{first}", "--to", f"dir:{first}", urls=True).code == 2
    assert publish("--to", "dir", "--to", f"dir:{first}", "--destination", first, urls=True).code == 2
    outcome = publish("--to", f"dir:{world.folder / 'none'}", "--to", "hf://org/demo", "--env", "production", "--sensitivity", "internal", urls=True)
    assert (outcome.code, outcome.reason) == (50, "placement") and not (world.folder / "none").exists()


def test_of_several_targets_the_one_that_fails_is_told_and_no_manifest_is_anywhere_until_all_have_the_files(world):
    bucket, publish = Bucket(world), Publisher(world)
    place = world.folder / "served"
    options = ["--to", f"dir:{place}", "--to", "s3://models/llama", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url,
               "--credentials", keys(world, bucket)]
    answer = bucket.answer
    bucket.server.answer = lambda seen: Answer(403, b"<Error><Code>AccessDenied</Code></Error>") if seen.method == "PUT" and "model.gguf" in seen.path else answer(seen)
    outcome = publish(*options)
    assert outcome.code == 14 and outcome.result["hint"].startswith("--to number 2 (s3): the upload goes on"), outcome
    assert (place / "1.0.0" / "model.gguf").read_bytes() == MODEL  # it was the first
    assert not publish.out.exists() and not (place / "manifest.json").exists() and not any("manifest" in s.path and s.method == "PUT" for s in bucket.server.seen)
    bucket.server.answer = answer
    before = len(bucket.server.seen)
    outcome = publish(*options)
    assert outcome.code == 0, outcome
    # What is there is not sent again, neither here nor there; and the manifest is last on both.
    assert [(u["to"], u["present"], u["bytes_sent"]) for u in outcome.uploads] == [("dir", 2, 0), ("s3", 1, len(MODEL))], outcome
    assert [s.path for s in bucket.server.seen[before:] if s.method == "PUT"] == ["/models/llama/1.0.0/model.gguf", "/models/llama/manifest.json"]
    assert (place / "manifest.json").read_bytes() == publish.out.read_bytes() == bucket.objects["models", "llama/manifest.json"]
    # The folder has no address of its own: the bucket's is the file's.
    assert publish.addresses() == [f"{bucket.url}/models/llama/1.0.0/{name}" for name in ("config.json", "model.gguf")]
    publish.fetched("--credentials", options[-1], env=bucket_env(world))


def test_of_several_targets_with_addresses_the_first_is_the_file_s_and_the_others_are_mirrors(world):
    bucket, host, publish = Bucket(world), Supabase(world), Publisher(world)
    path = world.folder / "both.json"
    path.write_text(json.dumps({bucket.url: {"s3": {"access_key_id": KEY_ID, "secret_access_key": SECRET}},
                                host.url: {"bearer": SERVICE_KEY, "headers": {"apikey": SERVICE_KEY}}}))
    path.chmod(0o600)
    options = ["--to", "s3://models/llama", "--to", "supabase://models/llama", "--env", "development", "--sensitivity", "internal", "--credentials", path]
    assert publish(*options, "--endpoint", bucket.url, "--endpoint", host.url).code == 2  # which of them is whose?
    outcome = publish(*options, "--endpoint", f"s3={bucket.url}", "--endpoint", f"supabase={host.url}", env=bucket_env(world))
    assert outcome.code == 0, outcome
    for file in publish.described():
        assert file["url"] == f"{bucket.url}/models/llama/1.0.0/{file['name']}"
        assert file["mirrors"] == [f"{host.url}/storage/v1/object/authenticated/models/llama/1.0.0/{file['name']}"]
    publish.fetched("--credentials", path, env=bucket_env(world))
    # Where the first one is gone, the model comes from the other.
    bucket.server.answer = lambda seen: Answer(404)
    publish.sequence += 1
    publish.fetched("--credentials", path, env=bucket_env(world))


@pytest.mark.parametrize("kind", ["dir", "s3"])
def test_other_bytes_under_the_sequence_of_the_manifest_that_is_there_are_not_published(world, kind):
    bucket, publish = Bucket(world), Publisher(world)
    place = world.folder / "served"
    options = {"dir": ["--to", f"dir:{place}", "--base-url", "https://models.example/demo"],
               "s3": ["--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket)]}[kind]

    def lying():
        return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()} if kind == "dir" else dict(bucket.objects)
    assert publish(*options).code == 0
    # The same bytes once more: nothing is wrong with that.
    publish.sequence -= 1
    outcome = publish(*options)
    assert outcome.code == 0 and outcome.upload["present"] == 2, outcome
    there = lying()
    publish.sequence -= 1
    (publish.folder / "config.json").write_bytes(b'{"a": 2}')
    for by_whom in ("its own machine", "another machine"):
        if by_whom == "another machine":
            publish.out.unlink()  # it knows the manifest only from the host
        outcome = publish(*options)
        publish.sequence -= 1
        assert (outcome.code, outcome.reason) == (22, "equivocation"), outcome
        assert "--sequence" in json.dumps(outcome.lines) + outcome.errors
        assert lying() == there  # not a byte under the manifest that clients have
    # A lower one is told before it is uploaded, too; a higher one is as it should be.
    publish.sequence = -1
    outcome = publish(*options)
    assert (outcome.code, outcome.reason) == (22, "older_sequence") and lying() == there, outcome
    publish.sequence = 1
    assert publish(*options).code == 0 and lying() != there


def test_a_bucket_that_does_not_tell_how_it_encrypts_is_not_said_to_encrypt_nothing(world):
    bucket, publish = Bucket(world), Publisher(world, {"model.gguf": LARGE})
    options = ["--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket)]
    answer = bucket.answer
    bucket.server.answer = lambda seen: Answer(403) if seen.method == "HEAD" else answer(seen)
    outcome = publish(*options)
    assert (outcome.code, outcome.reason) == (14, "encryption_unknown"), outcome
    assert "s3:GetObject" in json.dumps(outcome.lines) + outcome.errors
    assert not publish.out.exists()
    bucket.server.answer = answer
    outcome = publish(*options)  # and with the right to read, nothing is sent anew
    assert outcome.code == 0 and outcome.upload["present"] == 1, outcome


def test_an_index_is_uploaded_beside_its_file_and_clients_fetch_what_is_new_by_it(world):
    bucket, publish = Bucket(world), Publisher(world)
    options = ["--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket),
               "--index-dir", world.folder / "lists"]
    assert publish(*options).code == 0
    payload = json.loads(base64.b64decode(json.loads(publish.out.read_text())["payload"]))
    by_name = {f["name"]: f for f in payload["artifacts"][0]["files"]}
    assert "index" not in by_name["config.json"]
    index, list_ = by_name["model.gguf"]["index"], (world.folder / "lists" / "model.gguf.msindex").read_bytes()
    assert index == {"url": by_name["model.gguf"]["url"] + ".msindex", "sha256": hashlib.sha256(list_).hexdigest(), "size_bytes": len(list_)}
    assert list_ in bucket.objects.values()
    store = world.folder / "store"
    client = ["--profile", "server", "--credentials", options[9]]
    world.fetch(publish.out, *client, store=store)
    publish.files["model.gguf"] = b"new in front" + MODEL
    (publish.folder / "model.gguf").write_bytes(publish.files["model.gguf"])
    assert publish(*options).code == 0
    outcome = world.fetch(publish.out, *client, store=store)
    assert world.fetched(outcome, "model.gguf") == publish.files["model.gguf"]
    assert outcome.result["bytes_fetched"] < len(MODEL) / 2
    # To a folder, too.
    assert publish("--to", f"dir:{world.folder / 'served'}", "--index-dir", world.folder / "lists", urls=True).code == 0
    assert (world.folder / "served/1.0.0/model.gguf.msindex").read_bytes() == (world.folder / "lists/model.gguf.msindex").read_bytes()


def test_an_upload_to_a_folder_that_broke_off_is_made_whole(world):
    publish = Publisher(world)
    place = world.folder / "served"
    assert publish("--to", f"dir:{place}", urls=True).code == 0
    whole = (place / "1.0.0" / "config.json").stat()
    # As a machine that stopped leaves it: one file half written, the manifest not there.
    (place / "1.0.0" / "model.gguf").write_bytes(MODEL[:1000])
    (place / "manifest.json").unlink()
    outcome = publish("--to", f"dir:{place}", urls=True)
    assert outcome.code == 0 and (outcome.upload["present"], outcome.upload["bytes_sent"]) == (1, len(MODEL)), outcome
    assert (place / "1.0.0" / "model.gguf").read_bytes() == MODEL
    assert (place / "1.0.0" / "config.json").stat() == whole  # not touched
    assert sorted(p.name for p in place.rglob("*") if p.is_file()) == ["config.json", "manifest.json", "model.gguf"]


def test_a_server_in_trouble_is_asked_again(world):
    bucket, publish = Bucket(world), Publisher(world)
    answer, trouble = bucket.answer, {"left": 3}

    def troubled(seen):
        if seen.method == "PUT" and trouble["left"]:
            trouble["left"] -= 1
            return Answer(503, b"<Error><Code>SlowDown</Code></Error>")
        return answer(seen)
    bucket.server.answer = troubled
    outcome = publish("--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket))
    assert outcome.code == 0 and trouble["left"] == 0, outcome


NOWHERE = "https://localhost:1"  # there is nothing: only a proxy knows the way


def reached(done):
    """All is well, but that the manifest lives for a day."""
    return done.returncode == 0 or (done.returncode == 60 and done.stdout and all(line.startswith("expiry: ") for line in done.stdout.splitlines()))


def test_every_command_that_asks_a_host_does_so_through_the_proxy_that_it_is_told(world):
    proxy, bucket, publish = world.proxy(), Bucket(world), Publisher(world)
    proxy.routes["localhost:1"] = ("127.0.0.1", bucket.server.port)
    asked_of_s3 = credentials(world, SimpleNamespace(url=NOWHERE), {"s3": {"access_key_id": KEY_ID, "secret_access_key": SECRET}})
    s3 = ["--credentials", asked_of_s3, "--proxy", proxy.url]
    outcome = publish("--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", NOWHERE, *s3, env=bucket_env(world))
    assert outcome.code == 0, outcome
    assert set(proxy.asked) == {"localhost:1"} and bucket.objects["models", "1.0.0/model.gguf"] == MODEL
    for command in (["check-remote", publish.out], ["renew", "--key", world.key, publish.out, "--expires", "2d", "--check", "--out", world.folder / "s3.json"]):
        proxy.asked.clear()
        done = subprocess.run([str(c) for c in [MODELSEC, *command, "--ca", world.ca.file, *s3]], capture_output=True, text=True, env=world.env(bucket_env(world)), timeout=120)
        assert reached(done) and set(proxy.asked) == {"localhost:1"}, (command[0], proxy.asked, done)

    files = {f"/demo/{name}": content for name, content in publish.files.items()}
    site = world.server(lambda seen: Answer(200, files[seen.path]) if seen.path in files else Answer(404))
    proxy.routes["localhost:1"] = ("127.0.0.1", site.port)
    assert publish("--base-url", f"{NOWHERE}/demo").code == 0
    files["/manifest.json"] = publish.out.read_bytes()
    commands = {
        "check-remote": ["check-remote", publish.out],
        "renew": ["renew", "--key", world.key, publish.out, "--expires", "2d", "--check", "--out", world.folder / "renewed.json"],
        "bundle": ["bundle", "--manifest", f"{NOWHERE}/manifest.json", "--pin", world.pin, "--out", world.folder / "demo.bundle"],
        "doctor": ["doctor", "--manifest", f"{NOWHERE}/manifest.json", "--store", world.folder / "none"],
    }
    for name, command in commands.items():
        proxy.asked.clear()
        done = subprocess.run([str(c) for c in [MODELSEC, *command, "--ca", world.ca.file, "--proxy", proxy.url]], capture_output=True, text=True,
                              env=world.env(), timeout=120)
        assert reached(done) and set(proxy.asked) == {"localhost:1"}, (name, proxy.asked, done)
        # Its password comes from a variable, never from an argument.
        proxy.asked.clear()
        barred = subprocess.run([str(c) for c in [MODELSEC, *command, "--ca", world.ca.file, "--proxy", f"http://user:PLANTED@127.0.0.1:{site.port}"]],
                                capture_output=True, text=True, env=world.env(), timeout=120)
        assert barred.returncode == 2 and "PLANTED" not in barred.stdout + barred.stderr and proxy.asked == [], (name, barred)


def test_audit_events_go_to_their_sink_through_the_proxy_too(world):
    proxy, publish = world.proxy(), Publisher(world)
    site = world.server(lambda seen: Answer(200, publish.files[seen.path.removeprefix("/demo/")]))
    assert publish("--base-url", f"{site.url}/demo").code == 0
    assert world.fetch(publish.out).code == 0
    done = subprocess.run([str(c) for c in [MODELSEC, "verify", "demo", "--store", world.store, "--audit-sink", f"{NOWHERE}/events", "--proxy", proxy.url]],
                          capture_output=True, text=True, env=world.env(), timeout=120)
    assert done.returncode == 0 and set(proxy.asked) == {"localhost:1"}, (proxy.asked, done)


@pytest.mark.parametrize("planted", ["hf_" + "a" * 34, "https://models.example/home/alice", "https://user:pw@models.example"])
def test_a_token_or_a_home_folder_in_what_is_published_is_refused_before_anything_is_uploaded(world, planted):
    bucket, publish = Bucket(world), Publisher(world)
    options = ["--to", "s3://models", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket)]
    options += ["--base-url", planted if planted.startswith("https:") else "https://models.example/" + planted]
    outcome = publish(*options)
    assert outcome.reason in ("secret_in_metadata", "secret_in_argument"), outcome
    assert bucket.server.seen == []
