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
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

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
    dated_anew(out / "times")

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


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def mirrored(signature):
    """Of a signature by ECDSA everybody can make another one of the same message: (r, n - s) verifies too."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, P256_ORDER - s)


def dated_anew(out):
    """What whoever holds a signature can do to its time: have it logged again, and stamped today."""
    out.mkdir(parents=True, exist_ok=True)
    world, key = World(), ec.generate_private_key(ec.SECP256R1())
    public_pem = key.public_key().public_bytes(serialization.Encoding.PEM, SPKI)
    begin = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone.utc)
    hint = {"publicKey": {"hint": hashlib.sha256(public_pem).hexdigest()}}

    def write(name, material, model, signature, entries, stamped=False):
        if stamped:
            stamp = [{"signedTimestamp": b64(world.timestamp(signature))}]
            material = {**material, "timestampVerificationData": {"rfc3161Timestamps": stamp}}
        (out / f"{name}.json").write_text(json.dumps({
            "mediaType": V3, "verificationMaterial": {**material, "tlogEntries": entries},
            "dsseEnvelope": envelope(statement(model), signature)}))

    def entry(model, signature, day, verifier=public_pem, minutes=0):
        at = begin + dt.timedelta(days=day, minutes=minutes)
        return world.entry("dsse", "0.0.1", logged(statement(model), signature, verifier), at)

    old, new = (sign(key, pae(statement(model))) for model in ("a", "b"))
    first = entry("a", old, 31)
    write("key_1", hint, "a", old, [first])
    write("key_1_again", hint, "a", old, [entry("a", old, 200)])
    write("key_1_both", hint, "a", old, [entry("a", old, 200), first])
    write("key_1_stamped", hint, "a", old, [first], True)
    write("key_1_mirrored", hint, "a", mirrored(old), [entry("a", mirrored(old), 200)])
    write("key_2", hint, "b", new, [entry("b", new, 60)])
    # A CA of the publisher's own; the certificate lived for ten minutes in February.
    own_key = ec.generate_private_key(ec.SECP256R1())
    own, stand_in = ca("publisher", own_key), World()
    stand_in.middle, stand_in.middle_key = own, own_key
    leaf = stand_in.leaf(key, begin + dt.timedelta(days=31))
    chain = {"x509CertificateChain": {"certificates": [{"rawBytes": b64(leaf.public_bytes(DER))}]}}
    promised = entry("a", old, 31, pem(leaf), 2)
    write("ca_logged", chain, "a", old, [promised])
    write("ca_logged_late", chain, "a", old, [entry("a", old, 60, pem(leaf))])
    write("ca_logged_stamped", chain, "a", old, [promised], True)
    write("ca_foreign_log", chain, "a", old, [World().entry("dsse", "0.0.1", logged(statement("a"), old, pem(leaf)), begin)])
    (out / "ca.pem").write_bytes(pem(own))
    (out / "key.pub").write_bytes(public_pem)
    (out / "trusted_root.json").write_text(json.dumps(world.trusted_root()))


if __name__ == "__main__":
    main(sys.argv[1])
