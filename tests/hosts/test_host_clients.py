# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The hosts' own clients work with the stand-ins that modelsec is tested against: boto3, huggingface_hub, @huggingface/hub, @supabase/storage-js. And
what these put there, or sign, modelsec fetches."""
import json
import os
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import packages
from bucket import KEY_ID, SECRET, Bucket
from hub import Hub
from supabase import SERVICE_KEY, Supabase
from support import free_port, noise

MODEL = noise(12_000_000)


def python(world, script, folder, env=None):
    variables = dict(world.env(), PYTHONPATH=str(folder), SSL_CERT_FILE=str(world.ca.file), REQUESTS_CA_BUNDLE=str(world.ca.file), **(env or {}))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=variables, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def node(world, script, folder, env=None):
    path = world.folder / "script.mjs"
    # Node looks for packages where the script lies.
    if not (world.folder / "node_modules").exists():
        os.symlink(folder / "node_modules", world.folder / "node_modules")
    path.write_text(script)
    done = subprocess.run([shutil.which("node"), str(path)], capture_output=True, text=True, env=dict(world.env(), NODE_EXTRA_CA_CERTS=str(world.ca.file), **(env or {})), timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


BOTO = f"""
import sys, boto3
from botocore.config import Config
s3 = boto3.client("s3", endpoint_url=sys.argv[1] if len(sys.argv) > 1 else URL, verify=CA, region_name="eu-west-1", aws_access_key_id="{KEY_ID}", aws_secret_access_key="{SECRET}",
                  config=Config(s3={{"addressing_style": "path"}}, signature_version="s3v4", request_checksum_calculation="when_required", response_checksum_validation="when_required"))
"""


def boto(world, bucket, script):
    return python(world, f"URL, CA = {bucket.url!r}, {str(world.ca.file)!r}\n" + BOTO + script, packages.python("boto3"))


def test_boto3_uploads_in_parts_and_its_presigned_addresses_are_fetched_until_they_expire(world):
    bucket = Bucket(world)
    path = world.file("model.bin", MODEL)
    boto(world, bucket, f"""
