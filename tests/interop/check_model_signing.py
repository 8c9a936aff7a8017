#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Interoperation with PyPI's model-signing, the reference of OpenSSF Model Signing, in both directions.

    tests/interop/check_model_signing.py build/dev/bin/modelsec [--vectors tests/vectors/model-signing]

Installs model-signing into a virtual environment of its own (~/.cache/modelsec-interop) and says so when that is not possible
(exit code 77). With --vectors it also writes the bundles that the unit tests keep. Needs openssl.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

HOME = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "modelsec-interop"
# model-signing 1.1.1 imports OpenSSL without asking for it.
PACKAGES = ["model-signing==1.1.1", "pyOpenSSL"]
UNABLE = 77

MODEL = {"config.json": b'{"a": 1}\n', "empty.txt": b"", "weights/part-1.bin": b"hello", "weights/part-2.bin": b"world!",
         "mod\u00e8le.txt": b"name"}
CURVES = {"p256": "P-256", "p384": "P-384", "p521": "P-521"}


def run_in_reference():
    """Runs this script again by the Python that has model-signing."""
    python = HOME / "bin" / "python"
    if not python.exists() or subprocess.run([python, "-c", "import model_signing"], capture_output=True).returncode != 0:
        try:
            venv.create(HOME, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "-q", "install", *PACKAGES], check=True)
        except (subprocess.CalledProcessError, OSError) as problem:
            print(f"NOT RUN: model-signing cannot be installed here ({problem})")
            sys.exit(UNABLE)
    sys.exit(subprocess.run([python, __file__, "--inside", *sys.argv[1:]]).returncode)


def write_model(folder, without=()):
    for name, content in MODEL.items():
        if name not in without:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return folder


