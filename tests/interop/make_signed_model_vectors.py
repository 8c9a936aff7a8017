#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Makes the bundles of tests/vectors/signed-model: models (OpenSSF Model Signing 1.0) that the stand-ins of make_sigstore_vectors.py sign
at chosen times, and which model-signing and sigstore-python accept as well where they are installed.

Needs the Python package cryptography, and openssl.
Run: make_signed_model_vectors.py FOLDER
"""
import datetime as dt
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from make_sigstore_vectors import DER, IDENTITY, ISSUER, SPKI, World, b64, ca, pem, sign

OTHER = "https://ci.example/other.yml@refs/heads/main"
V3 = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
MODELS = {
    "a": {"config.json": b'{"a": 1}\n', "empty.txt": b"", "weights/part-1.bin": b"1" * 300_000},
    "b": {"config.json": b'{"b": 2}\n', "empty.txt": b"", "weights/part-1.bin": b"2" * 200_000},
}
# By signer and time: the days after the first of 2026.
SIGNED = {"a_1": ("a", IDENTITY, 31), "a_2": ("a", IDENTITY, 60), "b_1": ("b", OTHER, 31), "b_2": ("b", OTHER, 60), "b_3": ("b", IDENTITY, 90)}


def statement(model):
    files = MODELS[model]
    digests = {path: hashlib.sha256(files[path]) for path in sorted(files)}
    whole = hashlib.sha256(b"".join(d.digest() for d in digests.values())).hexdigest()
    return json.dumps({
        "_type": "https://in-toto.io/Statement/v1", "subject": [{"name": model, "digest": {"sha256": whole}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
                      "resources": [{"name": path, "algorithm": "sha256", "digest": d.hexdigest()} for path, d in digests.items()]}}).encode()


def pae(payload):
    return b"DSSEv1 %d %s %d " % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload)) + payload


def envelope(payload, signature):
    return {"payload": b64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [{"sig": b64(signature)}]}


def logged(payload, signature, verifier):
    return {"envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"?").hexdigest()},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": b64(signature), "verifier": b64(verifier)}]}


def main(folder):
    out, world = pathlib.Path(folder), World()
    out.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    public_pem = key.public_key().public_bytes(serialization.Encoding.PEM, SPKI)
    begin = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone.utc)

    def write(name, material, payload, signature, entries):
        (out / f"{name}.json").write_text(json.dumps({
            "mediaType": V3, "verificationMaterial": {**material, "tlogEntries": entries}, "dsseEnvelope": envelope(payload, signature)}))

    for what, (model, identity, day) in SIGNED.items():
        at, payload = begin + dt.timedelta(days=day), statement(model)
        leaf = world.leaf(key, at - dt.timedelta(minutes=1), identity)
        signature = sign(key, pae(payload))
        write(what, {"certificate": {"rawBytes": b64(leaf.public_bytes(DER))}}, payload, signature,
              [world.entry("dsse", "0.0.1", logged(payload, signature, pem(leaf)), at)])
    # A plain key: without a log entry, and with one.
    payload = statement("a")
    signature = sign(key, pae(payload))
    write("key", {"publicKey": {"hint": hashlib.sha256(public_pem).hexdigest()}}, payload, signature, [])
    write("key_logged", {"publicKey": {"hint": hashlib.sha256(public_pem).hexdigest()}}, payload, signature,
          [world.entry("dsse", "0.0.1", logged(payload, signature, public_pem), begin + dt.timedelta(days=31))])
    # A CA of the publisher's own, whose certificates live for ten minutes: valid only by the timestamp.
    own_key = ec.generate_private_key(ec.SECP256R1())
    own = ca("publisher", own_key)
    stand_in = World()
    stand_in.middle, stand_in.middle_key = own, own_key
    leaf = stand_in.leaf(key, dt.datetime.now(dt.timezone.utc).replace(microsecond=0) - dt.timedelta(minutes=1))
    signature = sign(key, pae(payload))
    chain = {"x509CertificateChain": {"certificates": [{"rawBytes": b64(leaf.public_bytes(DER))}]}}
    stamp = {"timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": b64(world.timestamp(signature))}]}}
    write("ca_stamped", {**chain, **stamp}, payload, signature, [])
    (out / "ca.pem").write_bytes(pem(own))
    (out / "key.pub").write_bytes(public_pem)
    (out / "trusted_root.json").write_text(json.dumps(world.trusted_root()))

    try:
        from sigstore.models import Bundle, TrustedRoot
        from sigstore.verify import Verifier
        from sigstore.verify.policy import Identity
    except ImportError:
        print("NOT ASKED: sigstore-python is not installed")
        return
    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(out / "trusted_root.json")))
    for what, (_, identity, _) in SIGNED.items():
        verifier.verify_dsse(Bundle.from_json((out / f"{what}.json").read_text()), Identity(identity=identity, issuer=ISSUER))
        print("sigstore-python agrees:", what)


if __name__ == "__main__":
    main(sys.argv[1])
