# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""modelsec scan, check-remote and publish --watch-expiry."""
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile

import pytest
from support import MODELSEC, Answer, Outcome, check_messages, noise, run

TOKEN = "hf_" + "a1B2c3D4" * 5


def scan(path, *options, env=None):
    done = subprocess.run([MODELSEC, "scan", "--json", *options, str(path)], capture_output=True, text=True, timeout=60)
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    check_messages(outcome, generic=False)
    assert TOKEN not in done.stdout + done.stderr and "PRIVATE KEY" not in done.stdout + done.stderr  # where it is, not what it is
    return outcome.code, {(f["kind"], f["where"], f["path"]) for f in outcome.lines if f["type"] == "finding"}


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


def tar(entries, compress=False, format=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as t:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue()) if compress else out.getvalue()


def test_layers_of_a_saved_image_are_looked_into(tmp_path):
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


ZSTD = b"\x28\xb5\x2f\xfd" + noise(2000)


def key_files(folder):
    """A certificate, and private keys in every form that openssl writes."""
    pem = folder / "pkcs8.out"
    certificate = folder / "certificate.out"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem, "-out", certificate, "-days", "2", "-subj", "/CN=x")
    ec = folder / "ec.out"
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", ec)
    der = {}
    for name, command in {"pkcs8": ["pkcs8", "-topk8", "-nocrypt", "-in", pem], "encrypted": ["pkcs8", "-topk8", "-passout", "pass:x", "-in", pem],
                          "pkcs1": ["rsa", "-traditional", "-in", pem], "sec1": ["ec", "-in", ec], "pkcs8-ec": ["pkcs8", "-topk8", "-nocrypt", "-in", ec]}.items():
        out = folder / f"{name}.der"
        run("openssl", *command, "-outform", "DER", "-out", out)
        der[name] = out.read_bytes()
    out = folder / "pkcs12.out"
    run("openssl", "pkcs12", "-export", "-in", certificate, "-inkey", pem, "-passout", "pass:x", "-out", out)
    der["pkcs12"] = out.read_bytes()
    public = folder / "public.out"
    run("openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER", "-out", public)
    run("openssl", "x509", "-in", certificate, "-outform", "DER", "-out", folder / "x509.out")
    return pem.read_bytes(), certificate.read_bytes(), der, [public.read_bytes(), (folder / "x509.out").read_bytes()]


