# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Models that were signed for everybody: signed, verified and fetched by their signature."""
from __future__ import annotations

import base64
import dataclasses
import json
import pathlib
import subprocess

import pytest

import modelsec
from modelsec import Client, ModelSignature, ModelSigner, Source
from origin import Origin

VECTORS = pathlib.Path(__file__).parents[3] / "tests" / "vectors" / "signed-model"
FILES = {"config.json": b'{"a": 1}\n', "weights/part-1.bin": b"1" * 300_000}


@pytest.fixture
def model(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, content in FILES.items():
        path = tmp_path / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "model"


def new_key(folder: pathlib.Path, name: str = "key") -> tuple[str, str]:
    """Private and public half, in PEM."""
    private = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], check=True,
                             capture_output=True).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=private, check=True, capture_output=True).stdout
    return private.decode(), public.decode()


def test_what_was_signed_is_verified_and_what_was_changed_is_not(model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    private, public = new_key(tmp_path)
    bundle = modelsec.sign_model(model, private, ignored=["model.sig"])
    (model / "model.sig").write_bytes(bundle)
    report = modelsec.verify_model(bundle, model, ModelSigner(keys=[public]))
    assert (report.files, report.bytes, report.model_name) == (2, 300_009, "model")
    assert (report.identity, report.trusted_time) == ("", "")
    other = new_key(tmp_path)[1]
    with pytest.raises(modelsec.SignatureError):
        modelsec.verify_model(bundle, model, ModelSigner(keys=[other]))
    assert modelsec.verify_model(bundle, model, ModelSigner(keys=[other, public])).files == 2
    (model / "more.txt").write_text("x")
    with pytest.raises(modelsec.DigestError) as caught:
        modelsec.verify_model(bundle, model, ModelSigner(keys=[public]))
    assert caught.value.reason == "file_unsigned"
    for way in ("more.txt", "./more.txt", "more.txt/", str(model / "more.txt")):
        assert modelsec.verify_model(bundle, model, ModelSigner(keys=[public]), ignored=[way]).files == 2
    with pytest.raises(modelsec.DigestError):
        modelsec.verify_model(bundle, model, ModelSigner(keys=[public]), ignored=[str(tmp_path / "more.txt")])
    assert modelsec.verify_model(bundle, model, ModelSigner(keys=[public]), ignore_unsigned=True).files == 2
    (model / "config.json").write_bytes(b'{"a": 2}\n')
    with pytest.raises(modelsec.DigestError):
        modelsec.verify_model(bundle, model, ModelSigner(keys=[public]), ignore_unsigned=True)
    with pytest.raises(modelsec.MalformedError):
        modelsec.verify_model(b"{}", model, ModelSigner(keys=[public]))
    with pytest.raises(modelsec.UsageError):
        modelsec.verify_model(bundle, model, ModelSigner())
    with pytest.raises(modelsec.UsageError):
        modelsec.verify_model(bundle, model, ModelSigner(keys=[public], authorities="x"))
    with pytest.raises(modelsec.UsageError):
        modelsec.sign_model(model, public)


def test_a_certificate_is_verified_by_its_ca_and_by_no_other(model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=tmp_path)

    (tmp_path / "leaf.ext").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("root", "stranger"):
        openssl("req", "-x509", *curve, "-keyout", f"{name}.pem", "-out", f"{name}.crt", "-subj", f"/CN={name}", "-days", "30")
    openssl("req", *curve, "-keyout", "leaf.pem", "-out", "leaf.csr", "-subj", "/CN=leaf")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "root.crt", "-CAkey", "root.pem", "-CAcreateserial", "-days", "30",
            "-extfile", "leaf.ext", "-out", "leaf.crt")
    text = {name: (tmp_path / name).read_text() for name in ("leaf.pem", "leaf.crt", "root.crt", "stranger.crt")}
    bundle = modelsec.sign_model(model, text["leaf.pem"], certificates=text["leaf.crt"])
    assert modelsec.verify_model(bundle, model, ModelSigner(authorities=text["root.crt"])).files == 2
    both = text["stranger.crt"] + text["root.crt"]
    assert modelsec.verify_model(bundle, model, ModelSigner(authorities=both)).files == 2
    with pytest.raises(modelsec.SignatureError) as caught:
        modelsec.verify_model(bundle, model, ModelSigner(authorities=text["stranger.crt"]))
    assert caught.value.reason == "chain_invalid"
    with pytest.raises(modelsec.UsageError) as unanchored:
        modelsec.verify_model(bundle, model, ModelSigner(authorities=text["leaf.crt"]))
    assert unanchored.value.reason == "no_trust_anchor"
    with pytest.raises(modelsec.UsageError):
        modelsec.sign_model(model, text["leaf.pem"], certificates=text["root.crt"])  # for another key


