#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""sbom.py --out FOLDER [FILE …]: what modelsec is made of, as SPDX 2.3 and CycloneDX 1.5 (modelsec-VERSION.spdx.json, .cdx.json). Versions are
those of the libraries this machine builds with, by pkg-config; FILEs (a release's binaries and archives) are listed with their digests.
The same inputs and SOURCE_DATE_EPOCH give the same bytes."""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import uuid

TREE = pathlib.Path(__file__).resolve().parents[2]
# name, pkg-config's name (None: a header says it), licence, how it is used
LIBRARIES = [("boost", None, "BSL-1.0", "headers, compiled in"), ("openssl", "openssl", "Apache-2.0", "linked"),
             ("libsodium", "libsodium", "ISC", "linked"), ("simdjson", "simdjson", "Apache-2.0 OR MIT", "linked"),
             ("utf8proc", "libutf8proc", "MIT", "linked"), ("zlib", "zlib", "Zlib", "linked")]


def version_of(module):
    if module is not None:
        return subprocess.run(["pkg-config", "--modversion", module], check=True, capture_output=True, text=True).stdout.strip()
    header = subprocess.run(["c++", "-E", "-dM", "-x", "c++", "-include", "boost/version.hpp", "/dev/null"], check=True, capture_output=True, text=True).stdout
    return re.search(r'define BOOST_LIB_VERSION "([0-9_]+)"', header).group(1).replace("_", ".")


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    version = re.search(r'define MODELSEC_VERSION_STRING "([0-9.]+)"', (TREE / "include/modelsec/version.hpp").read_text()).group(1)
    made = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [(name, version_of(module), licence, use) for name, module, licence, use in LIBRARIES]
    files = sorted((path.name, sha256(path)) for path in arguments.files)
    # An identity that follows from the content, as both formats ask for a unique one.
    identity = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version, made, parts, files]))

    packages = [{"SPDXID": "SPDXRef-modelsec", "name": "modelsec", "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                 "licenseConcluded": "BSL-1.0", "licenseDeclared": "BSL-1.0", "copyrightText": "Copyright (c) 2026 the modelsec authors"}]
    packages += [{"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": v, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
                  "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION", "comment": use} for name, v, licence, use in parts]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-modelsec"}]
    relations += [{"spdxElementId": "SPDXRef-modelsec", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": f"SPDXRef-{name}"} for name, *_ in parts]
    spdx_files = [{"SPDXID": f"SPDXRef-File-{i}", "fileName": f"./{name}", "licenseConcluded": "BSL-1.0", "copyrightText": "NOASSERTION",
                   "checksums": [{"algorithm": "SHA256", "checksumValue": digest}]} for i, (name, digest) in enumerate(files)]
    relations += [{"spdxElementId": "SPDXRef-modelsec", "relationshipType": "GENERATES", "relatedSpdxElement": f["SPDXID"]} for f in spdx_files]
    spdx = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"modelsec-{version}",
            "documentNamespace": f"urn:uuid:{identity}", "creationInfo": {"created": made, "creators": ["Tool: modelsec-sbom"]},
            "packages": packages, "files": spdx_files, "relationships": relations}

    licence_of = lambda text: [{"expression": text}] if " " in text else [{"license": {"id": text}}]  # noqa: E731
    components = [{"type": "library", "bom-ref": f"{name}@{v}", "name": name, "version": v, "licenses": licence_of(licence), "scope": "required"}
                  for name, v, licence, _ in parts]
    components += [{"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]} for name, digest in files]
    cyclone = {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{identity}", "version": 1,
               "metadata": {"timestamp": made, "component": {"type": "library", "bom-ref": f"modelsec@{version}", "name": "modelsec",
                                                              "version": version, "licenses": licence_of("BSL-1.0")}},
               "components": components,
               "dependencies": [{"ref": f"modelsec@{version}", "dependsOn": [f"{name}@{v}" for name, v, *_ in parts]}]}

    arguments.out.mkdir(parents=True, exist_ok=True)
    for ending, document in (("spdx", spdx), ("cdx", cyclone)):
        (arguments.out / f"modelsec-{version}.{ending}.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
