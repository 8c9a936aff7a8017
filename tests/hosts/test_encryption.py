# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The layout of docs/manifest.md, read by libsodium and nothing of ours: written from the specification alone."""
import base64
import ctypes
import ctypes.util
import hashlib
import json
import struct
import subprocess
import threading
import time

import pytest
from support import MODELSEC, Answer, Paced, noise, run

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
assert sodium.sodium_init() >= 0
PLAIN = noise(700_001)


def open_chunk(key, nonce, associated, cipher):
    out = ctypes.create_string_buffer(max(len(cipher) - 16, 1))
    length = ctypes.c_ulonglong()
    done = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(out, ctypes.byref(length), None, cipher, ctypes.c_ulonglong(len(cipher)), associated,
                                                             ctypes.c_ulonglong(len(associated)), nonce, key)
    return out.raw[:length.value] if done == 0 else None


def unwrap(info, secret_key):
    public = ctypes.create_string_buffer(32)
    sodium.crypto_scalarmult_curve25519_base(public, secret_key)
    for recipient in info["recipients"]:
        sealed = base64.b64decode(recipient["wrapped_key_b64"])
        key = ctypes.create_string_buffer(32)
        if sodium.crypto_box_seal_open(key, sealed, ctypes.c_ulonglong(len(sealed)), public, secret_key) == 0:
            return key.raw
    return None


