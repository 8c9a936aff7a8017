# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Packs of many files, versions that share bytes, resumed downloads and verification: `./dev bench --packs`.

Each row holds modelsec against something else in the same run, in turns: the ratio of the medians, with the least and the greatest
of the turns' own ratios behind it.
"""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys

import wan

# The ratio that each row may have; None: it is told, and may be anything.
TARGETS = {
    "1,000 x 64 KiB": 2.0,
    "1,000 x 64 KiB, 20 ms": 1.1,
    "10,000 x 4 KiB": 2.0,
    "30 x 64 MiB, 20 MB/s, 40 ms": 0.95,
    "1 % changed, 100 MB/s": 0.35,
    "1 % changed, loopback": None,
    "1 % changed, XFS": 0.50,
    "1 KiB in front, loopback": None,
    "first tensor, 100 MB/s": 0.1,
    "last tensor, 100 MB/s": 1.02,
    "verify with chunks": 0.55,
    "resume at 70 %, chunks": 0.50,
    "resume at 70 %, no chunks": 0.75,
}
BYTE_TARGETS = {"1 % changed, 100 MB/s": 0.03, "1 % changed, loopback": 0.03, "1 % changed, XFS": 0.03, "1 KiB in front, loopback": 0.003}
PEAK_TARGET_MIB = 64  # above what the idle client has
LINE = ["--limit-rate", "100000000"]

TENSORS = 16
# Loads tensors in file order: the first one or all of them, while the file is downloaded or once it is there.
LOAD = """
import json, pathlib, sys, modelsec
how, much, manifest, pins, ca, store = sys.argv[1:]
source = modelsec.Source(manifest_url=manifest, pins=pathlib.Path(pins).read_text())
def load(read):
    size = int.from_bytes(read(0, 8), "little")
    tensors = json.loads(bytes(read(8, size)))
    for begin, end in sorted(t["data_offsets"] for t in tensors.values()):
        assert len(read(8 + size + begin, end - begin)) == end - begin
        if much == "first":
            return
with modelsec.Client(store, ca_file=ca, profile="server", limit_rate=100_000_000) as client:
    if how == "stream":
        with client.stream("bench-model", source) as stream:
            load(lambda offset, length: stream.buffer(offset, length))
            if much == "all":
                stream.finish()
    else:
        client.fetch("bench-model", source)
        with client.open("bench-model") as pack, pack.open() as file:
            def read(offset, length):
                file.seek(offset)
                return file.read(length)
            load(read)
