# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Models on machines without a network."""
import hashlib
import io
import json
import subprocess
import tarfile
import zipfile

from support import MODELSEC, Answer, noise

MODEL = noise(1_500_000)


def make_bundle(world, manifest, name="demo.bundle", *options):
    out = world.folder / name
    done = subprocess.run([MODELSEC, "bundle", "--json", "--manifest-file", str(manifest), "--pin", world.pin, "--ca", str(world.ca.file), "--out", str(out), *options],
                          capture_output=True, text=True, env=world.env(), timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def fetch(world, bundle, store="offline", pin=None):
    done = subprocess.run([MODELSEC, "fetch", "--json", "--bundle", str(bundle), "--pin", pin or world.pin, "--store", str(world.folder / store)],
                          capture_output=True, text=True, env=world.env(), timeout=60)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def tar(path, entries):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as out:
        for name, content, *kind in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if kind:
                info.type, info.linkname, info.size = kind[0], "/etc/passwd", 0
            out.addfile(info, io.BytesIO(content))
    return path


def test_a_bundle_carries_a_model_and_no_host_is_asked(world):
    server = world.server(lambda seen: Answer(200, MODEL))
    bundle = make_bundle(world, world.sign(world.described(MODEL, url=server.url + "/m", chunks=world.chunked(MODEL))))
    asked = len(server.seen)
    code, result = fetch(world, bundle)
    assert code == 0, result
    assert (world.folder / "offline/demo/1.0.0/model.bin").read_bytes() == MODEL
    assert len(server.seen) == asked
    # Any tar reads it.
    with tarfile.open(bundle) as read:
        assert sorted(read.getnames()) == ["envelope.json", "sha256/" + hashlib.sha256(MODEL).hexdigest()]


def test_file_locators_are_for_bundles_alone(world):
    manifest = world.sign(world.described(MODEL, url="file:models/model.bin"))
    outcome = world.fetch(manifest)
    assert (outcome.code, outcome.reason) == (50, "scheme_not_allowed")
    bundle = tar(world.folder / "made.bundle", [("envelope.json", manifest.read_bytes()), ("sha256/" + hashlib.sha256(MODEL).hexdigest(), MODEL)])
    code, result = fetch(world, bundle)
    assert code == 0, result


def test_a_bundle_is_one_more_untrusted_source(world):
    manifest = world.sign(world.described(MODEL, url="https://nowhere.invalid/m"))
    digest = hashlib.sha256(MODEL).hexdigest()
    wrong = MODEL[:-1] + b"\0"
    envelope = ("envelope.json", manifest.read_bytes())
    cases = {
        "other bytes": ([envelope, ("sha256/" + digest, wrong)], 30),
        "a shorter file": ([envelope, ("sha256/" + digest, MODEL[:-1])], 30),
        "no file": ([envelope], 12),
        "no envelope": ([("sha256/" + digest, MODEL)], 24),
        "two envelopes": ([envelope, envelope], 24),
        "a foreign entry": ([envelope, ("../evil", b"x")], 24),
        "a link": ([envelope, ("sha256/" + digest, b"", tarfile.SYMTYPE)], 24),
    }
    for number, (name, (entries, expected)) in enumerate(cases.items()):
        code, result = fetch(world, tar(world.folder / f"{number}.bundle", entries), store=f"store{number}")
        assert code == expected, (name, result)
        assert not (world.folder / f"store{number}/demo/1.0.0").exists(), name
    whole = tar(world.folder / "whole.bundle", [envelope, ("sha256/" + digest, MODEL)])
    cut = world.folder / "cut.bundle"
    cut.write_bytes(whole.read_bytes()[:-600_000])
    assert fetch(world, cut)[0] == 24
    (world.folder / "junk.bundle").write_bytes(noise(4096))
    assert fetch(world, world.folder / "junk.bundle")[0] == 24
    # Signed by somebody else.
    code, result = fetch(world, whole, pin="k1=" + "A" * 43 + "=")
    assert code in (2, 20), result


def test_an_archive_is_carried_as_it_was_signed(world):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("config.json", "{}")
        out.writestr("weights/w.bin", MODEL)
    content = archive.getvalue()
    server = world.server(lambda seen: Answer(200, content))
    manifest = world.sign(world.described(content, "model.zip", url=server.url + "/model.zip", is_zip=True))
    bundle = make_bundle(world, manifest)
    asked = len(server.seen)
    assert not bundle.with_name(bundle.name + ".work").exists()
    # A bundle of a bundle is the same bundle.
    again = world.folder / "again.bundle"
    done = subprocess.run([MODELSEC, "bundle", "--json", "--bundle", str(bundle), "--pin", world.pin, "--out", str(again)], capture_output=True, text=True,
                          env=world.env(), timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["model_id"], result["version"], result["sequence"]) == ("demo", "1.0.0", 1)
    assert again.read_bytes() == bundle.read_bytes()
    code, result = fetch(world, again)
    assert code == 0, result
    assert (world.folder / "offline/demo/1.0.0/weights/w.bin").read_bytes() == MODEL
    assert len(server.seen) == asked