from boto3.s3.transfer import TransferConfig
s3.upload_file({str(path)!r}, "models", "llama/model v1.bin", ExtraArgs={{"ServerSideEncryption": "aws:kms"}}, Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20))
assert s3.get_object(Bucket="models", Key="llama/model v1.bin")["Body"].read() == open({str(path)!r}, "rb").read()
""")
    assert bucket.objects["models", "llama/model v1.bin"] == MODEL and bucket.encryption["models", "llama/model v1.bin"] == "aws:kms"
    address = boto(world, bucket, 'print(s3.generate_presigned_url("get_object", Params={"Bucket": "models", "Key": "llama/model v1.bin"}, ExpiresIn=3600))')
    assert "X-Amz-Signature=" in address
    outcome = world.fetch(world.sign(world.described(MODEL, url=address)))
    assert world.fetched(outcome) == MODEL
    # Another key's signature, a changed path, one that ended.
    for broken, code in ((address.replace("model%20v1", "model%20v2"), 14), (address[:-4] + ("0000" if address[-4:] != "0000" else "1111"), 14)):
        assert world.fetch(world.sign(world.described(MODEL, url=broken)), store=world.folder / f"s{time.monotonic_ns()}").code == code
    address = boto(world, bucket, 'print(s3.generate_presigned_url("get_object", Params={"Bucket": "models", "Key": "llama/model v1.bin"}, ExpiresIn=1))')
    time.sleep(2.2)
    outcome = world.fetch(world.sign(world.described(MODEL, url=address)), store=world.folder / "ended")
    assert (outcome.code, outcome.reason) == (14, "url_expired")


def test_a_server_that_others_have_written_takes_what_modelsec_uploads_and_gives_it_to_its_keys_and_signed_addresses(world):
    """moto's server: an S3 of its own, with keys and policies of IAM, multipart uploads and aws:kms; it checks every signature."""
    from test_upload import Publisher, credentials
    folder, port = packages.python("moto[server]", "boto3"), free_port()
    url = f"https://localhost:{port}"
    # The first four actions may be anybody's: they make who may do the others.
    env = world.env({"PYTHONPATH": str(folder), "INITIAL_NO_AUTH_ACTION_COUNT": "4"})
    world.process([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port, "-s", "-c", world.ca.cert, "-k", world.ca.cert_key], port, world.folder / "moto.log",
                  env=env, seconds=60)

    def asked(script):
        return python(world, f"URL, CA = {url!r}, {str(world.ca.file)!r}\n" + """
import boto3, json, urllib.request
from botocore.config import Config
def client(name, id="any", secret="any"):
    return boto3.client(name, endpoint_url=URL, verify=CA, region_name="eu-west-1", aws_access_key_id=id, aws_secret_access_key=secret,
                        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4" if name == "s3" else None))
""" + script, folder)

    key_id, secret = asked("""
iam = client("iam")
iam.create_user(UserName="publisher")
key = iam.create_access_key(UserName="publisher")["AccessKey"]
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="publisher", PolicyName="bucket", PolicyDocument=json.dumps(allow))
client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
print(key["AccessKeyId"], key["SecretAccessKey"])
""").split()

    def holding(secret):
        return credentials(world, SimpleNamespace(url=url), {"s3": {"access_key_id": key_id, "secret_access_key": secret}})

    large = noise(40_000_000, 7)
    publish, env = Publisher(world, {"config.json": b"{}", "model.gguf": large}), {"AWS_REGION": "eu-west-1"}
    options = ["--to", "s3://models/llama", "--env", "production", "--sensitivity", "internal", "--endpoint", url, "--credentials"]
    assert publish(*options, holding("PLANTED"), env=env).code == 14
    outcome = publish(*options, holding(secret), env=env)
    assert outcome.code == 0 and outcome.upload["present"] == 0, outcome
    assert asked(f"""
s3 = client("s3", {key_id!r}, {secret!r})
head = s3.head_object(Bucket="models", Key="llama/1.0.0/model.gguf")
print(head["ServerSideEncryption"], head["ContentLength"], s3.list_multipart_uploads(Bucket="models").get("Uploads"))
""") == f"aws:kms {len(large)} None"
    again = publish(*options, holding(secret), env=env)
    assert again.code == 0 and (again.upload["present"], again.upload["bytes_sent"]) == (2, 0), again
    publish.fetched("--credentials", holding(secret), env=env)
    assert world.fetch(publish.out, "--credentials", holding("PLANTED"), env=env, store=world.folder / "refused").code == 14
    # Addresses that boto3 has signed. (With IAM on, moto asks them for a header.)
    address = asked(f"""
urllib.request.urlopen(urllib.request.Request(URL + "/moto-api/reset-auth", data=b"1000000", headers={{"Content-Type": "text/plain"}}), context=__import__("ssl").create_default_context(cafile=CA))
print(client("s3", {key_id!r}, {secret!r}).generate_presigned_url("get_object", Params={{"Bucket": "models", "Key": "llama/1.0.0/model.gguf"}}, ExpiresIn=3600))
""")
    assert "X-Amz-Signature=" in address
    assert world.fetched(world.fetch(world.sign(world.described(large, url=address, chunks=world.chunked(large))), store=world.folder / "presigned"), "model.bin") == large


def test_boto3_reads_what_modelsec_has_uploaded(world):
    from test_upload import Publisher, keys
    bucket, publish = Bucket(world), Publisher(world, {"model.gguf": noise(40_000_000, 7)})
    outcome = publish("--to", "s3://models/llama", "--env", "production", "--sensitivity", "internal", "--endpoint", bucket.url, "--credentials", keys(world, bucket), env={"AWS_REGION": "eu-west-1"})
    assert outcome.code == 0, outcome
    digest = boto(world, bucket, 'import hashlib; print(hashlib.sha256(s3.get_object(Bucket="models", Key="llama/1.0.0/model.gguf")["Body"].read()).hexdigest())')
    import hashlib
    assert digest == hashlib.sha256(noise(40_000_000, 7)).hexdigest()


