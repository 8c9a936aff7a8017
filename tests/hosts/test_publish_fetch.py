# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What publish signs, fetch accepts: names, archives, chunks and sizes by chance, from a seed that is told."""
import io
import os
import random
import subprocess
import urllib.parse
import zipfile

from support import MODELSEC, Answer, noise

SEED = int(os.environ.get("MODELSEC_SEED", random.randrange(1 << 30)))
LETTERS = ["a", "B", "7", "-", "_", "x.y", "a b", "é", "日", "ß", "%", "#", "&", "+", "~"]
ODD = [".", " ", "e\u0301", "..", "CON", ":", "*", "\\", "?", "ſ", "'"]


def any_name(by):
    return "".join(by.choice(ODD if by.random() < 0.02 else LETTERS) for _ in range(by.randint(1, 6)))


def mostly(by, good, *bad):
    """One of what is right, or now and then something that no client may take."""
    return by.choice(bad) if by.random() < 0.07 else by.choice(good)


def any_archive(by):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for _ in range(by.randint(1, 6)):
            name = "/".join(any_name(by) for _ in range(by.randint(1, 3))) + by.choice(["", "", "", "/"])
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = mostly(by, [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], zipfile.ZIP_BZIP2)
            info.external_attr = mostly(by, [0, 0o100644 << 16], 0o120777 << 16, 0o040755 << 16)
            z.writestr(info, b"" if name.endswith("/") else noise(by.randint(0, 3_000), by.randint(1, 99)))
    content = bytearray(out.getvalue())
    if by.random() < 0.2:
        content[by.randrange(len(content))] ^= 1 << by.randrange(8)
    return bytes(content)


def publish_something(world, by, server, served, round):
    """What publish came to, and where the manifest is."""
    as_zip = by.random() < 0.5
    arguments = []
    for i in range(1 if as_zip else by.randint(1, 4)):
        content = any_archive(by) if as_zip else noise(by.choice([0, 1, 262_143, 262_144, 262_145, 900_000, by.randint(0, 70_000)]), round * 10 + i)
        folder = world.folder / "files" / f"{round}-{i}"
        folder.mkdir(parents=True)
        name = any_name(by)
        try:
            (folder / name).write_bytes(content)
        except OSError:
            name = "plain"
            (folder / name).write_bytes(content)
        address = by.choice([f"/{round}/{i}", f"/{round}/" + urllib.parse.quote(name, safe="") + "/x", f"/{round}/{i}?v={i}"])
        served[address] = content
        arguments += ["--file", folder / name, "--url", server.url + address]
    if as_zip:
        arguments.append("--zip")
    if by.random() < 0.5:
        arguments += ["--chunk-size", mostly(by, ["256KiB", "1MiB", "64MiB"], "100KiB", "300000")]
    out = world.folder / f"manifest-{round}.json"
    done = subprocess.run([MODELSEC, "publish", "--json", "--key", str(world.key), "--model", f"demo-{round}",
                           "--version", mostly(by, ["1.0.0", "2026-01", "a" * 64], "v 1", "a" * 65), "--platform", mostly(by, ["any", "linux"], "x" * 70),
                           "--sequence", str(mostly(by, [0, 1, (1 << 53) - 1], 1 << 53)), "--expires", mostly(by, ["1h", "30d", "400d"], "401d"),
                           "--out", str(out), *(str(a) for a in arguments)], capture_output=True, text=True, env=world.env(), timeout=60)
    return done, out


def test_what_publish_signs_is_what_fetch_accepts(world):
    served = {}
    server = world.server(lambda seen: Answer(200, served[seen.path]) if seen.path in served else Answer(404))
    signed = 0
    for round in range(80):
        done, out = publish_something(world, random.Random(f"{SEED}-{round}"), server, served, round)
        if done.returncode != 0:
            assert not out.exists(), (SEED, round, done.stdout, done.stderr)
            continue
        signed += 1
        outcome = world.fetch(out)
        assert outcome.code == 0, (SEED, round, done.stdout, outcome)
    assert 10 < signed < 80, (SEED, signed)
