# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Signed models and Sigstore bundles, in both directions with the Python packages that others sign and verify by: model-signing, sigstore."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import packages
from support import MODELSEC

SOURCE = pathlib.Path(os.environ.get("MODELSEC_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
INTEROP = SOURCE / "tests" / "interop"
SIGSTORE_CLIENT = pathlib.Path(MODELSEC).with_name("sigstore-client")
IDENTITY = ["--certificate-identity", "https://ci.example/model.yml@refs/heads/main", "--certificate-oidc-issuer", "https://token.example"]


def script(world, name, folder, *arguments):
    done = subprocess.run([sys.executable, "-B", str(INTEROP / name), *map(str, arguments)], capture_output=True, text=True,
                          env=dict(world.env(), PYTHONPATH=str(folder)), timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_what_modelsec_signs_model_signing_verifies_and_the_other_way_round(world):
    # model-signing 1.1.1 imports OpenSSL without asking for it.
    said = script(world, "check_model_signing.py", packages.python("model-signing==1.1.1", "pyOpenSSL"), "--inside", MODELSEC)
    good, all_of_them = map(int, re.search(r"(\d+) of (\d+) as expected", said).groups())
    assert good == all_of_them > 100, said


def verify(bundle, artifact, *options):
    """By the trusted root that lies beside the artifact."""
    return subprocess.run([SIGSTORE_CLIENT, "verify-bundle", "--bundle", bundle, *options, "--trusted-root", artifact.parent / "trusted_root.json", artifact],
                          capture_output=True, text=True, timeout=60)


def test_bundles_that_sigstore_verifies_hold_here_and_none_about_another_artifact(world):
    made = world.folder / "bundles"
    made.mkdir()
    said = script(world, "make_sigstore_vectors.py", packages.python("sigstore"), made)
    agreed = re.findall(r"sigstore-python agrees: (\w+)", said)
    assert len(agreed) >= 5, said
    other = shutil.copytree(made, world.folder / "other")
    (other / "artifact").write_bytes(b"another\n")
    for name in agreed:
        bundle = made / f"{name}.sigstore.json"
        assert verify(bundle, made / "artifact", *IDENTITY).returncode == 0, name
        assert verify(bundle, other / "artifact", *IDENTITY).returncode == 1, name
    assert verify(made / "managed_key.sigstore.json", made / "artifact", "--key", made / "key.pub").returncode == 0
    digests = made / "digests"
    (digests / "artifact").write_bytes((made / "artifact").read_bytes())
    bundles = sorted(digests.glob("*.sigstore.json"))
    assert len(bundles) == 6
    for bundle in bundles:
        done = verify(bundle, digests / "artifact", *IDENTITY)
        assert done.returncode == 0, (bundle.name, done.stderr)