def test_huggingface_hub_uploads_to_the_stand_in_and_downloads_from_it_what_modelsec_fetches(world):
    hub = Hub(world, {}, tokens=["hf_planted"])
    path = world.file("model.gguf", MODEL)
    env = {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted", "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(world.folder / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    commit = python(world, f"""
from huggingface_hub import HfApi, hf_hub_download
api = HfApi()
api.create_repo("org/demo", private=True)
info = api.upload_file(path_or_fileobj={str(path)!r}, path_in_repo="w/model.gguf", repo_id="org/demo")
got = hf_hub_download("org/demo", "w/model.gguf", revision=info.oid)
assert open(got, "rb").read() == open({str(path)!r}, "rb").read()
print(info.oid)
""", packages.python("huggingface_hub"), env)
    assert "org/demo" in hub.private
    outcome = world.fetch(world.sign(world.described(MODEL, url=f"hf://org/demo@{commit}/w/model.gguf")), env={"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"})
    assert world.fetched(outcome) == MODEL


def test_the_hub_s_client_in_javascript_works_with_the_stand_in_too(world):
    hub = Hub(world, {}, tokens=["hf_planted"])
    path = world.file("model.gguf", MODEL)
    commit = node(world, f"""
import {{ createRepo, uploadFile, downloadFile }} from "@huggingface/hub";
import {{ readFileSync }} from "node:fs";
const common = {{ repo: {{ type: "model", name: "org/demo" }}, accessToken: "hf_planted", hubUrl: "{hub.url}" }};
await createRepo({{ ...common, private: true }});
const content = readFileSync("{path}");
const done = await uploadFile({{ ...common, file: {{ path: "w/model.gguf", content: new Blob([content]) }}, useXet: false }});
const number = done.commit.oid;
const got = await downloadFile({{ ...common, path: "w/model.gguf", revision: number }});
if (Buffer.compare(Buffer.from(await got.arrayBuffer()), content)) throw new Error("other bytes");
console.log(number);
""", packages.node("@huggingface/hub"))
    outcome = world.fetch(world.sign(world.described(MODEL, url=f"hf://org/demo@{commit}/w/model.gguf")), env={"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"})
    assert world.fetched(outcome) == MODEL


def test_supabase_s_client_uploads_and_signs_and_modelsec_fetches_by_its_address(world):
    host = Supabase(world)
    path = world.file("model.gguf", MODEL)
    address = node(world, f"""
import {{ StorageClient }} from "@supabase/storage-js";
import {{ readFileSync }} from "node:fs";
const storage = new StorageClient("{host.url}/storage/v1", {{ apikey: "{SERVICE_KEY}", Authorization: "Bearer {SERVICE_KEY}" }});
const good = ({{ data, error }}) => {{ if (error) throw error; return data; }};
good(await storage.createBucket("models", {{ public: false }}));
const content = readFileSync("{path}");
good(await storage.from("models").upload("llama/model.gguf", content, {{ upsert: true, contentType: "application/octet-stream" }}));
const got = good(await storage.from("models").download("llama/model.gguf"));
if (Buffer.compare(Buffer.from(await got.arrayBuffer()), content)) throw new Error("other bytes");
console.log(good(await storage.from("models").createSignedUrl("llama/model.gguf", 3600)).signedUrl);
""", packages.node("@supabase/storage-js"))
    assert host.buckets == {"models": False} and host.objects["models", "llama/model.gguf"] == MODEL
    outcome = world.fetch(world.sign(world.described(MODEL, url=address)))
    assert world.fetched(outcome) == MODEL
    # One that ended is told from one that was altered.
    token = host.token("models/llama/model.gguf", -10)
    ended = f"{host.url}/storage/v1/object/sign/models/llama/model.gguf?token={token}"
    assert world.fetch(world.sign(world.described(MODEL, url=ended)), store=world.folder / "s2").reason == "url_expired"
    assert world.fetch(world.sign(world.described(MODEL, url=address + "0")), store=world.folder / "s3").reason == "forbidden"
    assert json.dumps(host.buckets) == '{"models": false}'