def test_keys_and_tokens_are_found_wherever_in_a_file_they_stand_and_in_whatever_form(tmp_path):
    (tmp_path / "made").mkdir()
    pem, certificate, der, harmless = key_files(tmp_path / "made")
    tree = tmp_path / "tree"
    tree.mkdir()
    keys = {"behind.crt": certificate + pem, "far": certificate * 6 + pem, "very-far": b"x\n" * 1_200_000 + pem, "account.json": json.dumps({"private_key": pem.decode()}).encode(),
            "apple.p8": b"?", **der}
    tokens = {"hub": TOKEN, "git": "ghp_" + "A1b2" * 9, "git2": "github_pat_11ABCDEFG0" + "a1B2" * 10, "lab": "glpat-" + "aB3dE6gH9jK2mN5pQ8sT", "open": "sk-proj-" + "aB3d" * 8,
              "slack": "xoxb-" + "123456789012-" * 2 + "aB3dE6", "hokusai": "hk_live_" + "a1b2" * 6, "aws": "AKIA" + "A1B2C3D4" * 2,
              "jwt": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2ln", "far-token": "x\n" * 1_048_570 + TOKEN}
    for name, content in keys.items():
        (tree / name).write_bytes(content)
    for name, content in tokens.items():
        (tree / name).write_text(f"value = '{content}'\n")
    (tree / "harmless").mkdir()
    for i, content in enumerate([certificate, *harmless, b"if line == '-----BEGIN PRIVATE KEY-----':\n", b"hf_tokenizer_of_the_second_language_model(x)",
                                 b".sk-toggleable__content-of-the-label", b"sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJmaWxlIjoi",
                                 b"AKIAIOSFODNN7EXAMPLE", b"starts_with(\"PuTTY-User-Key-File-\")"]):
        (tree / "harmless" / str(i)).write_bytes(content)
    site = tree / "site-packages"
    site.mkdir()
    (site / "paths.pth").write_text("import site\n")
    assert scan(tree) == (60, {("key", "tree", name) for name in keys} | {("token", "tree", name) for name in tokens})


@pytest.mark.parametrize("name", ["adapter_model.bin", "diffusion_pytorch_model.bin", "a.pkl", "a.joblib", "a.npy", "a.msgpack", "a.engine", "a.plan", "a.nemo", "a.mar",
                                  "a.pte", "a.task", "a.mlmodelc/weights/x", "a.gguf.gz", "a.safetensors.zst"])
def test_weights_are_known_by_their_names(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    assert scan(tmp_path) == (60, {("weights", "tree", name)})
    assert "/" in name or scan(path)[0] == 60


def test_a_file_that_is_no_archive_is_looked_at_itself(tmp_path):
    pem = run("openssl", "genpkey", "-algorithm", "ed25519").stdout
    for name, content, kind in (("m.gguf", b"GGUF", "weights"), (".env", b"A=1", "environment"), ("k.pem", pem.encode(), "key"), ("notes.txt", TOKEN.encode(), "token")):
        (tmp_path / name).write_bytes(content)
        assert scan(tmp_path / name) == (60, {(kind, "tree", name)})
    (tmp_path / "app.py").write_text("x = 1\n")
    assert scan(tmp_path / "app.py") == (0, set())
    packed = tmp_path / "notes.txt.gz"
    packed.write_bytes(gzip.compress(b"x" * 100_000 + b" " + TOKEN.encode()))
    assert scan(packed) == (60, {("token", "tree", "notes.txt.gz")})
    with zipfile.ZipFile(tmp_path / "app.whl", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("app/main.py", b"x")
        z.writestr("app/settings.py", TOKEN)
    assert scan(tmp_path / "app.whl") == (60, {("token", "layer", "app/settings.py")})


def test_layers_in_every_form_are_looked_into_or_told(tmp_path):
    clean, dirty = tar([("app/main.py", b"x" * 3000)]), tar([("app/.env", b"A=1")])
    image = tmp_path / "image.tar"

    def layer(content):
        image.write_bytes(tar([("manifest.json", b"[]"), ("blobs/sha256/aa", content)]))
        return scan(image)

    found = (60, {("environment", "layer", "blobs/sha256/aa:app/.env")})
    assert layer(clean) == layer(gzip.compress(clean)) == (0, set())
    assert layer(gzip.compress(dirty[:700]) + gzip.compress(dirty[700:])) == found  # members, as some builders write them
    assert layer(tar([("d" * 200 + "/x", b"x"), ("app/.env", b"A=1")], format=tarfile.PAX_FORMAT)) == found
    assert layer(clean + dirty) == found
    assert layer(tar([("inner.tar.gz", gzip.compress(dirty))])) == (60, {("environment", "layer", "blobs/sha256/aa:inner.tar.gz:app/.env")})
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as z:
        z.writestr("x.py", b"x")
        z.writestr("m/.env", b"A=1")
    assert layer(tar([("app.whl", zipped.getvalue())])) == (60, {("environment", "layer", "blobs/sha256/aa:app.whl:m/.env")})
    for content in (ZSTD, lzma.compress(clean), bz2.compress(clean), gzip.compress(clean)[:-20], gzip.compress(clean) + b"more", clean[:1500], clean[:512], clean[:3584]):
        code, told = layer(content)
        assert code == 60 and ("unreadable", "layer", "blobs/sha256/aa") in told and {kind for kind, _, _ in told} == {"unreadable"}, (content[:20], told)
    # Files with holes, as tar writes them in its two ways: by their names, or not at all.
    holes = tmp_path / "holes"
    holes.mkdir()
    for name in ("m.gguf", "notes"):
        with (holes / name).open("wb") as f:
            f.truncate(10_000_000)
            f.seek(5_000_000)
            f.write(b"x")
    for form, expected in (("gnu", {("weights", "layer", "m.gguf"), ("unreadable", "layer", "notes")}), ("pax", {("weights", "layer", "m.gguf")})):
        run("tar", "-c", "--sparse", f"--format={form}", "-f", tmp_path / "holes.tar", "-C", holes, "m.gguf", "notes")
        assert scan(tmp_path / "holes.tar") == (60, expected), form
    for name, content in {"l.tar.zst": ZSTD, "l.tar.xz": lzma.compress(clean), "cut.tar": clean[:1500], "cut.tar.gz": gzip.compress(clean)[:-20], "none.tar": noise(2000)}.items():
        (tmp_path / name).write_bytes(content)
        code, told = scan(tmp_path / name)
        assert code == 60 and ("unreadable", "tree", name) in told, (name, told)
    # The same in the folder of an OCI image.
    blobs = tmp_path / "oci" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (blobs / "aa").write_bytes(ZSTD)
    (blobs / "bb").write_bytes(gzip.compress(dirty))
    assert scan(tmp_path / "oci") == (60, {("unreadable", "tree", "blobs/sha256/aa"), ("environment", "layer", "blobs/sha256/bb:app/.env")})
    assert scan(tmp_path / "oci", "--ignore", "blobs/sha256/aa", "--ignore", ".env") == (0, set())


def test_what_would_unpack_to_more_than_is_allowed_in_all_is_told_and_not_looked_at_further(tmp_path):
    def zipped(names, content):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for name in names:
                z.writestr(name, content)
        return out.getvalue()
    token = b"\nHF = '" + TOKEN.encode() + b"'\n"
    # Each member is small; together they are not. What comes behind the cap was not looked at, and is told so: a token may be there.
    many = [f"part-{i}" for i in range(40)]
    (tmp_path / "many.zip").write_bytes(zipped(many, b"\0" * 100_000))
    (tmp_path / "z.gz").write_bytes(gzip.compress(token))
    (tmp_path / "plain").write_bytes(b"what is not packed costs nothing")
    assert scan(tmp_path, "--max-unpacked", "1MiB") == (60, {("not_looked_at_further", "layer", "many.zip:part-10"), ("not_looked_at_further", "tree", "many.zip"),
                                                             ("not_looked_at_further", "tree", "z.gz")})
    assert scan(tmp_path) == (60, {("token", "tree", "z.gz")})
    # One that is packed in one that is packed counts each time; members of gzip behind one another, too.
    inner = gzip.compress(gzip.compress(b"\0" * 3_000_000) + gzip.compress(b"\0" * 3_000_000))
    for content in (inner, b"".join(gzip.compress(b"\0" * 300_000) for _ in range(10)), tar([("a", b"\0" * 2_000_000)], compress=True)):
        folder = tmp_path / "one"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "x.gz").write_bytes(content)
        assert scan(folder) == (0, set())
        code, found = scan(folder, "--max-unpacked", "1MiB")
        assert code == 60 and {kind for kind, _, _ in found} == {"not_looked_at_further"}, found
    # What has no name is told all the same (found by the fuzzer).
    nameless = tmp_path / "nameless.zip"
    nameless.write_bytes(struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, len(token), len(token), 0, 0) + token + b"PK\x05\x06" + b"\0" * 18)
    assert scan(nameless) == (60, {("token", "layer", "(no name)")})
    # Objects of git are packed as well.
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in "ab":
        (tree / name).write_bytes(name.encode() * 900_000)
    git(tree, "init", "-q")
    git(tree, "add", ".")
    for name in "ab":
        (tree / name).unlink()
    assert scan(tree, "--max-unpacked", "1MiB") == (60, {("not_looked_at_further", "index", "b")})
    assert scan(tree, "--max-unpacked", "2MiB") == (0, set())
    git(tree, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "x")
    git(tree, "repack", "-adq")
    assert scan(tree, "--max-unpacked", "1MiB") == (60, {("not_looked_at_further", "index", "b")})
    assert subprocess.run([MODELSEC, "scan", "--max-unpacked", "many", str(tree)], capture_output=True, timeout=60).returncode == 2


def test_a_folder_or_file_that_may_not_be_read_is_told(tmp_path):
    tree = tmp_path / "tree"
    for name in ("closed", "open"):
        (tree / name).mkdir(parents=True)
        (tree / name / "x.py").write_text("x")
    (tree / "open" / "closed.py").write_text("x")
    modes = {tree / "closed": 0, tree / "open" / "closed.py": 0}
    # Root may read all: then somebody else is to be asked, who may pass the folders above.
    command = [MODELSEC]
    if os.geteuid() == 0:
        for above in tree.parents:
            if not above.stat().st_mode & stat.S_IXOTH:
                modes[above] = above.stat().st_mode & 0o7777
                above.chmod(modes[above] | 0o11)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", shutil.which(MODELSEC) or MODELSEC]
    before = {path: path.stat().st_mode & 0o7777 for path in (tree / "closed", tree / "open" / "closed.py")}
    try:
        for path in before:
            path.chmod(0)
        done = subprocess.run([*command, "scan", "--json", str(tree)], capture_output=True, text=True, timeout=60)
    finally:
        for path, mode in {**modes, **before}.items():
            path.chmod(mode)
    found = {(f["kind"], f["path"]) for f in map(json.loads, done.stdout.splitlines()) if f["type"] == "finding"}
    assert (done.returncode, found) == (60, {("unreadable", "closed"), ("unreadable", "open/closed.py")}), done


def git(tree, *command):
    return run("git", "-C", tree, "-c", "user.name=x", "-c", "user.email=x@example.com", *command)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_what_is_staged_is_found_by_its_content_though_the_tree_has_it_no_more(tmp_path, form):
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    run("git", "init", "-q", f"--object-format={form}", tree)
    (tree / "settings.py").write_text(f"A = '{TOKEN}'\n")
    (tree / "sub" / "data").write_bytes(safetensors())
    (tree / "sub" / "clean.py").write_text("x\n")
    git(tree, "add", ".")
    (tree / "settings.py").write_text("A = os.environ['A']\n")
    (tree / "sub" / "data").unlink()
    staged = (60, {("token", "index", "settings.py"), ("weights", "index", "sub/data")})
    assert scan(tree) == staged
    # From a folder within, what is staged below it.
    assert scan(tree / "sub") == (60, {("weights", "index", "data")})
    # From a folder around, too.
    assert scan(tmp_path) == (60, {(kind, where, "tree/" + path) for kind, where, path in staged[1]})
    git(tree, "update-index", "--split-index")
    assert list((tree / ".git").glob("sharedindex.*"))
    assert scan(tree) == staged
    (tree / "more").write_text(f"{TOKEN}\n")
    git(tree, "add", "more", "settings.py")  # one is new, and one replaced: not in the shared part
    (tree / "more").unlink()
    assert scan(tree) == (60, {("token", "index", "more"), ("weights", "index", "sub/data")})
    git(tree, "rm", "-q", "--cached", "sub/data")
    assert scan(tree) == (60, {("token", "index", "more")})
    for shared in (tree / ".git").glob("sharedindex.*"):
        shared.unlink()
    assert scan(tree) == (60, {("unreadable", "index", ".git/index")})


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_staged_files_that_lie_in_packs_are_read_from_there(tmp_path, form):
    tree = tmp_path / "tree"
    tree.mkdir()
    run("git", "init", "-q", f"--object-format={form}", tree)
    lines = [f"line {i}, the {i * 7919 % 1009}th of some\n" for i in range(3000)]
    for i in range(6):  # versions of one file: a pack has them as changes of each other
        text = list(lines)
        text[100 * i] = f"A = '{TOKEN}'\n"
        (tree / f"part{i}.txt").write_text("".join(text))
    (tree / "clean.txt").write_text("".join(lines))
    (tree / "plain").write_text(f"{TOKEN}\n")
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "x")
    git(tree, "gc", "-q", "--aggressive")
    assert not list((tree / ".git" / "objects").glob("[0-9a-f][0-9a-f]/*"))
    chains = run("git", "-C", tree, "verify-pack", "-v", next((tree / ".git" / "objects" / "pack").glob("*.idx"))).stdout
    assert "chain length = 2" in chains
    for path in tree.glob("*.txt"):
        path.unlink()
    (tree / "plain").unlink()
    found = (60, {("token", "index", f"part{i}.txt") for i in range(6)} | {("token", "index", "plain")})
    assert scan(tree) == found
    # Another working tree of the same repository, and a repository that borrows its objects.
    git(tree, "worktree", "add", "-q", "--no-checkout", tmp_path / "other")
    git(tmp_path / "other", "read-tree", "HEAD")
    assert scan(tmp_path / "other") == found
    run("git", "clone", "-q", "--shared", "--no-checkout", tree, tmp_path / "clone")
    git(tmp_path / "clone", "read-tree", "HEAD")
    assert scan(tmp_path / "clone") == found
    # What is staged, but not there (a partial clone): its name says something, or nothing does.
    (tree / "m.gguf").write_bytes(b"GGUF")
    (tree / "readme").write_bytes(b"text")
    git(tree, "add", "m.gguf", "readme")
    for path in (tree / ".git" / "objects").glob("[0-9a-f][0-9a-f]/*"):
        path.unlink()
    (tree / "m.gguf").unlink()
    assert scan(tree)[1] - found[1] == {("weights", "index", "m.gguf"), ("unreadable", "index", "readme")}