class Interop:
    def __init__(self, modelsec, place):
        self.modelsec, self.place, self.failed, self.count = modelsec, place, 0, 0
        for name, curve in CURVES.items():
            key = place / f"{name}.pem"
            subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", key],
                           check=True, capture_output=True)
            key.chmod(0o600)
            subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", place / f"{name}.pub"], check=True)

    def expect(self, what, got, wanted):
        self.count += 1
        if got != wanted:
            self.failed += 1
            print(f"FAILED: {what}: {got} instead of {wanted}")

    def ours(self, *arguments):
        return subprocess.run([self.modelsec, *map(str, arguments), "--quiet"], capture_output=True).returncode

    def reference_accepts(self, model, bundle, key, config):
        from model_signing import verifying
        verifier = verifying.Config().use_elliptic_key_verifier(public_key=self.place / f"{key}.pub")
        try:
            verifier.set_hashing_config(config()).verify(model, bundle)
            return True
        except Exception:  # whatever it throws, it does not accept
            return False

    def reference_signs(self, model, bundle, key, config):
        from model_signing import signing
        signing.Config().use_elliptic_key_signer(private_key=self.place / f"{key}.pem").set_hashing_config(config()).sign(
            model, bundle)

    def both(self, what, model, bundle, key, config, code):
        self.expect(f"modelsec: {what}", self.ours("verify-model", bundle, "--key", self.place / f"{key}.pub", model), code)
        self.expect(f"model-signing: {what}", self.reference_accepts(model, bundle, key, config), code == 0)

    def tampered(self, what, model, bundle, key, config):
        """Each of these changes must be refused by both."""
        changes = {
            "altered": (lambda m: (m / "config.json").write_bytes(b'{"a": 2}\n'), 30),
            "missing": (lambda m: (m / "config.json").unlink(), 30),
            "unsigned": (lambda m: (m / "weights" / "more.bin").write_bytes(b"more"), 30),
            "renamed": (lambda m: (m / "config.json").rename(m / "config2.json"), 30),
            "longer": (lambda m: (m / "config.json").write_bytes(b'{"a": 1}\n\n'), 30),
        }
        for name, (change, code) in changes.items():
            copy = self.place / "tampered"
            shutil.copytree(model, copy, symlinks=True)
            change(copy)
            self.both(f"{what}, {name}", copy, bundle, key, config, code)
            shutil.rmtree(copy)
        self.both(f"{what}, another key", model, bundle, "p384" if key != "p384" else "p256", config, 20)
        if not bundle.exists():
            return
        doc = json.loads(bundle.read_text())
        payload = doc["dsseEnvelope"]["payload"]
        doc["dsseEnvelope"]["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
        other = self.place / "tampered.sig"
        other.write_text(json.dumps(doc))
        self.both(f"{what}, payload touched", model, other, key, config, 20)


def make_chain(place):
    """A root, an intermediate and leaves below it; a self-signed leaf; a root of somebody else. All P-256."""
    import datetime as dt
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    now, keys = dt.datetime.now(dt.timezone.utc), {}

    def make(name, issuer, is_ca=False, begin=-1, end=30, uses=(ExtendedKeyUsageOID.CODE_SIGNING,)):
        keys[name] = ec.generate_private_key(ec.SECP256R1())
        title = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
        made = (x509.CertificateBuilder().subject_name(title(name)).issuer_name(title(issuer)).public_key(keys[name].public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now + dt.timedelta(days=begin))
                .not_valid_after(now + dt.timedelta(days=end)).add_extension(x509.BasicConstraints(is_ca, None), True)
                .add_extension(x509.KeyUsage(not is_ca, False, False, False, False, is_ca, is_ca, False, False), True))
        if uses and not is_ca:
            made = made.add_extension(x509.ExtendedKeyUsage(list(uses)), False)
        made = made.sign(keys[issuer], hashes.SHA256())
        (place / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (place / f"{name}.pem").write_bytes(keys[name].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        (place / f"{name}.pem").chmod(0o600)

    make("root", "root", True)
    make("stranger", "stranger", True)
    make("middle", "root", True)
    make("leaf", "middle")
    make("expired", "middle", begin=-20, end=-10)
    make("alone", "alone")
    make("bare", "middle", uses=())
    make("server", "middle", uses=(ExtendedKeyUsageOID.SERVER_AUTH,))


def certificates(t, model):
    """By certificate, in both directions: who is trusted, for how long, and which certificate is for which key."""
    from model_signing import signing, verifying
    make_chain(t.place)
    path = lambda *names: [t.place / f"{name}.crt" for name in names]

    def reference_accepts(bundle, trusted, folder):
        try:
            verifying.Config().use_certificate_verifier(certificate_chain=path(*trusted)).verify(folder, bundle)
            return True
        except Exception:  # whatever it throws, it does not accept
            return False

    def both(what, bundle, trusted, folder, code):
        options = [o for c in path(*trusted) for o in ("--ca", c)]
        t.expect(f"modelsec: {what}", t.ours("verify-model", bundle, *options, folder), code)
        t.expect(f"model-signing: {what}", reference_accepts(bundle, trusted, folder), code == 0)

    changed = write_model(t.place / "changed")
    (changed / "config.json").write_bytes(b"{}")
    for signer in ("modelsec", "model-signing"):
        for leaf, chain, trusted in (("leaf", ["middle"], ["root"]), ("leaf", ["middle", "root"], ["root"]), ("leaf", [], ["middle", "root"]),
                                     ("alone", ["alone"], ["alone"])):
            if signer != "modelsec" and not chain:
                continue  # model-signing wants one
            what, bundle = f"{leaf} {chain} by {signer}", t.place / f"cert-{signer}.sig"
            if signer == "modelsec":
                options = [o for c in path(*chain) for o in ("--chain", c)]
                t.expect(f"{what} signed", t.ours("sign-model", "--key", t.place / f"{leaf}.pem", "--cert", *path(leaf), *options, "--out",
                                                  bundle, model), 0)
            else:
                signing.Config().use_certificate_signer(private_key=t.place / f"{leaf}.pem", signing_certificate=path(leaf)[0],
                                                        certificate_chain=path(*chain)).sign(model, bundle)
            both(what, bundle, trusted, model, 0)
            both(f"{what}, another CA", bundle, ["stranger"], model, 20)
            both(f"{what}, changed", bundle, trusted, changed, 30)
            t.expect(f"{what}, by a key", t.ours("verify-model", bundle, "--key", t.place / "p256.pub", model), 20)
    # model-signing takes a server's certificate for a signer's; RFC 5280 section 4.2.1.12 does not.
    for leaf, code in (("bare", 0), ("server", 20)):
        bundle = t.place / f"cert-{leaf}.sig"
        signing.Config().use_certificate_signer(private_key=t.place / f"{leaf}.pem", signing_certificate=path(leaf)[0],
                                                certificate_chain=path("middle")).sign(model, bundle)
        t.expect(f"modelsec: a certificate of use {leaf}", t.ours("verify-model", bundle, "--ca", *path("root"), model), code)
        t.expect(f"signing by a certificate of use {leaf}", t.ours("sign-model", "--key", t.place / f"{leaf}.pem", "--cert", *path(leaf), "--chain",
                                                                   *path("middle"), "--out", t.place / "none.sig", model), 2)
    bundle = t.place / "cert-expired.sig"
    t.ours("sign-model", "--key", t.place / "expired.pem", "--cert", *path("expired"), "--chain", *path("middle"), "--out", bundle, model)
    both("expired", bundle, ["root"], model, 21)
    t.expect("none self-signed", t.ours("verify-model", bundle, "--ca", *path("middle"), model), 2)
    t.expect("another key's certificate", t.ours("sign-model", "--key", t.place / "p256.pem", "--cert", *path("leaf"), "--out",
                                                 bundle, model), 2)


def main(arguments):
    from model_signing import hashing

    def files():
        return hashing.Config()

    def links():
        return hashing.Config().use_file_serialization(allow_symlinks=True).set_allow_symlinks(True)

    def shards():
        return hashing.Config().use_shard_serialization(shard_size=4)

    vectors = pathlib.Path(arguments[arguments.index("--vectors") + 1]).resolve() if "--vectors" in arguments else None
    modelsec = pathlib.Path(arguments[0]).resolve()
    with tempfile.TemporaryDirectory() as name:
        t = Interop(modelsec, pathlib.Path(name))
        model = write_model(t.place / "model")
        sharded = write_model(t.place / "sharded", without=["empty.txt"])
        linked = write_model(t.place / "linked")
        (linked / "alias.bin").symlink_to("weights/part-1.bin")
        one = t.place / "one.bin"
        one.write_bytes(b"one file")
        cases = [(key, model, key, files, []) for key in CURVES]
        cases += [("shards", sharded, "p256", shards, ["--shard-size", "4"]), ("links", linked, "p256", links, ["--follow-links"])]
        for what, folder, key, config, options in cases:
            for signer in ("modelsec", "model-signing"):
                bundle = t.place / f"{what}-{signer}.sig"
                if signer == "modelsec":
                    t.expect(f"{what} signed", t.ours("sign-model", "--key", t.place / f"{key}.pem", "--out", bundle, folder,
                                                      *options), 0)
                else:
                    t.reference_signs(folder, bundle, key, config)
                t.both(f"{what} by {signer}", folder, bundle, key, config, 0)
                t.tampered(f"{what} by {signer}", folder, bundle, key, config)
        for signer in ("modelsec", "model-signing"):
            bundle = t.place / f"one-{signer}.sig"
            if signer == "modelsec":
                t.expect("one file signed", t.ours("sign-model", "--key", t.place / "p256.pem", "--out", bundle, one), 0)
            else:
                t.reference_signs(one, bundle, "p256", files)
            t.both(f"one file by {signer}", one, bundle, "p256", files, 0)
            other = t.place / "other.bin"
            other.write_bytes(b"one file!")
            t.both(f"another file by {signer}", other, bundle, "p256", files, 30)
        certificates(t, model)
        # The signature within the folder, by the reference's own command line and by ours.
        inside = write_model(t.place / "inside")
        reference = [sys.executable, "-m", "model_signing"]
        for signer in ("modelsec", "model-signing"):
            bundle = inside / "model.sig"
            if signer == "modelsec":
                t.expect("inside signed", t.ours("sign-model", "--key", t.place / "p256.pem", "--out", bundle, inside), 0)
            else:
                t.expect("inside signed", subprocess.run(
                    [*reference, "sign", "key", inside, "--private_key", t.place / "p256.pem", "--signature", bundle],
                    capture_output=True).returncode, 0)
            t.expect(f"inside by {signer}", t.ours("verify-model", bundle, "--key", t.place / "p256.pub", inside), 0)
            t.expect(f"inside by {signer}, command of model-signing", subprocess.run(
                [*reference, "verify", "key", inside, "--public_key", t.place / "p256.pub", "--signature", bundle],
                capture_output=True).returncode, 0)
        if vectors:
            vectors.mkdir(parents=True, exist_ok=True)
            for what, _, _, _, _ in cases:
                shutil.copy(t.place / f"{what}-model-signing.sig", vectors / f"{what}.json")
            shutil.copy(t.place / "one-model-signing.sig", vectors / "one.json")
            shutil.copy(inside / "model.sig", vectors / "inside.json")
            for key in CURVES:
                shutil.copy(t.place / f"{key}.pub", vectors)
        print(f"{t.count - t.failed} of {t.count} as expected")
        return 1 if t.failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] != "--inside":
        run_in_reference()
    sys.exit(main(sys.argv[2:]))
