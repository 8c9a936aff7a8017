# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Packs of many files, versions that share bytes, resumed downloads and verification: `./dev bench --packs`.

Each row holds modelsec against something else in the same run, in turns: the ratio of the medians, with the least and the greatest
of the turns' own ratios behind it.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys

# The ratio that each row may have; of the others it is only told.
TARGETS = {
    "1,000 x 64 KiB": 2.0,
    "10,000 x 4 KiB": 2.0,
    "1 % changed, XFS": 0.50,
    "verify with chunks": 0.55,
    "resume with 70 % there": 0.50,
}
BYTE_TARGETS = {"1 % changed in 64 places": 0.03, "1 % changed, XFS": 0.03, "1 KiB inserted at the front": 0.003}


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
        target = TARGETS.get(name)
        reached = target is None or row["ratio"] <= target
        text = f"{name:30}{wall:8.2f} s   x {row['ratio']:.2f} ({row['spread'][0]:.2f} to {row['spread'][1]:.2f}) of {shown}"
        if target is not None:
            text += f", target {target:.2f}{'' if reached else ', missed'}"
        if bytes_share is not None:
            row["bytes"] = round(bytes_share, 5)
            enough = bytes_share <= BYTE_TARGETS[name]
            text += f"; {bytes_share:.2%} of the bytes, target {BYTE_TARGETS[name]:.1%}{'' if enough else ', missed'}"
            reached = reached and enough
        print(text, flush=True)
        self.rows.append(row)
        return reached

    def many_files(self, name, count, size):
        www = self.folder / "www" / "many"
        shutil.rmtree(www, ignore_errors=True)
        www.mkdir()
        for i in range(count):
            (www / f"{i:05}.bin").write_bytes(os.urandom(size))
        self.publish("many", "--folder", www, "--base-url", f"{self.base}/many")
        listing = self.folder / "curl.txt"
        listing.write_text("".join(f'url = "{self.base}/many/{i:05}.bin"\noutput = "{self.out}/{i:05}.bin"\n' for i in range(count)))
        reached = self.compare(name, lambda: [self.fetch("many", self.out / "store")],
                               lambda: [["curl", "-sS", "--fail", "--cacert", self.ca, "-Z", "--parallel-max", "8", "-K", listing]],
                               "curl -Z --parallel-max 8")
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
                return self.versions(name, change, total, place)
            finally:
                self.out = out

    def versions(self, name, change, total, place=None):
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
            return [self.fetch("new", self.out / "store")]

        self.fresh()
        self.run("cp", "-a", before, self.out / "store")
        told = self.run(*[w for w in self.fetch("new", self.out / "store") if w != "--quiet"], "--json")
        travelled = json.loads(told.splitlines()[-1])["bytes_fetched"] + (self.folder / "www/new.index").stat().st_size
        reached = self.compare(name, with_old, lambda: [self.fetch("new", self.out / "store")], "fetching it whole", travelled / total)
        shutil.rmtree(before)
        new.unlink()
        return reached

    def verified(self):
        def ours():
            self.run(*self.fetch("old", self.out / "store"))
            return [[self.modelsec, "verify", "--store", self.out / "store", "bench-model", "--quiet"]]

        return self.compare("verify with chunks", ours, lambda: [["openssl", "dgst", "-sha256", self.folder / "www/model.bin"]],
                            "openssl dgst -sha256")

    def resumed(self, total):
        def cut():
            command = [w for w in self.fetch("old", self.out / "store") if w != "--quiet"] + ["--json"]
            with subprocess.Popen([str(w) for w in command], stdout=subprocess.PIPE, text=True) as running:
                assert running.stdout
                for line in running.stdout:
                    told = json.loads(line)
                    if told.get("event") == "progress" and told["bytes"] >= total * 7 // 10:
                        running.send_signal(signal.SIGINT)
                        break
                running.stdout.read()
            os.sync()
            return [self.fetch("old", self.out / "store")]

        return self.compare("resume with 70 % there", cut, lambda: [self.fetch("old", self.out / "store")], "fetching it anew")


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
    reached = [bench.many_files("1,000 x 64 KiB", 1000, 64 << 10), bench.many_files("10,000 x 4 KiB", 10000, 4 << 10),
               bench.versions("1 % changed in 64 places", changed_in_places, total),
               bench.versions_on_xfs("1 % changed, XFS", changed_in_places, total),
               bench.versions("1 KiB inserted at the front", inserted_in_front, total), bench.verified(), bench.resumed(total)]
    out.mkdir(exist_ok=True)
    (out / "packs.json").write_text(json.dumps({"rounds": rounds, "bytes": total, "results": bench.rows}, indent=2) + "\n")
    return all(reached)