def test_a_sparse_index_a_file_only_announced_and_an_index_of_nonsense(tmp_path):
    tree = tmp_path / "tree"
    for name in ("kept", "left"):
        (tree / name).mkdir(parents=True)
        (tree / name / "settings").write_text(f"{name} {TOKEN}\n")
    run("git", "init", "-q", tree)
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "x")
    git(tree, "sparse-checkout", "set", "--cone", "--sparse-index", "kept")
    assert not (tree / "left").exists()
    found = {("token", "index", "kept/settings"), ("token", "index", "left/settings")}
    assert scan(tree) == (60, found)
    (tree / "announced").write_text("x\n")
    git(tree, "add", "--intent-to-add", "announced")
    assert scan(tree) == (60, found)
    (tree / ".git" / "index").write_bytes(b"DIRC" + noise(500))
    assert scan(tree) == (60, {("token", "tree", "kept/settings"), ("unreadable", "index", ".git/index")})
    run("git", "init", "-q", "--bare", tmp_path / "bare")
    assert scan(tmp_path / "bare") == (60, {("unreadable", "tree", ".")})


def check_remote(world, manifest, *options):
    done = subprocess.run([MODELSEC, "check-remote", "--json", "--ca", str(world.ca.file), *options, str(manifest)], capture_output=True, text=True,
                          env=world.env(), timeout=60)
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    check_messages(outcome, generic=False)
    return outcome.code, {(f["kind"], f["place"]) for f in outcome.lines if f["type"] == "finding"}


def test_what_a_manifest_points_at_is_fetched_again_and_compared(world):
    model = noise(300_000)
    wrong = bytes([model[0] ^ 1]) + model[1:]

    def answer(seen):
        if seen.path.startswith("/wrong"):
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
    # An address that says who may have it is shown without that.
    signed = world.sign(world.described(model, url=url + "/absent?X-Amz-Signature=PLANTED", mirrors=[url + "/wrong?token=PLANTED"]))
    assert {("unreachable", "url"), ("digest", "mirror 1")} <= check_remote(world, signed)[1]
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