"""


@contextlib.contextmanager
def reflink_disk(folder, size):
    """A new XFS on a loop device, where files can share their blocks; None, and why, where this user may not mount one."""
    place, image = folder / "xfs", folder / "xfs.img"
    if place.is_mount():  # of a bench that was killed
        subprocess.run(["umount", str(place)], check=True)
    place.mkdir(exist_ok=True)
    with open(image, "wb") as f:
        f.truncate(size)
    for command in (["mkfs.xfs", "-q", "-m", "reflink=1", str(image)], ["mount", "-o", "loop", str(image), str(place)]):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            trouble = done.stderr.strip() if done.returncode else None
        except OSError as e:
            trouble = str(e)
        if trouble is not None:
            image.unlink()
            yield None, f"{command[0]}: {trouble}"
            return
    try:
        yield place, ""
    finally:
        subprocess.run(["umount", str(place)], check=True)
        image.unlink()


class Bench:
    def __init__(self, modelsec, folder, base, pins, rounds, measure):
        self.modelsec, self.folder, self.base, self.pins = modelsec, folder, base, pins
        self.rounds, self.measure, self.out = rounds, measure, folder / "out"
        self.ca = folder / "ca.pem"
        [self.key] = [f for f in (folder / "keys").iterdir() if not f.name.endswith(".pub.json")]
        self.rows, self.sequence = [], 1
        self.relays = []
        status = [self.modelsec, "status", "--store", self.out / "store"]
        self.fresh()
        self.idle_peak = measure([status])[2]

    def far(self, delay_s, rate_mb):
        """The same host, so far away and so slow a connection: its base address."""
        port = int(self.base.rpartition(":")[2])
        self.relays.append(wan.Relay(self.modelsec.with_name("bench_relay"), port, delay_s, rate_mb))
        return f"https://127.0.0.1:{self.relays[-1].port}"

    def close(self):
        for relay in self.relays:
            relay.close()

    def run(self, *command):
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"bench: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
        return done.stdout

    def publish(self, name, *files):
        self.sequence += 1
        manifest = self.folder / "www" / f"{name}.json"
        self.run(self.modelsec, "publish", "--key", self.key, "--model", "bench-model", "--version", f"1.0.{self.sequence}",
                 "--platform", "any", "--sequence", self.sequence, "--expires", "2d", "--out", manifest, *files)

    def fetch(self, name, store, *more):
        return [self.modelsec, "fetch", "--manifest", f"{self.base}/{name}.json", "--pins", self.pins, "--ca", self.ca, "--store", store,
                "--model", "bench-model", "--quiet", *more]

    def fresh(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        os.sync()

    def compare(self, name, ours, other, shown, bytes_share=None):
        """`ours` and `other`: functions that prepare a turn and give the commands to be timed."""
        mine, theirs = [], []
        for _ in range(self.rounds):
            for list_, make in ((mine, ours), (theirs, other)):
                self.fresh()
                list_.append(self.measure(make()))
        ratios = [a[0] / b[0] for a, b in zip(mine, theirs)]
        wall, against = statistics.median(m[0] for m in mine), statistics.median(t[0] for t in theirs)
        row = {"name": name, "wall": round(wall, 3), "other": shown, "other_wall": round(against, 3), "ratio": round(wall / against, 3),
               "spread": [round(min(ratios), 3), round(max(ratios), 3)], "peak": round(max(m[2] for m in mine), 1)}
        target = TARGETS[name]
        reached = target is None or row["ratio"] <= target
        row["target"] = target
        text = f"{name:30}{wall:8.2f} s   x {row['ratio']:.2f} ({row['spread'][0]:.2f} to {row['spread'][1]:.2f}) of {shown}"
        if target is not None:
            text += f", target {target:.2f}{'' if reached else ', missed'}"
        above = row["peak"] - self.idle_peak
        if not shown.startswith("loading"):  # of another program's memory nothing is said
            text += f"; {above:.0f} MiB above the idle client's{'' if above <= PEAK_TARGET_MIB else ', missed'}"
            reached = reached and above <= PEAK_TARGET_MIB
        if bytes_share is not None:
            row["bytes"] = round(bytes_share, 5)
            enough = bytes_share <= BYTE_TARGETS[name]
            text += f"; {bytes_share:.2%} of the bytes, target {BYTE_TARGETS[name]:.1%}{'' if enough else ', missed'}"
            reached = reached and enough
        print(text, flush=True)
        self.rows.append(row)
        return reached

    def many_files(self, name, count, size, base=None, aria2=False):
        base = base or self.base
        www = self.folder / "www" / "many"
        shutil.rmtree(www, ignore_errors=True)
        www.mkdir()
        for i in range(count):
            (www / f"{i:05}.bin").write_bytes(os.urandom(size))
        self.publish("many", "--folder", www, "--base-url", f"{base}/many")
        listing = self.folder / "list.txt"
        if aria2:
            listing.write_text("".join(f"{base}/many/{i:05}.bin\n" for i in range(count)))
            other, shown = ["aria2c", "-q", "--no-conf", f"--ca-certificate={self.ca}", "-x8", "-j8", "--file-allocation=none", "-d", self.out,
                            "-i", listing], "aria2c -x8 -j8"
        else:
            listing.write_text("".join(f'url = "{base}/many/{i:05}.bin"\noutput = "{self.out}/{i:05}.bin"\n' for i in range(count)))
            other, shown = (["curl", "-sS", "--fail", "--cacert", self.ca, "-Z", "--parallel-max", "8", "-K", listing],
                            "curl -Z --parallel-max 8")
        reached = self.compare(name, lambda: [self.fetch("many", self.out / "store")], lambda: [other], shown)
        shutil.rmtree(www)
        return reached

    def versions_on_xfs(self, name, change, total):
        out = self.out
        with reflink_disk(self.folder, 5 * total + (1 << 30)) as (place, trouble):
            if place is None:
                print(f"{name:30} not measured: {trouble}", flush=True)
                return True
            self.out = place / "out"
            try:
                return self.versions(name, change, total, place=place)
            finally:
                self.out = out

    def versions(self, name, change, total, more=(), place=None):
        """A store with the old version, and a new one that was made of it; against fetching the new one anew. Both below `place`."""
        old, new = self.folder / "www/model.bin", self.folder / "www/new.bin"
        before = (place or self.folder) / "before"
        shutil.rmtree(before, ignore_errors=True)
        self.publish("old", "--file", old, "--url", f"{self.base}/model.bin")
        self.run(*self.fetch("old", before))
        change(old, new)
        self.publish("new", "--file", new, "--url", f"{self.base}/new.bin", "--index", self.folder / "www/new.index", "--index-url",
                     f"{self.base}/new.index")

        def with_old():
            self.run("cp", "-a", before, self.out / "store")
            os.sync()
            return [self.fetch("new", self.out / "store", *more)]

        self.fresh()
        self.run("cp", "-a", before, self.out / "store")
        told = self.run(*[w for w in self.fetch("new", self.out / "store") if w != "--quiet"], "--json")
        travelled = json.loads(told.splitlines()[-1])["bytes_fetched"] + (self.folder / "www/new.index").stat().st_size
        reached = self.compare(name, with_old, lambda: [self.fetch("new", self.out / "store", *more)], "fetching it whole",
                               travelled / total)
        shutil.rmtree(before)
        new.unlink()
        return reached

    def verified(self):
        def ours():
            self.run(*self.fetch("old", self.out / "store"))
            return [[self.modelsec, "verify", "--store", self.out / "store", "bench-model", "--quiet"]]

        return self.compare("verify with chunks", ours, lambda: [["openssl", "dgst", "-sha256", self.folder / "www/model.bin"]],
                            "openssl dgst -sha256")

    def without_chunks(self, name):
        """What publish() signed, without its chunk digests; publish itself always gives some to so large a file. DSSE v1: PAE(type, body)."""
        manifest = self.folder / "www" / f"{name}.json"
        envelope = json.loads(manifest.read_text())
        payload = json.loads(base64.b64decode(envelope["payload"]))
        for artifact in payload["artifacts"]:
            for file in [artifact, *artifact.get("files", [])]:
                file.pop("chunks", None)
        body, kind = json.dumps(payload).encode(), envelope["payloadType"].encode()
        to_sign = self.folder / "to-sign"
        to_sign.write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body))
        self.run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", to_sign, "-out", self.folder / "signature")
        envelope["payload"] = base64.b64encode(body).decode()
        envelope["signatures"][0]["sig"] = base64.b64encode((self.folder / "signature").read_bytes()).decode()
        manifest.write_text(json.dumps(envelope))

    def resumed(self, name, total, chunks):
        self.publish("resumed", "--file", self.folder / "www/model.bin", "--url", f"{self.base}/model.bin")
        if not chunks:
            self.without_chunks("resumed")

        def cut():
            command = [w for w in self.fetch("resumed", self.out / "store") if w != "--quiet"] + ["--json"]
            with subprocess.Popen([str(w) for w in command], stdout=subprocess.PIPE, text=True) as running:
                assert running.stdout
                for line in running.stdout:
                    told = json.loads(line)
                    if told.get("event") == "progress" and told["bytes"] >= total * 7 // 10:
                        running.send_signal(signal.SIGINT)
                        break
                running.stdout.read()
            os.sync()
            return [self.fetch("resumed", self.out / "store")]

        return self.compare(name, cut, lambda: [self.fetch("resumed", self.out / "store")], "fetching it anew")

    def tensors(self, total):
        """A file of tensors that is loaded while it is downloaded, against fetching it and loading it then."""
        root = pathlib.Path(__file__).resolve().parent.parent
        environment = ["env", f"PYTHONPATH={root / 'bindings/python/src'}", f"LD_LIBRARY_PATH={self.modelsec.parent.parent / 'lib'}"]
        each = total // TENSORS
        header = json.dumps({f"t{i}": {"dtype": "U8", "shape": [each], "data_offsets": [i * each, (i + 1) * each]}
                             for i in range(TENSORS)}).encode()
        file = self.folder / "www/model.safetensors"
        with open(self.folder / "www/model.bin", "rb") as source, open(file, "wb") as to:
            to.write(len(header).to_bytes(8, "little") + header)
            shutil.copyfileobj(source, to, 4 << 20)
        self.publish("tensors", "--file", file, "--url", f"{self.base}/model.safetensors")

        def loading(how, much):
            return lambda: [[*environment, sys.executable, "-c", LOAD, how, much, f"{self.base}/tensors.json", self.pins, self.ca,
                             self.out / "store"]]

        reached = [self.compare("first tensor, 100 MB/s", loading("stream", "first"), loading("fetch", "first"), "loading it when all is there"),
                   self.compare("last tensor, 100 MB/s", loading("stream", "all"), loading("fetch", "all"), "loading all when all is there")]
        file.unlink()
        return all(reached)


def changed_in_places(old, new, places=64, share=0.01):
    shutil.copyfile(old, new)
    size = old.stat().st_size
    piece = int(size * share / places)
    with open(new, "r+b") as f:
        for i in range(places):
            f.seek(i * (size // places) + size // places // 3)
            f.write(os.urandom(piece))


def inserted_in_front(old, new):
    with open(old, "rb") as source, open(new, "wb") as to:
        to.write(os.urandom(1024))
        shutil.copyfileobj(source, to, 4 << 20)


def run(modelsec, folder, base, pins, rounds, measure, out: pathlib.Path):
    """All rows, also as packs.json; whether every target is reached."""
    bench = Bench(modelsec, folder, base, pins, rounds, measure)
    total = (folder / "www/model.bin").stat().st_size
    print(f"\n==> Packs, versions, resuming and verifying; {rounds} turns each")
    try:
        reached = [
            bench.many_files("1,000 x 64 KiB", 1000, 64 << 10),
            bench.many_files("1,000 x 64 KiB, 20 ms", 1000, 64 << 10, bench.far(0.01, 1000)),
            bench.many_files("10,000 x 4 KiB", 10000, 4 << 10),
            bench.many_files("30 x 64 MiB, 20 MB/s, 40 ms", 30, 64 << 20, bench.far(0.02, 20), aria2=True),
            bench.versions("1 % changed, 100 MB/s", changed_in_places, total, LINE),
            bench.versions("1 % changed, loopback", changed_in_places, total),
            bench.versions_on_xfs("1 % changed, XFS", changed_in_places, total),
            bench.versions("1 KiB in front, loopback", inserted_in_front, total),
            bench.tensors(total),
            bench.verified(),
            bench.resumed("resume at 70 %, chunks", total, True),
            bench.resumed("resume at 70 %, no chunks", total, False),
        ]
    finally:
        bench.close()
    out.mkdir(exist_ok=True)
    (out / "packs.json").write_text(json.dumps({"rounds": rounds, "bytes": total, "results": bench.rows}, indent=2) + "\n")
    return all(reached)
