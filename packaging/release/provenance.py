#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""provenance.py --revision COMMIT [--source NAME] [--key PEM --key-id ID] --out FILE FILE …: what was built, from which sources, how.

An in-toto Statement 1 with the predicate SLSA Provenance 1; with --key in a DSSE envelope signed by that Ed25519 key, one JSON line either way.
The same inputs and SOURCE_DATE_EPOCH give the same bytes. It is the builder's own word: no build service vouches for it (SLSA level 1)."""
import argparse
import base64
import datetime
import hashlib
import json
import os
import pathlib

from tuf_repository import canonical, sign

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--revision", required=True)
    parser.add_argument("--source", default="modelsec")
    parser.add_argument("--libraries", type=pathlib.Path, help="lines of NAME VERSION: the source packages that were linked in")
    parser.add_argument("--key", type=pathlib.Path)
    parser.add_argument("--key-id", default="")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()

    dependencies = [{"uri": f"git+{arguments.source}", "digest": {"gitCommit": arguments.revision}}]
    if arguments.libraries and arguments.libraries.exists():
        lines = [line.split() for line in arguments.libraries.read_text().splitlines()]
        dependencies += [{"uri": f"pkg:deb/debian/{name}@{version}?arch=source"} for name, version in lines]
    when = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": path.name, "digest": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}} for path in sorted(arguments.files)],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {"buildType": "urn:modelsec:build:dev-package:1", "externalParameters": {"command": "./dev package release"},
                                "resolvedDependencies": dependencies},
            "runDetails": {"builder": {"id": "urn:modelsec:builder:maintainer"}, "metadata": {"startedOn": when}},
        },
    }
    payload = canonical(statement)
    if arguments.key is None:
        arguments.out.write_bytes(payload + b"\n")
        return
    # DSSE 1.0: the signature is over the type and the payload, with their lengths.
    message = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    envelope = {"payloadType": PAYLOAD_TYPE, "payload": base64.b64encode(payload).decode(),
                "signatures": [{"keyid": arguments.key_id, "sig": base64.b64encode(sign(arguments.key, message)).decode()}]}
    arguments.out.write_bytes(canonical(envelope) + b"\n")


if __name__ == "__main__":
    main()
