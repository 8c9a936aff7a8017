# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A stand-in for S3 that checks every signature (AWS Signature Version 4, in the header or presigned), keeps multipart uploads, and encrypts by
name. boto3 uploads to it and reads from it in test_host_clients.py: what it accepts is what this does."""
import hashlib
import hmac
import time
import urllib.parse

from support import Answer

KEY_ID, SECRET = "AKIAPLANTEDPLANTED00", "PLANTEDsecret"


def xml(status, text, headers=None):
    return Answer(status, ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode(), dict(headers or {}, **{"Content-Type": "application/xml"}))


def error(status, code):
    return xml(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>")


def signature(secret, scope, to_sign):
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


class Bucket:
    """Buckets of one owner. `public`: keys that anybody may read. `kms`: whether the server knows aws:kms at all."""

    def __init__(self, world, kms=True, public=False):
        self.objects, self.uploads, self.encryption = {}, {}, {}
        self.kms, self.public = kms, public
        self.fail_after = None  # parts, after which the server breaks off
        self.parts_taken = 0
        self.server = world.server(self.answer)
        self.url = self.server.url

    def refused(self, seen):
        """By the canonical request of the specification, written anew here: the client's own code is not asked."""
        split = urllib.parse.urlsplit(seen.path)
        pairs = urllib.parse.parse_qsl(split.query, keep_blank_values=True)
        query = dict(pairs)
        if "X-Amz-Signature" in query:
            given, names = query["X-Amz-Signature"], query["X-Amz-SignedHeaders"]
            credential, stamp = query["X-Amz-Credential"], query["X-Amz-Date"]
            payload = "UNSIGNED-PAYLOAD"
            age = time.time() - time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) + time.timezone
            if age > int(query["X-Amz-Expires"]):
                return xml(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Expires>x</Expires></Error>")
            pairs = [(k, v) for k, v in pairs if k != "X-Amz-Signature"]
        elif seen.header("authorization").startswith("AWS4-HMAC-SHA256 "):
            fields = dict(f.strip().split("=", 1) for f in seen.header("authorization")[len("AWS4-HMAC-SHA256 "):].split(","))
            given, names, credential = fields["Signature"], fields["SignedHeaders"], fields["Credential"]
            stamp, payload = seen.header("x-amz-date"), seen.header("x-amz-content-sha256")
            if abs(time.time() - time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) + time.timezone) > 900:
                return error(403, "RequestTimeTooSkewed")
            if len(payload) == 64 and hashlib.sha256(seen.body).hexdigest() != payload:
                return error(400, "XAmzContentSHA256Mismatch")
            # Whatever of Amazon's own headers is sent must be signed.
            if any(h.startswith("x-amz-") and h not in names.split(";") for h in seen.headers):
                return error(403, "AccessDenied")
        else:
            return error(403, "AccessDenied")
        quote = lambda text: urllib.parse.quote(text, safe="-_.~")
        canonical_query = "&".join(sorted(f"{quote(k)}={quote(v)}" for k, v in pairs))
        headers = "".join(f"{n}:{' '.join(seen.header(n).split())}\n" for n in names.split(";"))
        path = urllib.parse.quote(urllib.parse.unquote(split.path), safe="/-_.~")
        text = "\n".join([seen.method, path, canonical_query, headers, names, payload])
        key_id, _, scope = credential.partition("/")
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(text.encode()).hexdigest()])
        if key_id != KEY_ID:
            return error(403, "InvalidAccessKeyId")
        if not hmac.compare_digest(signature(SECRET, scope, to_sign), given):
            return error(403, "SignatureDoesNotMatch")
        return None

    def saying(self, encryption):
        """How it is encrypted is said of every object and of every part, by the header of the request that gave it."""
        return {"x-amz-server-side-encryption": encryption} if encryption and self.kms else {}

    def answer(self, seen):
        split = urllib.parse.urlsplit(seen.path)
        query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        bucket, _, key = urllib.parse.unquote(split.path).removeprefix("/").partition("/")
        place = (bucket, key)
        anonymous = not seen.header("authorization") and "X-Amz-Signature" not in query
        if not (self.public and anonymous and seen.method in ("GET", "HEAD")):
            refusal = self.refused(seen)
            if refusal:
                return refusal
        wished = seen.header("x-amz-server-side-encryption")
        said = self.saying(wished)
        if seen.method == "POST" and "uploads" in query:
            number = f"id-{len(self.uploads) + 1}"
            self.uploads[number] = {"place": place, "parts": {}, "encryption": wished}
            return xml(200, f"<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{key}</Key><UploadId>{number}</UploadId></InitiateMultipartUploadResult>", said)
        if seen.method == "GET" and "uploads" in query:
            rows = "".join(f"<Upload><Key>{u['place'][1]}</Key><UploadId>{n}</UploadId></Upload>" for n, u in self.uploads.items()
                           if u["place"][0] == bucket and u["place"][1].startswith(query.get("prefix", "")))
            return xml(200, f"<ListMultipartUploadsResult><Bucket>{bucket}</Bucket>{rows}<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
        if "uploadId" in query:
            upload = self.uploads.get(query["uploadId"])
            if not upload or upload["place"] != place:
                return error(404, "NoSuchUpload")
            if seen.method == "PUT":
                if self.fail_after is not None and self.parts_taken >= self.fail_after:
                    return error(403, "AccessDenied")
                self.parts_taken += 1
                tag = '"' + hashlib.md5(seen.body).hexdigest() + '"'
                upload["parts"][int(query["partNumber"])] = (tag, seen.body)
                return Answer(200, b"", dict(self.saying(upload["encryption"]), ETag=tag))
            if seen.method == "GET":
                after = int(query.get("part-number-marker", 0))
                numbers = sorted(n for n in upload["parts"] if n > after)[:2]
                more = any(n > (numbers or [after])[-1] for n in upload["parts"])
                rows = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{upload['parts'][n][0].replace(chr(34), '&quot;')}</ETag><Size>{len(upload['parts'][n][1])}</Size></Part>"
                               for n in numbers)
                return xml(200, f"<ListPartsResult>{rows}<NextPartNumberMarker>{(numbers or [after])[-1]}</NextPartNumberMarker><IsTruncated>{'true' if more else 'false'}</IsTruncated></ListPartsResult>")
            if seen.method == "POST":
                import re
                asked = re.findall(r"<Part>(.*?)</Part>", seen.body.decode(), re.S)
                whole = b""
                for one in asked:
                    number = int(re.search(r"<PartNumber>(\d+)", one)[1])
                    tag = re.search(r"<ETag>(.*?)</ETag>", one)[1].replace("&quot;", '"').strip('"')
                    if upload["parts"].get(number, ("",))[0].strip('"') != tag:
                        return xml(200, "<Error><Code>InvalidPart</Code></Error>")
                    whole += upload["parts"][number][1]
                self.objects[place], self.encryption[place] = whole, upload["encryption"]
                del self.uploads[query["uploadId"]]
                return xml(200, f"<CompleteMultipartUploadResult><Key>{key}</Key><ETag>&quot;x-{len(asked)}&quot;</ETag></CompleteMultipartUploadResult>",
                           self.saying(upload["encryption"]))
        if seen.method == "PUT":
            self.objects[place], self.encryption[place] = seen.body, wished
            return Answer(200, b"", dict(said, ETag='"' + hashlib.md5(seen.body).hexdigest() + '"'))
        if place not in self.objects:
            return error(404, "NoSuchKey")
        return Answer(200, self.objects[place], {**self.saying(self.encryption[place]), "ETag": '"' + hashlib.md5(self.objects[place]).hexdigest() + '"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
