# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The caps of limits.hpp that take a minute and more to reach, where a process may have 128 files open: see test_limits.py."""
import base64
import json
import subprocess
import time

from support import Answer, noise, run
from test_limits import ROOM, fetched, measured, used_since_idle, zip_of

FILES = 65_535


def test_65535_files_are_activated_opened_verified_replaced_rolled_back_and_collected(world):
    archives = {f"/{v}": zip_of((f"layer-{i % 256:03}/part-{i:05}.bin", b"%d of %d" % (i, v)) for i in range(FILES)) for v in (1, 2, 3)}
    server = world.server(lambda seen: Answer(200, archives[seen.path]))
    of_store = ("--json", "--store", world.store)

    def works(command, *arguments):
        outcome, peak = measured(world, command, *of_store, *arguments)
        assert outcome.code == 0, (command, outcome)
        assert used_since_idle(world, peak) <= ROOM, command
        return outcome

    def install(version):
        described = world.described(archives[f"/{version}"], url=f"{server.url}/{version}", is_zip=True)
        outcome, peak = fetched(world, world.sign(described, version=f"{version}.0.0"))
        assert outcome.code == 0, outcome
        assert used_since_idle(world, peak) <= ROOM, version

    for version in (1, 2):
        install(version)
        folder = world.store / f"demo/{version}.0.0"
        assert sum(1 for _ in folder.rglob("part-*")) == FILES
        assert (folder / "layer-255/part-65535.bin").exists() is False and (folder / "layer-254/part-65534.bin").read_bytes() == b"65534 of %d" % version
        works("verify", "demo")
    # Two packs of them in one state: it is still read, and written anew.
    install(2)
    works("gc")
    works("rollback", "demo")
    works("verify", "demo")
    install(3)


def test_a_chain_of_256_roots_of_512_kib(world):
    key = world.folder / "root-key.pem"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
    public = subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]
    of = lambda raw: {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": raw.hex()}}
    role = lambda name: {"keyids": [name], "threshold": 1}
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
    signature = world.folder / "root-signature"

    def root_of(number):
        """By one key that stays; as long as a root may be, and as dear to parse as it can be."""
        signed = {"_type": "root", "spec_version": "1.0.31", "version": number, "consistent_snapshot": True, "expires": expires,
                  "keys": {"root": of(public), "k1": of(base64.b64decode(world.pin.partition("=")[2]))},
                  "roles": {"root": role("root"), "targets": role("k1"), "snapshot": role("k1"), "timestamp": role("k1")}, "x-pad": [0] * 261_000}
        text = json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
        run("openssl", "pkeyutl", "-sign", "-rawin", "-in", world.file("root-message", text), "-inkey", key, "-out", signature)
        return b'{"signed":' + text + b',"signatures":[{"keyid":"root","sig":"' + signature.read_bytes().hex().encode() + b'"}]}'

    roots = {f"/{n}.root.json": root_of(n) for n in range(1, 257)}
    assert all(510 * 1024 < len(r) <= 512 * 1024 for r in roots.values())
    content = noise(10_000)
    server = world.server(lambda seen: Answer(200, roots[seen.path]) if seen.path in roots else Answer(200, content) if seen.path == "/m" else Answer(404))
    manifest = world.sign(world.described(content, url=server.url + "/m"))
    pinned = world.file("1.root.json", roots["/1.root.json"])
    command = ["fetch", "--json", "--manifest-file", manifest, "--root", pinned, "--root-url", server.url + "/", "--store", world.store, "--ca", world.ca.file]
    peaks = []
    for options in (["--dry-run"], []):
        outcome, peak = measured(world, *command, *options)
        assert outcome.code == 0, outcome
        assert "/257.root.json" in server.paths()
        server.seen.clear()
        peaks.append(peak)
    for peak in peaks:
        assert used_since_idle(world, peak) <= ROOM
