#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""tuf_repository.py --root ROOT --key PEM --version N --days DAYS --out FOLDER FILE …: the files of a release as targets of a TUF repository.

ROOT is what `modelsec root init` made and signed; PEM the private Ed25519 key of its targets, snapshot and timestamp roles. Writes
FOLDER/metadata (N.root.json, N.targets.json, N.snapshot.json, timestamp.json) and FOLDER/targets (consistent snapshots: TUF 1.0, 6.2).
Versions only grow: N is that of the release before and one more (TUF 5.4.3, 5.5.5). Times follow SOURCE_DATE_EPOCH if it is set."""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time


def canonical(value):
    """TUF 4.2: canonical JSON. All of it is ASCII here, where sorted members without spaces are just that."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], check=True, input=data, capture_output=True).stdout


def sign(key, data):
    with tempfile.NamedTemporaryFile() as message:  # openssl wants Ed25519's message as a file
        message.write(data)
        message.flush()
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", message.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", required=True, type=pathlib.Path)
    parser.add_argument("--key", required=True, type=pathlib.Path)
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()

    root = json.loads(arguments.root.read_bytes())["signed"]
    public = openssl("pkey", "-in", str(arguments.key), "-pubout", "-outform", "DER")[-32:].hex()
    ids = [identity for identity, key in root["keys"].items() if key["keytype"] == "ed25519" and key["keyval"]["public"] == public]
    for role in ("targets", "snapshot", "timestamp"):
        if root["roles"][role]["threshold"] != 1 or not set(ids) & set(root["roles"][role]["keyids"]):
            parser.error(f"this key alone cannot sign the role {role} of {arguments.root}")
    if not root["consistent_snapshot"]:
        parser.error(f"{arguments.root} wants no consistent snapshots")
    now = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    expires = datetime.datetime.fromtimestamp(now + arguments.days * 86400, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    metadata, targets = arguments.out / "metadata", arguments.out / "targets"
    metadata.mkdir(parents=True, exist_ok=True)
    targets.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(arguments.root, metadata / f"{root['version']}.root.json")

    def write(name, role, members):
        signed = {"_type": role, "spec_version": "1.0.31", "version": arguments.version, "expires": expires, **members}
        document = {"signatures": [{"keyid": ids[0], "sig": sign(arguments.key, canonical(signed)).hex()}], "signed": signed}
        data = canonical(document) + b"\n"
        new = metadata / (name + ".new")  # whoever looks meanwhile sees the old one or the new one
        new.write_bytes(data)
        new.replace(metadata / name)
        return {"version": arguments.version, "length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}

    listed = {}
    for path in sorted(arguments.files):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copyfile(path, targets / f"{digest}.{path.name}")
        listed[path.name] = {"length": path.stat().st_size, "hashes": {"sha256": digest}}
    # In this order: clients that come meanwhile find what the timestamp tells them of.
    meta = write(f"{arguments.version}.targets.json", "targets", {"targets": listed})
    meta = write(f"{arguments.version}.snapshot.json", "snapshot", {"meta": {"targets.json": meta}})
    write("timestamp.json", "timestamp", {"meta": {"snapshot.json": meta}})


if __name__ == "__main__":
    main()
