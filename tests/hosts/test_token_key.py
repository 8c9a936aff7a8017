# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Signing keys on a PKCS#11 token: softhsm2, as Debian has it."""
import base64
import json
import pathlib
import re
import subprocess

import pytest
from support import MODELSEC, Answer, Outcome, noise, run

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
MODEL = noise(300_000)


class Token:
    def __init__(self, world, pin="PLANTED1"):
        assert pathlib.Path(MODULE).exists(), "apt-get install softhsm2 opensc"
        self.world, self.pin = world, pin
        (world.folder / "tokens").mkdir()
        configuration = world.folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {world.folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.env = {"SOFTHSM2_CONF": str(configuration)}
        run("softhsm2-util", "--init-token", "--free", "--label", "release token", "--so-pin", "12345678", "--pin", pin, env=world.env(self.env))
        self.uri = f"pkcs11:token=release%20token;object=release-2026?module-path={MODULE}"

    def make_key(self, label="release-2026", number="01"):
        run("pkcs11-tool", "--module", MODULE, "--login", "--pin", self.pin, "--keypairgen", "--key-type", "EC:edwards25519", "--label", label, "--id", number,
            env=self.world.env(self.env))

    def publish(self, uri=None, env=None, *more):
        model = self.world.file("model.bin", MODEL)
        out = self.world.folder / "manifest.json"
        self.server = self.world.server(lambda seen: Answer(200, MODEL))
        command = [MODELSEC, "publish", "--json", "--key", uri or self.uri, "--model", "demo", "--version", "1.0.0", "--sequence", "1", "--expires", "1d",
                   "--platform", "any", "--file", model, "--url", self.server.url + "/model.bin", "--out", out, *more]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=self.world.env(dict(self.env, **(env or {}))), timeout=60)
        assert self.pin not in done.stdout + done.stderr
        return Outcome(done.returncode, done.stdout, done.stderr), out

    def pin_of_key(self):
        listed = run("pkcs11-tool", "--module", MODULE, "--list-objects", "--type", "pubkey", env=self.world.env(self.env)).stdout
        point = re.search(r"EC_POINT:\s+0420([0-9a-f]{64})", listed)
        return "release-2026=" + base64.b64encode(bytes.fromhex(point[1])).decode()


def test_a_manifest_is_signed_on_the_token_and_fetched_by_its_public_half(world):
    token = Token(world)
    token.make_key()
    outcome, manifest = token.publish(env={"MODELSEC_PKCS11_PIN": token.pin})
    assert outcome.code == 0, outcome
    assert json.loads(manifest.read_text())["signatures"][0]["keyid"] == "release-2026"
    world.pin = token.pin_of_key()
    assert world.fetched(world.fetch(manifest)) == MODEL
    # The other commands that sign take it as well: one more signature, beside that of a file.
    done = subprocess.run([MODELSEC, "sign", "--json", "--key", str(world.key), str(manifest)], capture_output=True, text=True, env=world.env(), timeout=60)
    assert done.returncode == 0, done
    assert len(json.loads(manifest.read_text())["signatures"]) == 2


def test_the_pin_comes_from_a_file_that_is_its_user_s_alone(world):
    token = Token(world)
    token.make_key()
    secret = world.folder / "pin"
    secret.write_text(token.pin + "\n")
    secret.chmod(0o600)
    assert token.publish(token.uri + f"&pin-source=file:{secret}")[0].code == 0
    secret.chmod(0o644)
    assert token.publish(token.uri + f"&pin-source=file:{secret}")[0].reason == "secret_file_exposed"
    outcome, _ = token.publish(token.uri + f"&pin-value={token.pin}")
    assert (outcome.code, outcome.reason) == (2, "secret_in_argument")


@pytest.mark.parametrize("pin", ["wrong", None])
def test_without_the_right_pin_nothing_is_signed(world, pin):
    token = Token(world)
    token.make_key()
    outcome, manifest = token.publish(env={"MODELSEC_PKCS11_PIN": pin} if pin else {})
    assert (outcome.code, outcome.reason) == ((14, "pin_refused") if pin else (2, "key_unavailable"))
    assert not manifest.exists()


def test_a_key_that_is_not_there_or_not_alone_is_told(world):
    token = Token(world)
    env = {"MODELSEC_PKCS11_PIN": token.pin}
    assert token.publish(env=env)[0].reason == "key_unavailable"
    token.make_key()
    token.make_key(number="02")
    assert token.publish(env=env)[0].reason == "key_unavailable"  # two of this name
    assert token.publish(token.uri.replace("object=release-2026", "object=release-2026;id=%02"), env)[0].code == 0
    assert token.publish(token.uri.replace("release%20token", "another"), env)[0].reason == "key_unavailable"
    assert token.publish("pkcs11:object=release-2026?module-path=/usr/lib/x86_64-linux-gnu/libz.so.1", env)[0].reason == "key_unavailable"
    # An elliptic curve of another kind is no Ed25519 key.
    run("pkcs11-tool", "--module", MODULE, "--login", "--pin", token.pin, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "p256", "--id", "05", env=world.env(token.env))
    assert token.publish(token.uri.replace("release-2026", "p256"), env)[0].reason == "key_unavailable"
