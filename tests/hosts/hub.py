# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A stand-in for the Hugging Face Hub, as far as downloads by commit go. The Hub's own clients download from it in test_hub_clients.py:
what they accept is what it does."""
import hashlib
import json
import urllib.parse

from support import COMMIT, Answer


class Hub:
    """Repositories {"org/repo": {path: bytes}}; `private` and `gated` ones want one of `tokens` (gated ones only those in `granted`).
    Large files redirect to a content host elsewhere by a signed address, as the real one does."""

    def __init__(self, world, repositories, private=(), gated=(), tokens=(), granted=()):
        self.repositories, self.private, self.gated = repositories, set(private), set(gated)
        self.tokens, self.granted = set(tokens), set(granted)
        self.cdn_tokens_seen = []
        self.cdn = world.server(self.content, address="127.0.0.2")
        self.server = world.server(self.answer)
        self.url = self.server.url

    @staticmethod
    def error(status, code):
        return Answer(status, json.dumps({"error": code}).encode(), {"X-Error-Code": code, "X-Error-Message": code, "Content-Type": "application/json"})

    def content(self, seen):
        name = urllib.parse.urlsplit(seen.path).path.removeprefix("/")
        if seen.header("authorization"):
            self.cdn_tokens_seen.append(seen.header("authorization"))
            return Answer(400, b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>")
        for files in self.repositories.values():
            for content in files.values():
                if hashlib.sha256(content).hexdigest() == name:
                    return Answer(200, content, {"ETag": f'"{name}"'})
        return Answer(404)

    def answer(self, seen):
        path = urllib.parse.unquote(urllib.parse.urlsplit(seen.path).path)
        api = path.startswith("/api/models/")
        parts = path.removeprefix("/api/models/").strip("/").split("/")
        repository = "/".join(parts[:2])
        token = seen.header("authorization").removeprefix("Bearer ")
        files = self.repositories.get(repository)
        known = token in self.tokens
        if files is None or (repository in self.private and not known):
            return self.error(404 if known else 401, "RepoNotFound")
        if api:
            listing = {"id": repository, "modelId": repository, "sha": COMMIT, "private": repository in self.private,
                       "siblings": [{"rfilename": name} for name in files]}
            return Answer(200, json.dumps(listing).encode(), {"Content-Type": "application/json"})
        if len(parts) < 5 or parts[2] != "resolve":
            return Answer(404)
        if repository in self.gated and token not in self.granted:
            return self.error(401 if not known else 403, "GatedRepo")
        if parts[3] != COMMIT:
            return self.error(404, "RevisionNotFound")
        content = files.get("/".join(parts[4:]))
        if content is None:
            return self.error(404, "EntryNotFound")
        digest = hashlib.sha256(content).hexdigest()
        headers = {"X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if len(content) < 1000:  # not in LFS
            return Answer(200, content, dict(headers, ETag=f'"{hashlib.sha1(content).hexdigest()}"'))
        headers.update({"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{digest}"', "ETag": f'"{digest}"',
                        "Location": f"{self.cdn.url}/{digest}?X-Amz-Signature=PLANTED"})
        return Answer(302, b"", headers)
