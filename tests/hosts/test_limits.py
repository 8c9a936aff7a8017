# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Every cap of limits.hpp at its maximum, where a process may have 128 files open: descriptors and memory do not grow with what an input says
(OWASP API4:2023, CWE-400, CWE-770)."""
import base64
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile

import pytest

from support import MODELSEC, Answer, Outcome, check_messages, noise, run

MIB = 1 << 20
DESCRIPTORS = 128
ROOM = 64 * MIB  # above the idle client's

# A process of its own between pytest and the command: what is measured began as a small one, and is one child alone.
LAUNCHER = """
import os, resource, sys
pid = os.fork()
if pid == 0:
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
sys.stderr.write("\\npeak %d\\n" % usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def measured(world, *arguments, descriptors=DESCRIPTORS, timeout=400):
    """The command's outcome and the most memory it had, in bytes."""
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(descriptors), MODELSEC, *(str(a) for a in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=world.env(), timeout=timeout)
    errors, _, peak = done.stderr.rpartition("\npeak ")
    outcome = Outcome(done.returncode, done.stdout, errors)
    check_messages(outcome)
    return outcome, int(peak) * 1024


def fetched(world, manifest, *options, **kw):
    return measured(world, "fetch", "--json", "--manifest-file", manifest, "--pin", world.pin, "--store", world.store, "--ca", world.ca.file, *options, **kw)


def used_since_idle(world, peak):
    """`status` of the same store is what a client costs that does nothing."""
    _, idle = measured(world, "status", "--json", "--store", world.store)
    return peak - idle


def zip_of(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, content in entries:
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def dead_addresses(count):
    """Addresses at which nobody listens."""
    out = []
    for _ in range(count):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            out.append(f"https://127.0.0.1:{s.getsockname()[1]}/gone")
    return out


def sign_raw(world, payload):
    """As World.sign, of a payload that is given whole."""
    raw = json.dumps(payload, separators=(",", ":")).encode()
    kind = b"application/vnd.modelsec.manifest.v1+json"
    message = world.file("message", b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(raw), raw))
    signature = world.folder / "files" / "signature"
    run("openssl", "pkeyutl", "-sign", "-rawin", "-in", message, "-inkey", world.key, "-out", signature)
    envelope = {"payloadType": kind.decode(), "payload": base64.b64encode(raw).decode(),
                "signatures": [{"keyid": "k1", "sig": base64.b64encode(signature.read_bytes()).decode()}]}
    return world.file("envelope.json", json.dumps(envelope).encode())


def manifest_of(artifacts, **members):
    stamp = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
    now = int(time.time())
    return {"schema": 1, "model_id": "demo", "version": "1.0.0", "sequence": 1, "issued_at": stamp(now - 60), "expires_at": stamp(now + 86400),
            "artifacts": artifacts, **members}


def test_a_pack_of_1100_files_is_fetched_verified_and_opened(world):
    archive = zip_of((f"part-{i:04}/weights.bin", b"%d" % i) for i in range(1_100))
    server = world.server(lambda seen: Answer(200, archive))
    outcome, peak = fetched(world, world.sign(world.described(archive, url=server.url + "/m.zip", is_zip=True)))
    assert outcome.code == 0, outcome
    assert len(list((world.store / "demo/1.0.0").rglob("weights.bin"))) == 1_100
    assert used_since_idle(world, peak) <= ROOM
    outcome, peak = measured(world, "verify", "--json", "--store", world.store, "demo")
    assert outcome.code == 0, outcome
    assert used_since_idle(world, peak) <= ROOM
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, str(DESCRIPTORS), MODELSEC, "path", "--store", str(world.store), "demo"],
                          capture_output=True, text=True, env=world.env(), timeout=60)
    assert done.returncode == 0 and done.stdout.strip() == str(world.store / "demo/1.0.0")


def test_250_files_of_which_each_has_15_dead_mirrors_before_the_one_that_lives(world):
    contents = {f"/{i}": noise(2_000, i) for i in range(250)}
    server = world.server(lambda seen: Answer(200, contents[seen.path]) if seen.path in contents else Answer(404))
    dead = dead_addresses(16)
    files = [dict(world.described(contents[f"/{i}"]), name=f"part-{i:03}", url=dead[0], mirrors=dead[1:] + [f"{server.url}/{i}"]) for i in range(250)]
    for f in files:
        del f["file_name"]
    outcome, peak = fetched(world, world.sign({"files": files}), "--connections", "16")
    assert outcome.code == 0, outcome
    assert len(os.listdir(world.store / "demo/1.0.0")) == 250
    assert used_since_idle(world, peak) <= ROOM


def test_10000_files(world):
    contents = {f"/{i}": noise(100, i) for i in range(20)}
    server = world.server(lambda seen: Answer(200, contents[seen.path]))
    files = []
    for i in range(10_000):
        of = f"/{i % 20}"
        entry = dict(world.described(contents[of]), name=f"layer-{i % 100:02}/part-{i:05}", url=server.url + of)
        del entry["file_name"]
        files.append(entry)
    outcome, peak = fetched(world, sign_raw(world, manifest_of([{"platform": "any", "files": files}])))
    assert outcome.code == 0, outcome
    assert sum(1 for p in (world.store / "demo/1.0.0").rglob("part-*")) == 10_000
    assert used_since_idle(world, peak) <= ROOM
    outcome, peak = measured(world, "verify", "--json", "--store", world.store, "demo")
    assert outcome.code == 0, outcome
    assert used_since_idle(world, peak) <= ROOM


