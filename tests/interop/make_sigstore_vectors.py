#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Makes the bundles of tests/vectors/sigstore by a stand-in of Fulcio, its certificate log, Rekor v1 and v2 and a timestamp authority.

Needs the Python packages cryptography and (to check what was made) sigstore; and openssl, whose `ts` answers as the authority.
Run: make_sigstore_vectors.py FOLDER
"""
import base64
import datetime as dt
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

IDENTITY, ISSUER = "https://ci.example/model.yml@refs/heads/main", "https://token.example"
START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
DER, SPKI = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo


def b64(raw):
    return base64.b64encode(raw).decode()


def spki(key):
    return key.public_key().public_bytes(DER, SPKI)


def key_id(key):
    return hashlib.sha256(spki(key)).digest()


def sign(key, message, algorithm=hashes.SHA256()):
    return key.sign(message) if isinstance(key, ed25519.Ed25519PrivateKey) else key.sign(message, ec.ECDSA(algorithm))


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def ca(subject, key, issuer=None, issuer_key=None, usage=None):
    made = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer or subject)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(START).not_valid_after(START + dt.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()), False))
    if usage:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), False)
    return made.sign(issuer_key or key, hashes.SHA256())


def tsa_certificate(key, issuer, issuer_key):
    return (x509.CertificateBuilder().subject_name(name("tsa")).issuer_name(name(issuer)).public_key(key.public_key()).serial_number(7)
            .not_valid_before(START).not_valid_after(START + dt.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
            .sign(issuer_key, hashes.SHA256()))


class World:
    def __init__(self):
        new = lambda: ec.generate_private_key(ec.SECP256R1())
        self.root_key, self.middle_key, self.ct_key, self.rekor_key, self.tsa_root_key, self.tsa_key = (new() for _ in range(6))
        self.rekor2_key = ed25519.Ed25519PrivateKey.generate()
        self.root = ca("fulcio root", self.root_key)
        self.middle = ca("fulcio", self.middle_key, "fulcio root", self.root_key, ExtendedKeyUsageOID.CODE_SIGNING)
        self.tsa_root = ca("tsa root", self.tsa_root_key)
        self.tsa = tsa_certificate(self.tsa_key, "tsa root", self.tsa_root_key)

    def trusted_root(self, start="2026-01-01T00:00:00Z", end=None):
        valid = {"start": start, **({"end": end} if end else {})}
        log = lambda key, details: {"baseUrl": "https://log.example", "hashAlgorithm": "SHA2_256",
                                    "publicKey": {"rawBytes": b64(spki(key)), "keyDetails": details, "validFor": valid},
                                    "logId": {"keyId": b64(key_id(key))}}
        authority = lambda *chain: {"subject": {"organization": "example", "commonName": "example"}, "uri": "https://ca.example",
                                    "certChain": {"certificates": [{"rawBytes": b64(c.public_bytes(DER))} for c in chain]},
                                    "validFor": valid}
        p256 = "PKIX_ECDSA_P256_SHA_256"
        return {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.rekor_key, p256), log(self.rekor2_key, "PKIX_ED25519")],
                "certificateAuthorities": [authority(self.middle, self.root)], "ctlogs": [log(self.ct_key, p256)],
                "timestampAuthorities": [authority(self.tsa, self.tsa_root)]}

    def leaf(self, key, at, identity=IDENTITY, issuer=ISSUER):
        """A certificate with an embedded timestamp of the certificate log (RFC 6962 section 3.2)."""
        utf8 = lambda text: b"\x0c" + bytes([len(text)]) + text.encode()
        made = (x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(self.middle.subject).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(at).not_valid_after(at + dt.timedelta(minutes=10))
                .add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.middle_key.public_key()), False)
                .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), True)
                .add_extension(x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.57264.1.1"), issuer.encode()), False)
                .add_extension(x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.57264.1.8"), utf8(issuer)), False))
        tbs = made.sign(self.middle_key, hashes.SHA256()).tbs_certificate_bytes
        milliseconds = int(at.timestamp() * 1000)
        entry = key_id(self.middle_key) + struct.pack("!I", len(tbs))[1:] + tbs
        signature = sign(self.ct_key, struct.pack("!BBQH", 0, 0, milliseconds, 1) + entry + b"\0\0")
        sct = b"\0" + key_id(self.ct_key) + struct.pack("!Q", milliseconds) + b"\0\0\4\3" + struct.pack("!H", len(signature)) + signature
        sct = struct.pack("!H", len(sct)) + sct
        sct = struct.pack("!H", len(sct)) + sct
        assert len(sct) < 128
        return made.add_extension(x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), b"\4" + bytes([len(sct)]) + sct),
                                  False).sign(self.middle_key, hashes.SHA256())

    def timestamp(self, signature, *wishes):
        """RFC 3161, dated by this machine's clock: openssl knows no other."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "data").write_bytes(signature)
            (path / "tsa.pem").write_bytes(self.tsa.public_bytes(serialization.Encoding.PEM))
            (path / "tsa.key").write_bytes(self.tsa_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
            (path / "ts.cnf").write_text(
                f"[tsa]\ndefault_tsa = one\n[one]\nserial = {path}/serial\nsigner_cert = {path}/tsa.pem\nsigner_key = {path}/tsa.key\n"
                "signer_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\nordering = no\ntsa_name = no\n"
                "ess_cert_id_chain = no\ness_cert_id_alg = sha256\n")
            run = lambda *args: subprocess.run(["openssl", "ts", *args], check=True, capture_output=True, cwd=folder)
            run("-query", "-data", "data", "-sha256", *(wishes or ["-cert"]), "-out", "q")
            run("-reply", "-config", "ts.cnf", "-queryfile", "q", "-out", "r")
            return (path / "r").read_bytes()

    def proof(self, body, key, origin):
        """The last of three leaves."""
        node = lambda left, right: hashlib.sha256(b"\1" + left + right).digest()
        others = [hashlib.sha256(b"\0" + other).digest() for other in (b"one", b"two")]
        left, leaf = node(*others), hashlib.sha256(b"\0" + body).digest()
        root = node(left, leaf)
        text = f"{origin}\n3\n{b64(root)}\n"
        witness = "\u2014 witness.example " + b64(b"\1\2\3\4" + bytes(64)) + "\n"
        note = f"{text}\n{witness}\u2014 {origin} {b64(key_id(key)[:4] + sign(key, text.encode()))}\n"
        return {"logIndex": "2", "rootHash": b64(root), "treeSize": "3", "hashes": [b64(left)], "checkpoint": {"envelope": note}}

    def entry(self, kind, version, spec, at=None):
        body = json.dumps({"apiVersion": version, "kind": kind, "spec": spec}, separators=(",", ":"), sort_keys=True).encode()
        key = self.rekor_key if at else self.rekor2_key
        out = {"logIndex": "102", "logId": {"keyId": b64(key_id(key))}, "kindVersion": {"kind": kind, "version": version},
               "inclusionProof": self.proof(body, key, "log.example"), "canonicalizedBody": b64(body)}
        if at:
            seconds = int(at.timestamp())
            promised = json.dumps({"body": b64(body), "integratedTime": seconds, "logID": key_id(key).hex(), "logIndex": 102},
                                  separators=(",", ":"), sort_keys=True)
            out.update(integratedTime=str(seconds), inclusionPromise={"signedEntryTimestamp": b64(sign(key, promised.encode()))})
        return out


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def main(folder):
    out = pathlib.Path(folder)
    world = World()
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = world.leaf(key, now - dt.timedelta(minutes=1))
    artifact = b"weights\n"
    digest = hashlib.sha256(artifact).digest()
    signature = sign(key, artifact)
    statement = json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "a", "digest": {"sha256": digest.hex()}}],
                            "predicateType": "https://example.com/test", "predicate": {}}).encode()
    pae = b"DSSEv1 28 application/vnd.in-toto+json %d " % len(statement) + statement
    dsse_signature = sign(key, pae)
    envelope = {"payload": b64(statement), "payloadType": "application/vnd.in-toto+json", "signatures": [{"sig": b64(dsse_signature)}]}
    v2_verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": b64(leaf.public_bytes(DER))}}

    def hashedrekord(raw_digest, raw_signature, signer):
        return {"data": {"hash": {"algorithm": "sha256", "value": raw_digest.hex()}},
                "signature": {"content": b64(raw_signature), "publicKey": {"content": b64(signer)}}}

    def hashedrekord2(raw_digest, raw_signature):
        return {"hashedRekordV002": {"data": {"algorithm": "SHA2_256", "digest": b64(raw_digest)},
                                     "signature": {"content": b64(raw_signature), "verifier": v2_verifier}}}

    message = {"messageSignature": {"messageDigest": {"algorithm": "SHA2_256", "digest": b64(digest)}, "signature": b64(signature)}}
    certified = {"certificate": {"rawBytes": b64(leaf.public_bytes(DER))}}
    chained = {"x509CertificateChain": {"certificates": [{"rawBytes": b64(leaf.public_bytes(DER))}]}}
    v3, v1 = "application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.1"
    stamp = lambda raw: {"timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": b64(world.timestamp(raw))}]}}

    def bundle(media, material, entry, content):
        return {"mediaType": media, "verificationMaterial": {**material, "tlogEntries": [entry]}, **content}

    public_pem = key.public_key().public_bytes(serialization.Encoding.PEM, SPKI)
    v1_dsse = {"envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"?").hexdigest()},
               "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(statement).hexdigest()},
               "signatures": [{"signature": b64(dsse_signature), "verifier": b64(pem(leaf))}]}
    v2_dsse = {"dsseV002": {"payloadHash": {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(statement).digest())},
                            "signatures": [{"content": b64(dsse_signature), "verifier": v2_verifier}]}}
    made = {
        "message_v1": bundle(v3, certified, world.entry("hashedrekord", "0.0.1", hashedrekord(digest, signature, pem(leaf)), now), message),
        "message_v0_1": bundle(v1, chained, world.entry("hashedrekord", "0.0.1", hashedrekord(digest, signature, pem(leaf)), now), message),
        "message_v2": bundle(v3, {**certified, **stamp(signature)},
                             world.entry("hashedrekord", "0.0.2", hashedrekord2(digest, signature)), message),
        "dsse_v1": bundle(v3, certified, world.entry("dsse", "0.0.1", v1_dsse, now), {"dsseEnvelope": envelope}),
        "dsse_v2": bundle(v3, {**certified, **stamp(dsse_signature)}, world.entry("dsse", "0.0.2", v2_dsse), {"dsseEnvelope": envelope}),
        "dsse_hashedrekord_v2": bundle(v3, {**certified, **stamp(dsse_signature)},
                                       world.entry("hashedrekord", "0.0.2", hashedrekord2(hashlib.sha256(pae).digest(), dsse_signature)),
                                       {"dsseEnvelope": envelope}),
        "managed_key": bundle(v3, {"publicKey": {"hint": "any"}},
                              world.entry("hashedrekord", "0.0.1", hashedrekord(digest, signature, public_pem), now), message),
    }
    for what, content in made.items():
        (out / f"{what}.sigstore.json").write_text(json.dumps(content))
    root = world.trusted_root()
    (out / "trusted_root.json").write_text(json.dumps(root))
    (out / "artifact").write_bytes(artifact)
    (out / "chained_timestamp.json").write_text(json.dumps(chained_timestamp(), indent=1) + "\n")
    (out / "key.pub").write_bytes(public_pem)
    other_digests(out / "digests")

    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity
    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(out / "trusted_root.json")))
    for what in made:
        if what in ("managed_key", "dsse_v2"):
            continue  # not known to sigstore-python
        read = Bundle.from_json((out / f"{what}.sigstore.json").read_text())
        if "dsse" in what:
            verifier.verify_dsse(read, Identity(identity=IDENTITY, issuer=ISSUER))
        else:
            verifier.verify_artifact(artifact, read, Identity(identity=IDENTITY, issuer=ISSUER))
        print("sigstore-python agrees:", what)


