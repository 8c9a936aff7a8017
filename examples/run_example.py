# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""run_example.py NAME PROGRAM ORIGIN COMMAND: runs an example against the tests' TLS origin (tests/support/origin_main.cpp) and holds what it
says against what it teaches."""
import base64
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

NAME, PROGRAM, ORIGIN, COMMAND = sys.argv[1:5]


class Origin:
    def __init__(self):
        self.process = subprocess.Popen([ORIGIN, "120"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = self.answer()

    def answer(self):
        answer = json.loads(self.process.stdout.readline())
        assert answer["ok"], answer
        return answer

    def order(self, do, **members):
        print(json.dumps({"do": do, **members}), file=self.process.stdin, flush=True)
        return self.answer()


def run(*words, code=0):
    ran = subprocess.run([PROGRAM, *map(str, words)], text=True, capture_output=True, timeout=60)
    assert ran.returncode == code, f"exit code {ran.returncode}, not {code}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout + ran.stderr


def says(text, *patterns):
    for pattern in patterns:
        assert re.search(pattern, text), f"{pattern!r} is not in:\n{text}"


def fetch_tool(origin, store):
    origin.order("publish", size=3_000_000)
    words = origin.about["manifest_url"], origin.about["pin"], "demo", store, origin.about["ca"]
    says(run(*words), "1.0.0 is new", "model.bin 3000000 [0-9a-f]{64}")
    says(run(*words), "1.0.0 was there already")
    origin.order("publish", version="2.0.0", sequence=2, tamper="payload")
    says(run(*words, code=20), "Model initialization failed")
    run(words[0], "no pin", *words[2:], code=2)


def desktop_callbacks(origin, store):
    origin.order("publish", size=3_000_000)
    says(run(origin.about["manifest_url"], origin.about["pin"], "demo", store, origin.about["ca"]), "paused", "100 %", "ready: 1.0.0")


def coroutine_server(origin, store):
    origin.order("publish", text="first")
    words = origin.about["manifest_url"], origin.about["pin"], "demo", store, origin.about["ca"], 12
    server = subprocess.Popen([PROGRAM, *map(str, words)], text=True, stdout=subprocess.PIPE)
    lines = []
    for line in server.stdout:
        lines.append(line)
        if "served by 1.0.0" in line and len(lines) == 2:
            origin.order("publish", version="2.0.0", sequence=2, tamper="payload")
        if "refused" in line:
            origin.order("publish", version="2.0.0", sequence=3, text="second")
    assert server.wait(60) == 0
    says("".join(lines), r"(?s)active: 1\.0\.0.*refused: .*served by 1\.0\.0.*active: 2\.0\.0.*served by 2\.0\.0")


def several_models(origin, store):
    models = []
    for name in ("speech", "text"):
        origin.order("publish", model=name, manifest=f"/{name}", size=500_000)
        models.append(f"{name}={origin.about['base_url']}/{name}")
    words = store, origin.about["ca"], origin.about["pin"], *models
    says(run(*words), "at most 1000000 bytes", "speech: 1.0.0", "text: 1.0.0")
    missing = f"other={origin.about['base_url']}/missing"
    says(run(*words, missing, code=1), "text: 1.0.0", "other: Model initialization failed")


def update_check(origin, store):
    origin.order("publish", text="first")
    says(run(origin.about["manifest_url"], origin.about["pin"], "demo", store, origin.about["ca"]), "1.0.0 is there", "1.0.0 is active",
         "watched until .*cancelled")


def tuf_source(origin, store):
    tuf = origin.order("tuf", target="models/model.bin", text="weights")
    words = tuf["root_file"], tuf["metadata_url"], tuf["target"], "demo", store, origin.about["ca"]
    says(run(*words), f"demo {tuf['sha256'][:16]}", "model.bin 7")
    says(run(*words), "was there")
    says(run(*words[:2], "models/other.bin", *words[3:], code=23), "the metadata does not list this target")


def own_source(origin, store):
    # The host signs addresses: it is asked for one, and the model lies there.
    origin.order("serve", path="/vault/model.bin", text="weights")
    origin.order("serve", path="/sign/model.bin", text=f"{origin.about['base_url']}/vault/model.bin?signature=1")
    folder = store.parent
    subprocess.run([COMMAND, "keygen", "--out", folder / "keys", "--key-id", "k"], check=True, stdout=subprocess.DEVNULL)
    pin = json.loads((folder / "keys" / "k.pub.json").read_text())["keys"][0]
    key = folder / "keys" / "k.pem"
    now = int(time.time())
    stamp = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
    payload = json.dumps({"schema": 1, "model_id": "demo", "version": "1.0.0", "sequence": 1, "issued_at": stamp(now - 60), "expires_at": stamp(now + 3600),
                          "artifacts": [{"platform": "any", "url": "vault:model.bin", "sha256": hashlib.sha256(b"weights").hexdigest(), "size_bytes": 7,
                                         "file_name": "model.bin"}]}).encode()
    kind = b"application/vnd.modelsec.manifest.v1+json"
    (folder / "signed").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", folder / "signed", "-out", folder / "sig"], check=True)
    envelope = {"payloadType": kind.decode(), "payload": base64.b64encode(payload).decode(),
                "signatures": [{"keyid": "k", "sig": base64.b64encode((folder / "sig").read_bytes()).decode()}]}
    (folder / "manifest.json").write_text(json.dumps(envelope))
    words = folder / "manifest.json", f"{pin['key_id']}={pin['ed25519_b64']}", origin.about["base_url"], store, origin.about["ca"]
    says(run(*words), "demo 1.0.0")
    assert (store / "demo" / "1.0.0" / "model.bin").read_text() == "weights"


def verify_folder(origin, store):
    folder = store.parent
    model = folder / "model"
    model.mkdir()
    (model / "weights").write_text("w")
    (model / "config.json").write_text("{}")
    key = folder / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    key.chmod(0o600)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", folder / "public.pem"], check=True)
    subprocess.run([COMMAND, "sign-model", "--key", key, "--out", folder / "model.sig", model], check=True, stdout=subprocess.DEVNULL)
    words = folder / "model.sig", folder / "public.pem", model
    says(run(*words), "as signed: 2 files, 3 bytes")
    (model / "weights").write_text("v")
    says(run(*words, code=30), "a file is altered")
    (model / "more").write_text("m")  # told before anything is hashed
    says(run(*words, code=30), "a file is unsigned")


def publish_and_rotate(origin, store):
    folder = store.parent / "www"
    folder.mkdir()
    model = store.parent / "model.gguf"
    model.write_text("weights")
    url = f"{origin.about['base_url']}/model.gguf"
    says(run(model, url, folder), "pin release-2026=.{44}", "demo 1.0.0, sequence 2, root 2")
    # What was published, clients accept: from the first root on, which the application ships.
    for name in ("manifest.json", "1.root.json", "2.root.json"):
        origin.order("serve", path=f"/www/{name}", text=(folder / name).read_text())
    origin.order("serve", path="/model.gguf", text="weights")
    fetched = subprocess.run([COMMAND, "fetch", "--manifest", f"{origin.about['base_url']}/www/manifest.json", "--root", folder / "1.root.json",
                              "--store", store, "--ca", origin.about["ca"]], text=True, capture_output=True)
    assert fetched.returncode == 0, fetched.stderr
    assert (store / "demo" / "1.0.0" / "model.gguf").read_text() == "weights"


origin = Origin()
try:
    with tempfile.TemporaryDirectory() as folder:
        globals()[NAME](origin, pathlib.Path(folder) / "store")
finally:
    origin.process.stdin.close()
    origin.process.wait(10)
