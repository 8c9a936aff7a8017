# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""manifest_schema.py SCHEMA VERDICTS [SEED]: holds docs/manifest.schema.json against the library's parser over a corpus: each
member of a good manifest in turn is left out, set to null and to every value of a list; then random pairs of such changes.
The validator must say what the parser says, but for what docs/manifest.md marks as beyond the schema."""
import collections
import copy
import json
import pathlib
import random
import re
import subprocess
import sys

from jsonschema import Draft202012Validator

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
DIGEST = "ab" * 32
B64 = "A" * 43 + "="
ENCRYPTION = {"scheme": "xchacha20poly1305-stream", "chunk_bytes": 65536, "key_id": "k", "plain_sha256": DIGEST, "plain_size_bytes": 524160,
              "nonce_prefix_b64": "A" * 26 + "==", "recipients": [{"key_id": "k", "wrapped_key_b64": "A" * 107 + "="}]}
INDEX = {"url": "https://cdn.example/i", "sha256": DIGEST, "size_bytes": 42}
OCI = "oci://registry.example/llama@sha256:" + DIGEST
FILE = {"name": "shards/model-00001.safetensors", "url": "https://cdn.example/1", "mirrors": ["https://mirror.example/1"],
        "sha256": DIGEST, "size_bytes": 262145, "chunks": {"size_bytes": 262144, "sha256_b64": [B64, B64]},
        "index": INDEX}
SINGLE = {"platform": "any", "url": "https://cdn.example/m.gguf", "mirrors": ["https://mirror.example/m"], "sha256": DIGEST,
          "size_bytes": 524288, "file_name": "model.gguf", "is_zip": False, "chunks": {"size_bytes": 262144, "sha256_b64": [B64, B64]},
          "encryption": ENCRYPTION, "index": INDEX}
ARCHIVE = {"platform": "macos_coreml_zip", "sha256": DIGEST.upper(), "size_bytes": 7, "file_name": "m.zip", "is_zip": True,
           "extracted_bytes": 70, "url_endpoint": {"url": "https://x.example/f", "body": {"modelId": "m"}}}
SEVERAL = {"platform": "sharded", "files": [FILE, {"name": "config.json", "url": "https://cdn.example/c", "sha256": EMPTY, "size_bytes": 0}]}
LAYER = {"platform": "oci", "oci": OCI, "sha256": DIGEST, "size_bytes": 9, "file_name": "layer.gguf"}
LAYERS = {"platform": "oci_files", "oci": OCI, "files": [{"name": "a/b.gguf", "sha256": DIGEST, "size_bytes": 9}]}
GOOD = {"schema": 1, "model_id": "llama3_1_8b", "version": "1.0.0", "sequence": 42, "root_version": 3,
        "issued_at": "2026-01-02T03:04:05Z", "expires_at": "2026-02-02T03:04:05Z", "tier": "llama8b", "family": "llama3.1",
        "context_len": 8192, "min_device": {"min_ram_mb": 8192, "min_free_disk_mb": 12288},
        "artifacts": [SINGLE, ARCHIVE, SEVERAL, LAYER, LAYERS]}

VALUES = [
    None, True, False, 0, 1, 2, -1, 2**53 - 1, 2**53, 2**63, 1.5, 262143, 262144, 67108864, 67108865, [], {}, [1], [None], ["x"], [[]], [{}], {"x": 1},
    {"url": "u"}, {"url": ""}, {"url": "u", "body": None}, {"url": "u", "body": {}}, {"min_ram_mb": -1}, {"min_ram_mb": None}, {"min_ram_mb": 1},
    "", " ", "x", "0", "1.0.0", "v" * 128, "v" * 129, "a.", ".a", "-a", "a b", "a/b", "a/../b", "../a", "/a", "a/", "a//b", ".", "..", "a\\b", "a:b",
    "a*", "a?", "a\"", "a<b", "a|b", "nul", "NUL.txt", "con", "Com1", "com0.a", "lpt9", "lpt\u00b9.x", "com", "com10", "console", "aux .txt", "conin$",
    "x/nul", "x/con.y/z", ".modelsec", ".ModelSec-x", "x/.modelsec/y", "modelsec", " a", "a ", "a /b", "a/ b", "\u00e9", "\u65e5\u672c.gguf", "a\n", "a\tb",
    "a\x7f", "a\x85b", "n" * 255, "n" * 256, "/".join("d" * 32), "/".join("d" * 33), EMPTY, EMPTY.upper(), DIGEST, DIGEST[:-1], DIGEST + "0", "g" * 64, B64, "A" * 42 + "B=",
    "A" * 42 + "-=", "A" * 44, "2026-01-02T03:04:05Z", "2026-03-02T03:04:05.123Z", "2026-01-02T03:04:05.Z", "2026-01-02t03:04:05Z", "2026-01-02T03:04:05+00:00",
    "2026-13-02T03:04:05Z", "2026-01-32T03:04:05Z", "2026-01-02T24:00:00Z", "2026-01-02T03:04:60Z", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05.0123456789Z",
    "https://cdn.example/x", "hf://ORG/REPO@" + "a" * 40 + "/x", ["https://m.example/x"] * 16, ["https://m.example/x"] * 17,
    {"size_bytes": 262144, "sha256_b64": [B64, B64]}, {"size_bytes": 262143, "sha256_b64": [B64]}, {"size_bytes": 262144, "sha256_b64": "x"},
    {"size_bytes": 262144, "sha256_b64": [B64, 1]}, {"size_bytes": 262144}, {"sha256_b64": []}, [FILE], [SINGLE], ENCRYPTION,
    {**ENCRYPTION, "chunk_bytes": 0}, {**ENCRYPTION, "key_id": ""}, OCI, INDEX, {**INDEX, "size_bytes": 0}, {**INDEX, "url": ""}, {**INDEX, "sha256": "x"},
]
MISSING = object()


def places(value, at=()):
    """The path of every member and element below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield at + (key,)
        yield from places(inner, at + (key,))