def test_a_zip_directory_of_16_mib_and_65535_entries(world):
    # Names as long as the directory has room for. The first entry's own header says another method: the directory is read as a whole,
    # and nothing is unpacked.
    name = lambda i: "folder/" + "n" * ((16 * MIB - 1024) // 65_535 - 46 - 12) + f"{i:05}"
    archive = bytearray(zip_of((name(i), b"") for i in range(65_535)))
    assert archive[:4] == b"PK\x03\x04"
    archive[8] ^= 8
    archive = bytes(archive)
    directory = len(archive) - archive.index(b"PK\x01\x02") - 22
    assert 15 * MIB < directory <= 16 * MIB
    server = world.server(lambda seen: Answer(200, archive))
    outcome, peak = fetched(world, world.sign(world.described(archive, url=server.url + "/m.zip", is_zip=True)))
    assert outcome.reason == "unsafe_archive", outcome
    assert used_since_idle(world, peak) <= ROOM


def test_the_largest_manifest_with_256_artifacts_64_keys_and_131072_chunks(world):
    digest = base64.b64encode(bytes(32)).decode()
    size = 131_072 * 256 * 1024
    large = {"platform": "any", "url": "https://127.0.0.1:1/large", "sha256": "00" * 32, "size_bytes": size, "file_name": "large.bin",
             "chunks": {"size_bytes": 256 * 1024, "sha256_b64": [digest] * 131_072}}
    others = [{"platform": f"p{i}", "url": "https://127.0.0.1:1/x", "sha256": "00" * 32, "size_bytes": 1, "file_name": "x.bin",
               "mirrors": [f"https://m.x/{j}" for j in range(16)]} for i in range(255)]
    manifest = sign_raw(world, manifest_of([large] + others))
    assert 7 * MIB < manifest.stat().st_size <= 8 * MIB, manifest.stat().st_size
    more = []
    for i in range(2, 65):
        secret = world.folder / f"key-{i}.pem"
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", secret)
        raw = subprocess.run(["openssl", "pkey", "-in", str(secret), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]
        more += ["--pin", f"k{i}={base64.b64encode(raw).decode()}"]
    outcome, peak = fetched(world, manifest, "--dry-run", "--platform", "any", *more)
    assert outcome.code in (0, 40), outcome
    assert used_since_idle(world, peak) <= ROOM


def index_of(sizes, digests):
    """A content index: docs/manifest.md, Index."""
    return b"MSIX1\0" + (64 * 1024).to_bytes(4, "big") + b"".join(size.to_bytes(4, "big") + digests[i * 32:i * 32 + 32] for i, size in enumerate(sizes))


def test_a_content_index_of_64_mib(world):
    content = noise(100_000)
    manifest = world.sign(world.described(content, url=world.server(lambda seen: Answer(200, content)).url + "/m"))
    outcome, _ = fetched(world, manifest)
    assert outcome.code == 0, outcome
    # What is shorter than a quarter of the average is found in no file: all others are looked for, and there are as many of them as the free disk lets
    # a file be large, of which not a byte is ever written.
    count = (64 * MIB - 10) // 36
    disk = os.statvfs(world.folder)
    looked_for = min(count, disk.f_bavail * disk.f_frsize // 2 // 16_384)
    index = index_of([16_384] * looked_for + [1] * (count - looked_for), os.urandom(32 * count))
    assert 64 * MIB - 36 < len(index) <= 64 * MIB
    server = world.server(lambda seen: Answer(200, index) if seen.path == "/index" else Answer(404))
    size = looked_for * 16_384 + count - looked_for
    described = {"url": server.url + "/m", "sha256": "ab" * 32, "size_bytes": size, "file_name": "model.bin",
                 "index": {"url": server.url + "/index", "sha256": hashlib.sha256(index).hexdigest(), "size_bytes": len(index)}}
    outcome, peak = fetched(world, world.sign(described, version="2.0.0"))
    assert outcome.reason == "not_found", outcome
    assert [s.sent for s in server.seen if s.path == "/index"] == [len(index)]
    assert not any("digest_mismatch" in str(line) or "malformed_index" in str(line) for line in outcome.lines), outcome
    assert used_since_idle(world, peak) <= ROOM


def test_chunks_of_64_mib_are_found_in_another_version_without_being_held(world):
    one = noise(64 * MIB)
    contents = {"/1": one + noise(300_000, 2), "/2": one + noise(300_000, 3)}
    server = world.server(lambda seen: Answer(200, contents[seen.path]))
    for number in (1, 2):
        content = contents[f"/{number}"]
        described = world.described(content, url=f"{server.url}/{number}", chunks=world.chunked(content, 64 * MIB))
        outcome, peak = fetched(world, world.sign(described, version=f"{number}.0.0"))
        assert world.fetched(outcome) == content
    assert sum(s.sent for s in server.seen if s.path == "/2") < MIB
    assert used_since_idle(world, peak) <= ROOM


@pytest.mark.parametrize("descriptors", range(4, 30, 2))
def test_too_few_descriptors_have_a_reason_of_their_own(world, descriptors):
    content = noise(300_000)
    server = world.server(lambda seen: Answer(200, content))
    outcome, _ = fetched(world, world.sign(world.described(content, url=server.url + "/m")), descriptors=descriptors)
    if outcome.code != 0:
        assert outcome.reason == "too_many_open_files", outcome
        # Once there are enough, it works.
        outcome, _ = fetched(world, world.sign(world.described(content, url=server.url + "/m")))
    assert world.fetched(outcome) == content
