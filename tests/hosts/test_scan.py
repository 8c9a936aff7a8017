# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""modelsec scan, check-remote and publish --watch-expiry."""
import gzip
import hashlib
import io
import json
import struct
import subprocess
import tarfile

from support import MODELSEC, Answer, noise, run


def scan(path, *options, env=None):
    done = subprocess.run([MODELSEC, "scan", "--json", *options, str(path)], capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {(f["kind"], f["where"], f["path"]) for f in lines if f["type"] == "finding"}


def safetensors():
    head = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    return struct.pack("<Q", len(head)) + head + b"\0" * 4


def test_planted_weights_keys_tokens_and_env_files_are_found_in_tree_and_index(tmp_path):
    key = tmp_path / "x.key"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "app.py").write_text("print('hello')\n")
    (tree / "sub" / "data").write_bytes(safetensors())
    (tree / "settings").write_text("HF = 'hf_" + "a1B2c3D4" * 5 + "'\n")
    (tree / "deploy.txt").write_bytes(key.read_bytes())
    (tree / ".env").write_text("A=1\n")
    (tree / ".env.example").write_text("A=\n")
    (tree / "m.gguf").write_bytes(b"GGUF")
    run("git", "init", "-q", tree)
    run("git", "-C", tree, "add", "m.gguf", ".env", "app.py")
    (tree / "m.gguf").unlink()  # it is still in the index
    code, found = scan(tree)
    assert code == 60
    assert found == {("weights", "tree", "sub/data"), ("token", "tree", "settings"), ("key", "tree", "deploy.txt"), ("environment", "index", ".env"),
                     ("weights", "index", "m.gguf")}
    run("git", "-C", tree, "update-index", "--index-version", "4")
    assert scan(tree)[1] == found
    code, found = scan(tree, "--ignore", "sub/**", "--ignore", ".env", "--ignore", "settings", "--ignore", "*.gguf", "--ignore", "deploy.txt")
    assert (code, found) == (0, set())
    assert ("weights", "index", "app.py") in scan(tree, "--glob", "*.py")[1]


def test_a_clean_tree_passes(tmp_path):
    (tmp_path / "app.py").write_text("x = 1\n")
    (tmp_path / "icon.bin").write_bytes(b"\0" * 100)
    assert scan(tmp_path) == (0, set())


def test_layers_of_a_saved_image_are_looked_into(tmp_path):
    def tar(entries, compress=False):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as t:
            for name, content in entries:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                t.addfile(info, io.BytesIO(content))
        return gzip.compress(out.getvalue()) if compress else out.getvalue()

    clean = tar([("app/main.py", b"x"), ("etc/passwd", b"root")])
    dirty = tar([("app/" + "d" * 120 + "/model.safetensors", noise(5000)), ("app/.env", b"A=1")])
    deep = ("app/" + "d" * 120 + "/model.safetensors")
    image = tmp_path / "image.tar"
    image.write_bytes(tar([("manifest.json", b"[]"), ("blobs/sha256/aa", clean), ("blobs/sha256/bb", dirty), ("blobs/sha256/cc", gzip.compress(dirty))]))
    code, found = scan(image)
    assert code == 60
    assert found == {(kind, "layer", f"blobs/sha256/{layer}:{path}") for layer in ("bb", "cc") for kind, path in (("weights", deep), ("environment", "app/.env"))}
    image.write_bytes(tar([("manifest.json", b"[]"), ("blobs/sha256/aa", clean)]))
    assert scan(image) == (0, set())
    layer = tmp_path / "layer.tar.gz"
    layer.write_bytes(tar([("m.onnx", b"x")], compress=True))
    assert scan(layer)[1] == {("weights", "layer", "m.onnx")}


def check_remote(world, manifest, *options):
    done = subprocess.run([MODELSEC, "check-remote", "--json", "--ca", str(world.ca.file), *options, str(manifest)], capture_output=True, text=True,
                          env=world.env(), timeout=60)
    return done.returncode, {(f["kind"], f["place"]) for f in map(json.loads, done.stdout.splitlines()) if f["type"] == "finding"}


def test_what_a_manifest_points_at_is_fetched_again_and_compared(world):
    model = noise(300_000)
    wrong = bytes([model[0] ^ 1]) + model[1:]

    def answer(seen):
        if seen.path == "/wrong":
            return Answer(200, wrong)
        if seen.path == "/short":
            return Answer(200, model[:-1])
        if seen.path == "/private" and seen.header("authorization") != "Bearer PLANTED":
            return Answer(401)
        if seen.path == "/plain":
            seen_range = seen.headers.pop("range", None)
            return Answer(200, model) if seen_range is None else Answer(200, model)
        return Answer(200, model) if seen.path in ("/good", "/private") else Answer(404)

    server = world.server(answer)
    url = server.url
    assert check_remote(world, world.sign(world.described(model, url=url + "/good"), expires_at="2027-12-01T00:00:00Z"))[1] <= {("expiry", "")}
    manifest = world.sign(world.described(model, url=url + "/good", mirrors=[url + "/wrong", url + "/short", url + "/absent"]))
    code, found = check_remote(world, manifest)
    assert code == 60
    assert {("digest", "mirror 1"), ("length", "mirror 2"), ("unreachable", "mirror 3"), ("expiry", "")} == found
    credentials = world.folder / "credentials.json"
    credentials.write_text(json.dumps({url: {"bearer": "PLANTED"}}))
    credentials.chmod(0o600)
    private = world.sign(world.described(model, url=url + "/private"))
    assert ("public", "url") not in check_remote(world, private, "--private", "--credentials", credentials)[1]
    public = world.sign(world.described(model, url=url + "/good"))
    assert ("public", "url") in check_remote(world, public, "--private", "--credentials", credentials)[1]


