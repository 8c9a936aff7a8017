# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What a store keeps of the manifest that vouches for a pack. Nothing of this module is API."""
from __future__ import annotations

import base64
import hashlib
import json
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, Optional

_PINNED = re.compile(r"hf://(?:datasets/|spaces/)?([^@\s]+)@([0-9a-f]{40})(?:/|$)")


def _files(document: Any) -> Iterator[list[str]]:
    """The addresses of each file of a manifest."""
    artifacts = document.get("artifacts") if isinstance(document, dict) else None
    for artifact in artifacts if isinstance(artifacts, list) else ():
        if isinstance(artifact, dict):
            files = artifact.get("files")
            for file in files if isinstance(files, list) else [artifact]:
                if isinstance(file, dict):
                    mirrors = file.get("mirrors")
                    yield [a for a in [file.get("url"), *(mirrors if isinstance(mirrors, list) else [])] if isinstance(a, str)]


def _envelope(store: pathlib.Path, model_id: str, sha256: str) -> Optional[bytes]:
    """The envelope that the newest state names for this pack, if its bytes are the ones that were accepted."""
    inner = store / ".modelsec"
    generations = []
    for path in (inner / "state").glob("*.json"):
        name, _, number = path.name[:-len(".json")].rpartition(".")
        if name == model_id and number.isdigit():
            generations.append((int(number), path))
    if not generations:
        return None
    state = json.loads(max(generations)[1].read_bytes())
    for pack in (state.get("active"), state.get("last_good")):
        if pack and pack["artifact"] == sha256:
            data = (inner / "envelopes" / f"{pack['envelope']}.json").read_bytes()
            return data if hashlib.sha256(data).hexdigest() == pack["envelope"] else None
    return None


def commits(store: pathlib.Path, model_id: str, sha256: str, repo_id: str) -> set[str]:
    """The commits of this repository that the manifest of this pack pins each of its files to. None where that cannot be known, or where one
    file lies elsewhere alone."""
    try:
        data = _envelope(store, model_id, sha256)
        document = json.loads(data) if data is not None else None
        if isinstance(document, dict) and isinstance(document.get("payload"), str):
            document = json.loads(base64.b64decode(document["payload"]))
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    found = [pinned(addresses, repo_id) for addresses in _files(document)]
    return set.intersection(*found) if found else set()


def pinned(addresses: Iterable[str], repo_id: str) -> set[str]:
    return {found.group(2) for found in map(_PINNED.match, addresses) if found and found.group(1) == repo_id}