def other_digests(out):
    """Messages that keys of larger curves signed by the digests of these, a statement about an artifact by SHA-512 alone, as npm's
    provenance is, and one by SHA-384: under a root of their own."""
    out.mkdir(exist_ok=True)
    world, artifact = World(), b"weights\n"
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    (out / "trusted_root.json").write_text(json.dumps(world.trusted_root()))

    def keep(what, entry, content, leaf, raw_signature):
        stamp = {"rfc3161Timestamps": [{"signedTimestamp": b64(world.timestamp(raw_signature))}]}
        (out / f"{what}.sigstore.json").write_text(json.dumps({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"certificate": {"rawBytes": b64(leaf.public_bytes(DER))}, "tlogEntries": [entry],
                                     "timestampVerificationData": stamp}, **content}))

    for what, curve, algorithm, v1_name, v2_name, details in (
            ("p384", ec.SECP384R1(), hashes.SHA384(), "sha384", "SHA2_384", "PKIX_ECDSA_P384_SHA_384"),
            ("p521", ec.SECP521R1(), hashes.SHA512(), "sha512", "SHA2_512", "PKIX_ECDSA_P521_SHA_512")):
        key = ec.generate_private_key(curve)
        leaf, signature = world.leaf(key, now - dt.timedelta(minutes=1)), sign(key, artifact, algorithm)
        digest = hashlib.new(v1_name, artifact).digest()
        content = {"messageSignature": {"messageDigest": {"algorithm": v2_name, "digest": b64(digest)}, "signature": b64(signature)}}
        v1 = {"data": {"hash": {"algorithm": v1_name, "value": digest.hex()}},
              "signature": {"content": b64(signature), "publicKey": {"content": b64(pem(leaf))}}}
        v2 = {"hashedRekordV002": {"data": {"algorithm": v2_name, "digest": b64(digest)},
                                   "signature": {"content": b64(signature), "verifier": {
                                       "keyDetails": details, "x509Certificate": {"rawBytes": b64(leaf.public_bytes(DER))}}}}}
        keep(f"message_{what}_v1", world.entry("hashedrekord", "0.0.1", v1, now), content, leaf, signature)
        keep(f"message_{what}_v2", world.entry("hashedrekord", "0.0.2", v2), content, leaf, signature)

    key = ec.generate_private_key(ec.SECP256R1())
    leaf = world.leaf(key, now - dt.timedelta(minutes=1))
    for named in ("sha384", "sha512"):
        statement = json.dumps({"_type": "https://in-toto.io/Statement/v1",
                                "subject": [{"name": "pkg:npm/a@1", "digest": {named: hashlib.new(named, artifact).hexdigest()}}],
                                "predicateType": "https://slsa.dev/provenance/v1", "predicate": {}}).encode()
        signature = sign(key, b"DSSEv1 28 application/vnd.in-toto+json %d " % len(statement) + statement)
        spec = {"envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"?").hexdigest()},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(statement).hexdigest()},
                "signatures": [{"signature": b64(signature), "verifier": b64(pem(leaf))}]}
        keep(f"subject_{named}", world.entry("dsse", "0.0.1", spec, now),
             {"dsseEnvelope": {"payload": b64(statement), "payloadType": "application/vnd.in-toto+json",
                               "signatures": [{"sig": b64(signature)}]}}, leaf, signature)


def chained_timestamp():
    """A timestamp by an authority with a certificate between its own and its root; the token brings none along."""
    world, middle_key = World(), ec.generate_private_key(ec.SECP256R1())
    middle = ca("tsa middle", middle_key, "tsa root", world.tsa_root_key, ExtendedKeyUsageOID.TIME_STAMPING)
    world.tsa = tsa_certificate(world.tsa_key, "tsa middle", middle_key)
    signature = b"a signature"
    return {"signature": b64(signature), "response": b64(world.timestamp(signature, "-no_nonce")),
            "certificates": [b64(c.public_bytes(DER)) for c in (world.tsa, middle, world.tsa_root)]}


if __name__ == "__main__":
    main(sys.argv[1])