def findings(world, manifest, *options):
    """Without what a manifest that ends soon is told."""
    return check_remote(world, manifest, *options)[1] - {("expiry", "")}


def index_of(content):
    return b"MSIX1\0" + (64 * 1024).to_bytes(4, "big") + len(content).to_bytes(4, "big") + hashlib.sha256(content).digest()


def test_a_missing_or_altered_index_is_found(world):
    model = noise(300_000)
    index = index_of(model)

    def answer(seen):
        if seen.path == "/index":
            seen.headers.pop("range", None)  # clients ask for all of it: no ranges are missed
            return Answer(200, index)
        return Answer(200, model) if seen.path == "/m" else Answer(200, index[::-1]) if seen.path == "/altered" else Answer(404)

    url = world.server(answer).url

    def found(path):
        about = {"url": url + path, "sha256": hashlib.sha256(index).hexdigest(), "size_bytes": len(index)}
        return findings(world, world.sign(world.described(model, url=url + "/m", index=about)))

    assert found("/index") == set()
    assert found("/altered") == {("digest", "index")}
    assert found("/gone") == {("unreachable", "index")}


def test_an_endpoint_beside_an_address_is_asked_too_and_strangers_are_told_nothing(world):
    model = noise(300_000)

    def answer(seen):
        known = seen.header("authorization") == "Bearer PLANTED"
        if seen.path == "/open-endpoint" or (seen.path == "/endpoint" and known):
            return Answer(200, json.dumps({"url": server.url + "/signed"}).encode())
        if seen.path == "/endpoint" or (seen.path == "/closed" and not known):
            return Answer(401)
        return Answer(200, model) if seen.path in ("/signed", "/open", "/closed") else Answer(404)

    server = world.server(answer)
    url = server.url
    credentials = world.folder / "credentials.json"
    credentials.write_text(json.dumps({url: {"bearer": "PLANTED"}}))
    credentials.chmod(0o600)
    private = ("--private", "--credentials", credentials)

    def manifest(path, endpoint, **more):
        return world.sign(world.described(model, url=url + path, url_endpoint={"url": url + endpoint, "body": {}}, **more))

    assert findings(world, manifest("/open", "/gone")) == {("unreachable", "url_endpoint")}
    assert findings(world, manifest("/open", "/open-endpoint")) == set()
    # What is signed for those who have a right may be had by whoever holds it: no finding.
    assert findings(world, manifest("/closed", "/endpoint"), *private) == set()
    assert findings(world, manifest("/open", "/endpoint", mirrors=[url + "/open"]), *private) == {("public", "url"), ("public", "mirror 1")}
    assert findings(world, manifest("/closed", "/open-endpoint"), *private) == {("public", "url_endpoint")}


def test_an_oci_manifest_that_is_not_there_is_found_though_its_layers_are(world):
    model = noise(300_000)
    digest = hashlib.sha256(model).hexdigest()
    listed = json.dumps({"schemaVersion": 2, "layers": [{"mediaType": "application/octet-stream", "digest": "sha256:" + digest, "size": len(model),
                                                         "annotations": {"org.opencontainers.image.title": "m.bin"}}]}).encode()

    def answer(seen):
        if "/manifests/" in seen.path:
            return Answer(200, listed) if seen.path.endswith(hashlib.sha256(listed).hexdigest()) else Answer(404)
        return Answer(200, model if "/blobs/" in seen.path else b"")

    host = world.server(answer).url.removeprefix("https://")

    def found(manifest_digest, name="m.bin"):
        file = {"name": name, "sha256": digest, "size_bytes": len(model)}
        return findings(world, world.sign({"oci": f"oci://{host}/t/l@sha256:{manifest_digest}", "files": [file]}))

    assert found(hashlib.sha256(listed).hexdigest()) == set()
    assert found("b" * 64) == {("unreachable", "oci")}
    assert found(hashlib.sha256(listed).hexdigest(), "other.bin") == {("unreachable", "oci")}


def test_a_whole_file_is_asked_for_as_a_range(world):
    model = noise(300_000)
    server = world.server(lambda seen: Answer(200, model) if seen.header("range") else Answer(403))
    assert findings(world, world.sign(world.described(model, url=server.url + "/m"))) == set()
    assert server.seen and all(s.header("range") for s in server.seen)
    # Who forbids all but the first byte gives the whole to those who ask for it.
    server.answer = lambda seen: Answer(200, model) if seen.header("range") in ("", "bytes=0-0") else Answer(403)
    assert findings(world, world.sign(world.described(model, url=server.url + "/m"))) == set()


def test_manifests_that_end_soon_are_told(world):
    soon = world.sign(world.described(b"x", url="https://h.example/x"))
    late = world.sign(world.described(b"x", url="https://h.example/x"), expires_at="2099-01-01T00:00:00Z")

    def watch(*manifests):
        return subprocess.run([MODELSEC, "publish", "--watch-expiry", "14d", *map(str, manifests)], capture_output=True, text=True, timeout=60)

    assert watch(soon, late).returncode == 60
    assert str(soon) in watch(soon, late).stdout
    assert watch(late).returncode == 0
    lines = [json.loads(line) for line in watch(late, soon, "--json").stdout.splitlines()]
    assert [(line["type"], line.get("kind")) for line in lines] == [("manifest", None), ("finding", "expiry"), ("result", None)]
