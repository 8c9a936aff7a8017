# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A stand-in for the Hugging Face Hub: downloads by commit; repositories, uploads by Git LFS and commits. The Hub's own clients download from it in test_host_clients.py:
what they accept is what it does."""
import base64
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
        self.objects = {}       # of LFS, by digest
        self.created = []       # bodies of repos/create
        self.commits = {}       # number: (repository, {path: bytes})
        self.multipart = False  # whether large objects are taken in parts
        self.parts = {}
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
        if seen.method == "PUT":
            digest, _, part = name.partition("/")
            if part:
                self.parts.setdefault(digest, {})[int(part)] = seen.body
                return Answer(200, b"", {"ETag": f'"{hashlib.md5(seen.body).hexdigest()}"'})
            if hashlib.sha256(seen.body).hexdigest() != digest:
                return Answer(400)
            self.objects[digest] = seen.body
            return Answer(200)
        if name in self.objects:
            return Answer(200, self.objects[name], {"ETag": f'"{name}"'})
        for files in self.repositories.values():
            for content in files.values():
                if hashlib.sha256(content).hexdigest() == name:
                    return Answer(200, content, {"ETag": f'"{name}"'})
        return Answer(404)

    @staticmethod
    def said(value):
        return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def write(self, seen, path):
        """What changes something, or leads to it; for known tokens alone."""
        if seen.header("authorization").removeprefix("Bearer ") not in self.tokens:
            return Answer(401)
        body = seen.body
        if path == "/api/repos/create":
            asked = json.loads(body)
            self.created.append(asked)
            repository = f"{asked['organization']}/{asked['name']}"
            if repository in self.repositories:
                return Answer(409, b'{"error":"You already created this model repo"}', {"Content-Type": "application/json"})
            self.repositories[repository] = {}
            if asked.get("private") or asked.get("visibility") == "private":
                self.private.add(repository)
            return self.said({"url": f"{self.url}/{repository}", "id": repository, "name": repository})
        if path.endswith(".git/info/lfs/objects/batch"):
            out = []
            for wanted in json.loads(body)["objects"]:
                one = dict(wanted)
                if wanted["oid"] not in self.objects:
                    upload = {"href": f"{self.cdn.url}/{wanted['oid']}?X-Amz-Signature=PLANTED"}
                    if self.multipart and wanted["size"] > 1_000_000:
                        count = -(-wanted["size"] // 1_000_000)
                        upload = {"href": f"{self.url}/complete/{wanted['oid']}",
                                  "header": dict({f"{n + 1:05}": f"{self.cdn.url}/{wanted['oid']}/{n + 1}?X-Amz-Signature=PLANTED" for n in range(count)}, chunk_size="1000000")}
                    one["actions"] = {"upload": upload, "verify": {"href": f"{self.url}/{path.strip('/').removesuffix('.git/info/lfs/objects/batch')}.git/info/lfs/verify"}}
                out.append(one)
            return Answer(200, json.dumps({"transfer": "multipart" if self.multipart else "basic", "objects": out}).encode(), {"Content-Type": "application/vnd.git-lfs+json"})
        if path.endswith("/info/lfs/verify"):
            return Answer(200 if json.loads(body)["oid"] in self.objects else 404)
        parts = path.removeprefix("/api/models/").split("/")
        repository = "/".join(parts[:2])
        if repository not in self.repositories:
            return self.error(404, "RepoNotFound")
        if parts[2] == "preupload":
            return self.said({"files": [{"path": f["path"], "uploadMode": "lfs" if f["size"] >= 1000 else "regular", "shouldIgnore": False} for f in json.loads(body)["files"]]})
        if parts[2] == "commit":
            files = dict(self.repositories[repository])
            for line in body.decode().splitlines():
                entry = json.loads(line)
                value = entry["value"]
                if entry["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif entry["key"] == "lfsFile":
                    if value["oid"] not in self.objects:
                        return Answer(400)
                    files[value["path"]] = self.objects[value["oid"]]
            number = hashlib.sha1(body + str(len(self.commits)).encode()).hexdigest()
            self.repositories[repository] = files
            self.commits[number] = (repository, files)
            return self.said({"success": True, "commitOid": number, "commitUrl": f"{self.url}/{repository}/commit/{number}"})
        return Answer(404)

    def answer(self, seen):
        path = urllib.parse.unquote(urllib.parse.urlsplit(seen.path).path)
        if path.startswith("/complete/"):
            digest = path.removeprefix("/complete/")
            got = self.parts.get(digest, {})
            tags = {p["partNumber"]: p["etag"] for p in json.loads(seen.body)["parts"]}
            whole = b"".join(got[n] for n in sorted(got))
            if hashlib.sha256(whole).hexdigest() != digest or any(hashlib.md5(got[n]).hexdigest() != t.strip('"') for n, t in tags.items()):
                return Answer(400)
            self.objects[digest] = whole
            return Answer(200, b"{}", {"Content-Type": "application/json"})
        if seen.method == "POST":
            return self.write(seen, path)
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
        if parts[3] in self.commits and self.commits[parts[3]][0] == repository:
            files = self.commits[parts[3]][1]
        elif parts[3] != COMMIT:
            return self.error(404, "RevisionNotFound")
        content = files.get("/".join(parts[4:]))
        if content is None:
            return self.error(404, "EntryNotFound")
        digest = hashlib.sha256(content).hexdigest()
        headers = {"X-Repo-Commit": parts[3], "Accept-Ranges": "bytes"}
        if len(content) < 1000:  # not in LFS
            return Answer(200, content, dict(headers, ETag=f'"{hashlib.sha1(content).hexdigest()}"'))
        headers.update({"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{digest}"', "ETag": f'"{digest}"',
                        "Location": f"{self.cdn.url}/{digest}?X-Amz-Signature=PLANTED"})
        return Answer(302, b"", headers)
