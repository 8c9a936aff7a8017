# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A stand-in for Supabase's storage: buckets, objects, signed addresses, resumable uploads by the tus protocol 1.0.0. @supabase/storage-js works
with it in test_host_clients.py."""
import base64
import hashlib
import hmac
import json
import time
import urllib.parse

from support import Answer

SERVICE_KEY = "PLANTEDservice"


def said(status, value):
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def failure(status, error, message="x"):
    return said(400, {"statusCode": str(status), "error": error, "message": message})


class Supabase:
    def __init__(self, world):
        self.buckets, self.objects, self.uploads = {}, {}, {}
        self.fail_after = None
        self.parts_taken = 0
        self.server = world.server(self.answer)
        self.url = self.server.url

    def token(self, path, seconds):
        until = str(int(time.time()) + seconds)
        return until + "." + hmac.new(SERVICE_KEY.encode(), (path + until).encode(), hashlib.sha256).hexdigest()

    def token_good(self, path, token):
        until, _, mac = token.partition(".")
        if not until.isdigit() or int(until) < time.time():
            return failure(400, "InvalidJWT", "jwt expired")
        good = hmac.new(SERVICE_KEY.encode(), (path + until).encode(), hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(good, mac) else failure(400, "InvalidSignature")

    def answer(self, seen):
        split = urllib.parse.urlsplit(seen.path)
        path = urllib.parse.unquote(split.path).removeprefix("/storage/v1")
        query = dict(urllib.parse.parse_qsl(split.query))
        owner = seen.header("authorization") == "Bearer " + SERVICE_KEY
        for prefix in ("/object/public/", "/object/info/public/"):
            if path.startswith(prefix):
                bucket, _, key = path.removeprefix(prefix).partition("/")
                if not self.buckets.get(bucket) or (bucket, key) not in self.objects:
                    return failure(404, "not_found", "Object not found")
                return Answer(200, self.objects[bucket, key])
        if path.startswith("/object/sign/") and seen.method == "GET":
            bad = self.token_good(path.removeprefix("/object/sign/"), query.get("token", ""))
            bucket, _, key = path.removeprefix("/object/sign/").partition("/")
            return bad or Answer(200, self.objects[bucket, key])
        if not owner:
            return failure(403, "Unauthorized", "new row violates row-level security policy")
        if path.startswith("/bucket"):
            name = path.removeprefix("/bucket").strip("/")
            if seen.method == "POST":
                asked = json.loads(seen.body)
                self.buckets[asked["id"]] = asked.get("public", False)
                return said(200, {"name": asked["id"]})
            if name not in self.buckets:
                return failure(404, "Bucket not found")
            return said(200, {"id": name, "name": name, "public": self.buckets[name]})
        if path == "/upload/resumable" and seen.method == "POST":
            fields = {k: base64.b64decode(v).decode() for k, v in (f.split(" ") for f in seen.header("upload-metadata").split(","))}
            if fields["bucketName"] not in self.buckets:
                return failure(404, "Bucket not found")
            number = hashlib.sha256(f"{fields}{len(self.uploads)}".encode()).hexdigest()[:16]
            self.uploads[number] = {"place": (fields["bucketName"], fields["objectName"]), "size": int(seen.header("upload-length")), "data": b""}
            return Answer(201, b"", {"Location": f"/storage/v1/upload/resumable/{number}", "Tus-Resumable": "1.0.0"})
        if path.startswith("/upload/resumable/"):
            upload = self.uploads.get(path.rpartition("/")[2])
            if not upload:
                return Answer(404)
            at = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(len(upload["data"])), "Upload-Length": str(upload["size"])}
            if seen.method == "HEAD":
                return Answer(200, b"", at)
            if self.fail_after is not None and self.parts_taken >= self.fail_after:
                return Answer(403)
            if int(seen.header("upload-offset")) != len(upload["data"]):
                return Answer(409, b"", at)
            # Parts of exactly 6 MiB, but for the last.
            if len(seen.body) != 6 << 20 and len(upload["data"]) + len(seen.body) != upload["size"]:
                return Answer(400)
            self.parts_taken += 1
            upload["data"] += seen.body
            if len(upload["data"]) == upload["size"]:
                self.objects[upload["place"]] = upload["data"]
            return Answer(204, b"", dict(at, **{"Upload-Offset": str(len(upload["data"]))}))
        if path.startswith("/object/sign/") and seen.method == "POST":
            place = path.removeprefix("/object/sign/")
            if tuple(place.split("/", 1)) not in self.objects:
                return failure(404, "not_found", "Object not found")
            return said(200, {"signedURL": f"/object/sign/{urllib.parse.quote(place)}?token={self.token(place, json.loads(seen.body)['expiresIn'])}"})
        if path.startswith("/object/"):
            place = tuple(path.removeprefix("/object/").removeprefix("authenticated/").split("/", 1))
            if seen.method in ("POST", "PUT"):
                if place[0] not in self.buckets:
                    return failure(404, "Bucket not found")
                if place in self.objects and seen.method == "POST" and seen.header("x-upsert") != "true":
                    return failure(409, "Duplicate")
                body = seen.body
                if seen.header("content-type").startswith("multipart/form-data"):  # as browsers send it
                    import email
                    parts = email.message_from_bytes(b"Content-Type: " + seen.header("content-type").encode() + b"\r\n\r\n" + body).get_payload()
                    body = next(p.get_payload(decode=True) for p in parts if p.get_filename() is not None or 'name=""' in str(p["content-disposition"]))
                self.objects[place] = body
                return said(200, {"Key": "/".join(place), "Id": "1"})
            if place not in self.objects:
                return failure(404, "not_found", "Object not found")
            return Answer(200, self.objects[place])
        return Answer(404)