def test_an_identity_is_verified_offline(model: pathlib.Path) -> None:
    (model / "empty.txt").touch()
    root = (VECTORS / "trusted_root.json").read_bytes()
    identity, issuer = "https://ci.example/model.yml@refs/heads/main", "https://token.example"
    bundle = (VECTORS / "a_1.json").read_bytes()
    report = modelsec.verify_model(bundle, model, ModelSigner(identities=[(identity, issuer)], trusted_root=root))
    assert (report.identity, report.issuer, report.trusted_time) == (identity, issuer, "2026-02-01T12:00:00Z")
    with pytest.raises(modelsec.SignatureError) as caught:
        modelsec.verify_model(bundle, model, ModelSigner(identities=[(identity, "https://other.example")], trusted_root=root))
    assert caught.value.reason == "identity_mismatch"
    with pytest.raises(modelsec.UsageError):
        modelsec.verify_model(bundle, model, ModelSigner(identities=[(identity, issuer)]))
    for pattern, by in [("https://ci.example/*@refs/heads/main", issuer), (identity, issuer)]:
        report = modelsec.verify_model(bundle, model, ModelSigner(identity_patterns=[(pattern, by)], trusted_root=root))
        assert report.identity == identity
    other = ("https://ci.example/*@refs/tags/*", issuer)
    for signer in [ModelSigner(identity_patterns=[other], trusted_root=root), ModelSigner(identities=[("*", issuer)], trusted_root=root),
                   ModelSigner(identity_patterns=[("*", "https://*.example")], trusted_root=root)]:
        with pytest.raises(modelsec.SignatureError) as caught:
            modelsec.verify_model(bundle, model, signer)
        assert caught.value.reason == "identity_mismatch"
    both = ModelSigner(identities=[(identity, issuer)], identity_patterns=[other], trusted_root=root)
    assert modelsec.verify_model(bundle, model, both).identity == identity
    with pytest.raises(modelsec.UsageError):
        modelsec.verify_model(bundle, model, ModelSigner(identity_patterns=[other]))


def test_a_signature_takes_the_place_of_a_manifest(origin: Origin, client: Client, model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    private, public = new_key(tmp_path)
    bundle = modelsec.sign_model(model, private)
    for name in FILES:
        origin.order("serve", path=f"/files/{name}", file=str(model / name))
    (tmp_path / "model.sig").write_bytes(bundle)
    signature = ModelSignature(ModelSigner(keys=[public]), [origin.about["base_url"] + "/files/"])
    source = Source(manifest_file=tmp_path / "model.sig", signature=signature)
    result = client.fetch("demo", source)
    payload = json.loads(base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"]))
    assert result.version == payload["subject"][0]["digest"]["sha256"][:16]
    for name, content in FILES.items():
        assert (pathlib.Path(result.path) / name).read_bytes() == content
    assert client.fetch("demo", source).already_active
    with pytest.raises(modelsec.RollbackError) as caught:
        client.fetch("demo", Source(manifest_file=tmp_path / "model.sig", signature=signature, require_order=True))
    assert caught.value.reason == "unordered"
    with pytest.raises(modelsec.ExpiredError):
        client.fetch("demo", Source(manifest_file=tmp_path / "model.sig", signature=ModelSignature(
            ModelSigner(keys=[public]), [origin.about["base_url"] + "/files/"], max_age=60)))
    for age in (0, -1, -0.5, float("nan")):  # the library's 0 is any age
        with pytest.raises(ValueError, match="max_age"):
            client.fetch("demo", Source(manifest_file=tmp_path / "model.sig", signature=dataclasses.replace(signature, max_age=age)))
    with pytest.raises(modelsec.ExpiredError):
        client.fetch("demo", Source(manifest_file=tmp_path / "model.sig", signature=dataclasses.replace(signature, max_age=0.25)))
    with pytest.raises(modelsec.SignatureError):
        client.fetch("demo", Source(manifest_file=tmp_path / "model.sig", signature=ModelSignature(
            ModelSigner(keys=[new_key(tmp_path)[1]]), [origin.about["base_url"] + "/files/"])))
    with pytest.raises(ValueError):
        client.fetch("demo", Source(manifest_file=tmp_path / "model.sig", signature=signature, pins={"k": "x"}))
    with Client(tmp_path / "small", ca_file=origin.ca, max_model_bytes=300_000) as small:
        with pytest.raises(modelsec.PolicyError) as large:
            small.fetch("demo", source)
        assert large.value.reason == "model_too_large"