def read_all(info, key, model, version, name, cipher):
    size, step = info["plain_size_bytes"], info["chunk_bytes"]
    associated = b"".join(struct.pack(">I", len(t.encode())) + t.encode() for t in (model, version, name)) + struct.pack(">Q", size)
    prefix = base64.b64decode(info["nonce_prefix_b64"])
    chunks = max(1, -(-size // step))
    out = b""
    for i in range(chunks):
        part = cipher[i * (step + 16):(i + 1) * (step + 16)]
        plain = open_chunk(key, prefix + struct.pack(">IB", i, i == chunks - 1), associated, part)
        if plain is None:
            return None
        out += plain
    return out


class Keys:
    def __init__(self, folder, name):
        self.secret = folder / f"{name}.pem"
        self.public = folder / f"{name}.pub.pem"
        run("openssl", "genpkey", "-algorithm", "x25519", "-out", self.secret)
        run("openssl", "pkey", "-in", self.secret, "-pubout", "-out", self.public)
        self.secret.chmod(0o600)
        der = subprocess.run(["openssl", "pkey", "-in", self.secret, "-outform", "DER"], check=True, capture_output=True).stdout
        self.raw = der[-32:]


@pytest.fixture
def encrypted(world):
    keys = Keys(world.folder, "reader")
    path = world.file("model.gguf", PLAIN)
    cipher = {}
    server = world.server(lambda seen: Answer(200, cipher["bytes"]))
    manifest = world.folder / "manifest.json"
    done = subprocess.run([MODELSEC, "publish", "--json", "--key", str(world.key), "--model", "demo", "--version", "1.0.0", "--sequence", "1", "--expires", "1d",
                           "--platform", "any", "--file", str(path), "--url", server.url + "/m.enc", "--encrypt-for", str(keys.public), "--chunk-size", "256KiB",
                           "--out", str(manifest)], capture_output=True, text=True, env=world.env(), timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    cipher["bytes"] = path.with_name("model.gguf.enc").read_bytes()
    return world, keys, manifest, cipher, server


def payload_of(manifest):
    return json.loads(base64.b64decode(json.loads(manifest.read_text())["payload"]))


def test_an_independent_reader_reads_what_is_published(encrypted):
    world, keys, manifest, cipher, _ = encrypted
    artifact = payload_of(manifest)["artifacts"][0]
    info = artifact["encryption"]
    assert artifact["size_bytes"] == len(cipher["bytes"]) == len(PLAIN) + 16 * -(-len(PLAIN) // info["chunk_bytes"])
    assert artifact["sha256"] == hashlib.sha256(cipher["bytes"]).hexdigest()
    assert info["plain_sha256"] == hashlib.sha256(PLAIN).hexdigest()
    key = unwrap(info, keys.raw)
    assert read_all(info, key, "demo", "1.0.0", "model.gguf", cipher["bytes"]) == PLAIN
    assert read_all(info, key, "other", "1.0.0", "model.gguf", cipher["bytes"]) is None
    assert unwrap(info, noise(32)) is None


def test_it_is_fetched_and_kept_encrypted_and_no_plain_file_is_anywhere(encrypted):
    world, keys, manifest, cipher, _ = encrypted
    outcome = world.fetch(manifest, "--decrypt-key", keys.secret)
    assert world.fetched(outcome, "model.gguf") == cipher["bytes"]
    probe = PLAIN[1000:1064]
    for path in world.store.rglob("*"):
        if path.is_file():
            assert probe not in path.read_bytes(), path
    # By the environment, as base64.
    outcome = world.fetch(manifest, "--decrypt-key-env", "KEY", store=world.folder / "store2", env={"KEY": base64.b64encode(keys.raw).decode()})
    assert outcome.code == 0, outcome


def test_a_wrong_key_is_refused_and_a_key_that_others_can_read_too(encrypted):
    world, keys, manifest, _, _ = encrypted
    other = Keys(world.folder, "other")
    outcome = world.fetch(manifest, "--decrypt-key", other.secret)
    assert (outcome.code, outcome.reason) == (30, "decrypt_failed")
    assert not (world.store / "demo" / "1.0.0").exists()
    other.secret.chmod(0o644)
    assert world.fetch(manifest, "--decrypt-key", other.secret).code == 2


def test_swapped_dropped_and_cut_chunks_do_not_pass_even_if_they_are_signed(encrypted):
    world, keys, manifest, cipher, server = encrypted
    artifact = payload_of(manifest)["artifacts"][0]
    info = artifact["encryption"]
    step = info["chunk_bytes"] + 16
    good = cipher["bytes"]
    swapped = good[step:2 * step] + good[:step] + good[2 * step:]
    cases = {"swapped": (swapped, {}), "dropped": (good[step:], {"plain_size_bytes": len(PLAIN) - info["chunk_bytes"]}),
             "cut": (good[:2 * step], {"plain_size_bytes": 2 * info["chunk_bytes"]})}
    for name, (content, changes) in cases.items():
        cipher["bytes"] = content
        signed = world.sign(world.described(content, "model.gguf", url=server.url + "/x", encryption=dict(info, **changes)))
        outcome = world.fetch(signed, "--decrypt-key", keys.secret, store=world.folder / name)
        assert (outcome.code, outcome.reason) == (30, "decrypt_failed"), (name, outcome)
    # Another model's file.
    cipher["bytes"] = good
    signed = world.sign(world.described(good, "model.gguf", url=server.url + "/x", encryption=info), model="other")
    assert world.fetch(signed, "--decrypt-key", keys.secret, store=world.folder / "other-store").reason == "decrypt_failed"


def test_altered_cipher_text_is_refused_before_any_key_is_asked_for(encrypted):
    world, keys, manifest, cipher, _ = encrypted
    cipher["bytes"] = cipher["bytes"][:-1] + bytes([cipher["bytes"][-1] ^ 1])
    assert world.fetch(manifest, "--decrypt-key", keys.secret).code == 30


def test_a_folder_that_is_published_again_holds_what_was_encrypted_before_and_that_is_not_published(world):
    keys = Keys(world.folder, "reader")
    folder = world.folder / "pack"
    (folder / "sub").mkdir(parents=True)
    (folder / "m.gguf").write_bytes(noise(1000))
    (folder / "sub" / "alone.enc").write_bytes(b"a file of its own")
    for number in (1, 2, 3):
        done = subprocess.run([MODELSEC, "publish", "--json", "--key", str(world.key), "--model", "demo", "--version", str(number), "--sequence", str(number),
                               "--expires", "1d", "--platform", "any", "--folder", str(folder), "--base-url", "https://models.example/demo", "--encrypt-for",
                               str(keys.public), "--out", str(world.folder / "out.json")], capture_output=True, text=True, env=world.env(), timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        files = payload_of(world.folder / "out.json")["artifacts"][0]["files"]
        assert [f["name"] for f in files] == ["m.gguf", "sub/alone.enc"]
        assert sorted(p.name for p in folder.rglob("*") if p.is_file()) == ["alone.enc", "alone.enc.enc", "m.gguf", "m.gguf.enc"]


def test_an_encrypted_model_is_fetched_by_ranges_at_once_and_goes_on_where_the_line_broke(world):
    plain, keys = noise(40_000_000), Keys(world.folder, "reader")
    path, cipher, asked, lock, rate = world.file("model.gguf", plain), {}, [], threading.Lock(), 8_000_000

    def answer(seen):
        first, _, last = (seen.header("range").removeprefix("bytes=") or "0-").partition("-")
        with lock:
            asked.append((time.monotonic(), int(first), int(last or len(cipher["bytes"]) - 1)))
            end = int(first) + 1_000_000 if len(asked) == 5 else None  # its line breaks
        return Answer(200, Paced(cipher["bytes"], rate), cut=end)

    server = world.server(answer)
    done = subprocess.run([MODELSEC, "publish", "--json", "--key", str(world.key), "--model", "demo", "--version", "1.0.0", "--sequence", "1", "--expires", "1d",
                           "--platform", "any", "--file", str(path), "--url", server.url + "/m.enc", "--encrypt-for", str(keys.public), "--chunk-size", "256KiB",
                           "--out", str(world.folder / "m.json")], capture_output=True, text=True, env=world.env(), timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    cipher["bytes"] = path.with_name("model.gguf.enc").read_bytes()
    outcome = world.fetch(world.folder / "m.json", "--decrypt-key", keys.secret, "--connections", "4")
    assert outcome.code == 0, outcome
    # While one range was on its way, which takes so long at the least, another was asked for.
    assert any(at < begun + 0.8 * (last - first) / rate for number, (begun, first, last) in enumerate(asked) for at, _, _ in asked[number + 1:number + 2])
    assert asked[4][1] + 1_000_000 in [first for _, first, _ in asked]  # it goes on where the line broke
    # No byte of the cipher text came twice into the store but those of the chunk that the cut went through.
    assert len(cipher["bytes"]) <= outcome.result["bytes_fetched"] <= len(cipher["bytes"]) + 256 * 1024
    stored = next(p for p in (world.store / "demo" / "1.0.0").iterdir() if p.is_file() and p.stat().st_size == len(cipher["bytes"]))
    assert stored.read_bytes() == cipher["bytes"]
