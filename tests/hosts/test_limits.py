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


class Repository:
    """A TUF repository of one key, whose metadata may be as large and as dear to read as its caps allow."""

    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))

    def __init__(self, world):
        self.world = world
        self.key = world.folder / "tuf-key.pem"
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key)
        raw = subprocess.run(["openssl", "pkey", "-in", str(self.key), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]
        self.keys = {"k": {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": raw.hex()}}}
        self.role = {"keyids": ["k"], "threshold": 1}
        root = dict(self.header("root"), consistent_snapshot=False, keys=self.keys, roles={r: self.role for r in ("root", "timestamp", "snapshot", "targets")})
        self.root = world.file("root.json", self.sign(root))
        self.files = {}

    def header(self, kind):
        return {"_type": kind, "spec_version": "1.0.31", "version": 1, "expires": self.expires}

    def sign(self, part):
        text = json.dumps(part, sort_keys=True, separators=(",", ":")).encode()
        signature = self.world.folder / "tuf-signature"
        run("openssl", "pkeyutl", "-sign", "-rawin", "-in", self.world.file("tuf-message", text), "-inkey", self.key, "-out", signature)
        return b'{"signatures":[{"keyid":"k","sig":"%s"}],"signed":%s}' % (signature.read_bytes().hex().encode(), text)

    def targets(self, listed, delegations=None):
        """As large as targets metadata may be, with as many values as a document may have."""
        part = dict(self.header("targets"), targets=dict(listed))
        if delegations is not None:
            part["delegations"] = delegations
        filler = {"length": 1, "hashes": {"sha256": "0" * 64}}
        size = 8 * MIB - len(json.dumps(part)) - 600_000 - 1_000
        for i in range(size // 116):
            part["targets"][f"filler-{i:06}"] = filler
        part["x-values"] = [0] * 300_000  # with the fillers' own close to a million
        out = self.sign(part)
        assert 7 * MIB < len(out) <= 8 * MIB, len(out)
        return out

    def serve(self, roles, content):
        """`roles`: metadata by name. Snapshot and timestamp are at their caps, too."""
        listed = lambda data: {"version": 1, "length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}
        snapshot = dict(self.header("snapshot"), meta={name + ".json": listed(data) for name, data in roles.items()})
        for i in range((1_999_000 - len(json.dumps(snapshot))) // 31):
            snapshot["meta"][f"{i:06}.json"] = {"version": 1}
        snapshot = self.sign(snapshot)
        assert 1_800_000 < len(snapshot) <= 2_000_000, len(snapshot)
        timestamp = dict(self.header("timestamp"), meta={"snapshot.json": listed(snapshot)}, pad=[0] * 7_900)
        timestamp = self.sign(timestamp)
        assert 15 * 1024 < len(timestamp) <= 16 * 1024, len(timestamp)
        files = {f"/metadata/{name}.json": data for name, data in dict(roles, snapshot=snapshot, timestamp=timestamp).items()}
        files["/targets/m.bin"] = content
        headers = {f"X-Pad-{i}": "x" * 1_000 for i in range(60)}
        return self.world.server(lambda seen: Answer(200, files[seen.path], headers) if seen.path in files else Answer(404))

    def fetch(self, server, *options):
        return measured(self.world, "fetch", "--json", "--tuf", server.url + "/metadata", "--target", "m.bin", "--root", self.root, "--model", "demo",
                        "--store", self.world.store, "--ca", self.world.ca.file, *options)


def listing(content):
    return {"m.bin": {"length": len(content), "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}}


def test_targets_metadata_of_8_mib_below_the_largest_snapshot_and_timestamp(world):
    content = noise(100_000)
    repository = Repository(world)
    server = repository.serve({"targets": repository.targets(listing(content))}, content)
    outcome, peak = repository.fetch(server)
    assert world.fetched(outcome, "m.bin") == content
    assert used_since_idle(world, peak) <= ROOM
    # What is kept is read again, under the same bounds, and the snapshot held against the one before.
    outcome, peak = repository.fetch(server)
    assert outcome.code == 0, outcome
    assert used_since_idle(world, peak) <= ROOM


def test_64_targets_roles_of_8_mib(world):
    content = noise(100_000)
    repository = Repository(world)
    names = [f"role-{i:02}" for i in range(63)]
    given = [{"name": n, "keyids": ["k"], "threshold": 1, "terminating": False, "paths": ["*"]} for n in names]
    # One text for all but the last role: metadata does not say whose it is.
    filled = repository.targets({})
    roles = dict.fromkeys(names, filled)
    roles[names[-1]] = repository.targets(listing(content))
    roles["targets"] = repository.targets({}, {"keys": repository.keys, "roles": given})
    server = repository.serve(roles, content)
    outcome, peak = repository.fetch(server, "--dry-run")
    assert outcome.code == 0, outcome
    assert used_since_idle(world, peak) <= ROOM
    outcome, peak = repository.fetch(server)
    assert world.fetched(outcome, "m.bin") == content
    assert used_since_idle(world, peak) <= ROOM
    assert all(server.paths().count(f"/metadata/{n}.json") == 2 for n in names)  # once by each, the dry run keeps none


def test_delegations_of_8_mib_that_all_lead_to_the_target(world):
    content = noise(1_000)
    repository = Repository(world)
    role = {"keyids": ["k"], "terminating": False, "threshold": 1, "paths": ["*"]}
    count = 75_000  # as many as the values of a document allow
    delegations = {"keys": repository.keys, "roles": [dict(role, name=f"role-{i:06}") for i in range(count)]}
    large = repository.sign(dict(repository.header("targets"), targets={}, delegations=delegations, pad="x" * 1_900_000))
    assert 7 * MIB < len(large) <= 8 * MIB, len(large)
    outcome, peak = repository.fetch(repository.serve({"targets": large, "role-000000": large}, content))
    assert outcome.reason == "metadata_mismatch", outcome  # the snapshot does not list role-000001
    assert used_since_idle(world, peak) <= ROOM


def test_an_endpoint_whose_answers_are_as_large_as_they_may_be(world):
    content = noise(300_000)
    headers = {f"X-Pad-{i}": "x" * 1_000 for i in range(60)}

    def answer(seen):
        if seen.path == "/ask":
            said = {"url": server.url + "/m", "pad": ""}
            return Answer(200, json.dumps(dict(said, pad="x" * (65_536 - len(json.dumps(said))))).encode(), headers)
        return Answer(200, content, headers)

    server = world.server(answer)
    outcome, peak = fetched(world, world.sign(world.described(content, url_endpoint={"url": server.url + "/ask", "body": {}})))
    assert world.fetched(outcome) == content
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