def changed(document, place, value):
    out = copy.deepcopy(document)
    holder = out
    for key in place[:-1]:
        holder = holder[key]
    if value is MISSING:
        del holder[place[-1]]
    else:
        holder[place[-1]] = copy.deepcopy(value)
    return out


def absent_members(document):
    """Members that the good manifest leaves out, at each place where they may stand."""
    yield "artifacts", 0, "files"
    yield "artifacts", 0, "url_endpoint"
    yield "artifacts", 1, "url"
    yield "artifacts", 1, "encryption"
    yield "artifacts", 1, "oci"
    yield "artifacts", 0, "oci"
    yield "artifacts", 2, "oci"
    yield "artifacts", 2, "files", 0, "encryption"
    yield "artifacts", 1, "chunks"
    yield "artifacts", 1, "index"
    for name in ("sha256", "size_bytes", "url", "chunks", "is_zip", "file_name", "mirrors", "url_endpoint", "encryption", "index"):
        yield "artifacts", 2, name


def corpus(seed):
    places_of_good = list(places(GOOD)) + list(absent_members(GOOD))
    yield GOOD
    for place in places_of_good:
        for value in [MISSING] + VALUES:
            try:
                yield changed(GOOD, place, value)
            except KeyError:
                pass  # cannot be left out: it is not there
    rng = random.Random(seed)
    for _ in range(3000):
        document = GOOD
        for _ in range(rng.randint(2, 3)):
            try:
                document = changed(document, rng.choice(places_of_good), rng.choice([MISSING] + VALUES))
            except (KeyError, IndexError, TypeError):
                pass  # the place went with an earlier change
        yield document
    yield from ([], None, "x", 1, {}, {"schema": 1})


def check_members(root, schema):
    """Every member that the parser asks for is in the schema, in the text, and in the good manifest that is changed here."""
    parser = (root / "include/modelsec/detail/manifest/parse.ipp").read_text(encoding="utf-8")
    asked = set(re.findall(r'\b(?:array_at|digest|find|flag|optional|size|size_at|string_at|text|texts|time)\("([a-z0-9_]+)"', parser))
    assert {"encryption", "index", "oci", "url_endpoint", "wrapped_key_b64"} <= asked, asked
    described, text = json.dumps(schema), (root / "docs/manifest.md").read_text(encoding="utf-8")
    good = {step for place in places(GOOD) for step in place if isinstance(step, str)}
    for name in sorted(asked):
        assert f'"{name}": ' in described, f"{name} is not in the schema"
        assert re.search(f'[`"]{name}[`"]', text) or re.search(rf'`[^`]*\b{name}\b[^`]*`', text), f"{name} is not in docs/manifest.md"
        assert name in good, f"no manifest of the corpus has {name}"


def lists(value):
    return value if isinstance(value, list) else []


def members(value, key):
    return value.get(key) if isinstance(value, dict) else None


def beyond(document):
    """What docs/manifest.md marks as beyond the schema, by rules of its own: reasons to refuse that no validator can give."""
    artifacts = [a for a in lists(members(document, "artifacts")) if isinstance(a, dict)]
    platforms = [members(a, "platform") for a in artifacts]
    if len({json.dumps(p) for p in platforms}) != len(platforms):
        return True
    issued, expires = members(document, "issued_at"), members(document, "expires_at")
    if isinstance(issued, str) and isinstance(expires, str) and expires[:19] <= issued[:19]:
        return True
    for a in artifacts:
        several = lists(a.get("files"))
        for f in several or [a]:
            chunks, size = members(f, "chunks"), members(f, "size_bytes")
            digests, chunk = members(chunks, "sha256_b64"), members(chunks, "size_bytes")
            if isinstance(digests, list) and isinstance(size, int) and isinstance(chunk, int) and chunk > 0:
                if len(digests) != -(-size // chunk):
                    return True
            # Each chunk of the cipher text is its plain text and a tag of 16 bytes; an empty file has one of them.
            how = members(f, "encryption")
            if members(how, "scheme") == "xchacha20poly1305-stream":
                plain, step = members(how, "plain_size_bytes"), members(how, "chunk_bytes")
                if isinstance(plain, int) and isinstance(step, int) and isinstance(size, int) and step > 0:
                    if size != plain + 16 * max(1, -(-plain // step)) or max(1, -(-plain // step)) > 2**32:
                        return True
        sizes = [members(f, "size_bytes") for f in several]
        if sum(s for s in sizes if isinstance(s, int)) > 2**53 - 1:
            return True
        names = [members(f, "name") for f in several]
        folded = [n.casefold() for n in names if isinstance(n, str)]
        if len(set(folded)) != len(folded) or any(o.startswith(n + "/") for n in folded for o in folded):
            return True
        # Lengths are in bytes of UTF-8, and categories of characters are Unicode's: the corpus has one of each kind.
        if any(isinstance(n, str) and len(n.encode()) > 1024 for n in names):
            return True
    return False


def main():
    schema = json.load(open(sys.argv[1], encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    check_members(pathlib.Path(sys.argv[1]).resolve().parent.parent, schema)
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    validators = {"dsse": Draft202012Validator(schema), "pack": Draft202012Validator({**schema, "$ref": "#/$defs/pack"})}
    seen, asked = set(), []
    for document in corpus(seed):
        text = json.dumps(document, ensure_ascii=True)
        if text in seen:
            continue
        seen.add(text)
        kind = "pack" if len(asked) % 4 == 3 else "dsse"
        asked.append((kind, text, document))
    answer = subprocess.run([sys.argv[2]], input="".join(f"{kind} {text}\n" for kind, text, _ in asked), capture_output=True, text=True, check=True)
    verdicts = answer.stdout.splitlines()
    assert len(verdicts) == len(asked), f"{len(asked)} asked, {len(verdicts)} answered"
    count, wrong = collections.Counter(), []
    for (kind, text, document), verdict in zip(asked, verdicts):
        taken, valid = verdict == "ok", validators[kind].is_valid(document)
        count[(taken, valid)] += 1
        if taken != valid and not (valid and beyond(document)):
            error = next(iter(validators[kind].iter_errors(document)), None)
            wrong.append(f"{kind}: the parser says {verdict!r}, the schema {'takes it' if valid else error.message[:200]}\n  {text[:2000]}")
    print(f"{len(asked)} manifests: {count[(True, True)]} taken by both, {count[(False, False)]} refused by both, "
          f"{count[(False, True)]} refused by the parser for what is beyond the schema; seed {seed}")
    assert count[(True, True)] > 300 and count[(False, False)] > 3000, "a corpus that shows too little"
    for text in wrong[:10]:
        print(text, file=sys.stderr)
    sys.exit(f"{len(wrong)} manifests on which schema and parser differ" if wrong else 0)


if __name__ == "__main__":
    main()
