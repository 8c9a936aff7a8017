# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""examples/supabase: the migration on PostgreSQL with roles that try what they may not, and both Edge Functions on Deno, asked by modelsec itself."""
import concurrent.futures
import json
import pathlib
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import packages
import pytest
from postgres import Postgres
from supabase import SERVICE_KEY, Supabase, said
from support import MODELSEC, Answer, Outcome, free_port, noise, run

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "supabase"
ALICE, BOB = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
MODEL = noise(1_500_000)


def migrated(world):
    base = Postgres(world)
    base.run((EXAMPLE / "migrations" / "20260101000000_models.sql").read_text())
    base.run(f"insert into model_access values ('{ALICE}', 'demo', 4000000)", role="service_role")
    return base


def add_manifest(base, sequence=1, envelope="{}", form="dsse", role="service_role"):
    base.run("insert into model_manifests (model_id, format, sequence, envelope, object_path, size_bytes) values ('demo', :'form', :seq, :'text', 'llama/model.gguf', 1500000)",
             role=role, variables={"seq": sequence, "text": envelope, "form": form})


def test_only_the_service_role_writes_and_everybody_sees_what_is_theirs(world):
    base = migrated(world)
    add_manifest(base)
    for role in ("anon", "authenticated"):
        for attempt in ("insert into model_manifests values ('demo', 'dsse', 9, '{}', 'x', 1)", "update model_manifests set envelope = ''", "delete from model_manifests",
                        f"insert into model_access values ('{BOB}', 'demo')", "insert into model_downloads (user_id, model_id, outcome) values (gen_random_uuid(), 'demo', 'allowed')",
                        "select * from model_requests", f"select claim_request('{ALICE}', 1000)", f"select * from claim_download('{ALICE}', 'demo')", "truncate model_downloads"):
            with pytest.raises(PermissionError, match="permission denied"):
                base.run(attempt, role=role, user=BOB)
    with pytest.raises(PermissionError):
        base.run("select * from model_manifests", role="anon")
    assert base.run("select count(*) from model_manifests", role="authenticated", user=ALICE) == "1"
    assert base.run("select count(*) from model_manifests", role="authenticated", user=BOB) == "0"
    base.run(f"select * from claim_download('{ALICE}', 'demo')", role="service_role")
    assert base.run("select count(*) from model_downloads", role="authenticated", user=ALICE) == "1"
    assert base.run("select count(*) from model_downloads", role="authenticated", user=BOB) == "0"


def test_manifests_are_only_followed_by_newer_ones_and_downloads_are_never_altered(world):
    base = migrated(world)
    add_manifest(base, 5)
    for sequence in (5, 4):
        with pytest.raises(PermissionError, match="sequence|duplicate"):
            add_manifest(base, sequence)
    add_manifest(base, 6)
    base.run(f"select * from claim_download('{ALICE}', 'demo')", role="service_role")
    for attempt in ("update model_downloads set size_bytes = 0", "delete from model_downloads", "truncate model_downloads"):
        with pytest.raises(PermissionError):  # not even the owner, by mistake
            base.run(attempt)
    with pytest.raises(PermissionError):
        base.run("update model_manifests set envelope = ''")


def test_objects_of_the_bucket_are_the_service_role_s_whatever_other_policies_allow(world):
    base = migrated(world)
    assert base.run("select public from storage.buckets where id = 'models'") == "f"
    base.run("insert into storage.objects (bucket_id, name) values ('models', 'llama/model.gguf')", role="service_role")
    assert base.run("select count(*) from storage.objects", role="authenticated", user=ALICE) == "0"
    with pytest.raises(PermissionError, match="row-level security"):
        base.run("insert into storage.objects (bucket_id, name) values ('models', 'evil')", role="authenticated", user=ALICE)
    assert base.run("with gone as (delete from storage.objects returning 1) select count(*) from gone", role="authenticated", user=ALICE) == "0"


def test_the_rate_limit_holds_for_requests_at_the_same_moment(world):
    base = migrated(world)
    with concurrent.futures.ThreadPoolExecutor(8) as many:
        waits = list(many.map(lambda _: int(base.run(f"select claim_request('{ALICE}', 5)", role="service_role")), range(16)))
    assert waits.count(0) == 5 and all(1 <= w <= 60 for w in waits if w)
    assert base.run(f"select claim_request('{BOB}', 5)", role="service_role") == "0"


class Project:
    """Supabase's gateway: storage, who a token belongs to, PostgREST over the database, and the functions on Deno."""

    def __init__(self, world, requests_per_minute=1000):
        self.world, self.base = world, migrated(world)
        self.storage = Supabase(world)
        self.storage.buckets["models"] = False
        self.storage.objects["models", "llama/model.gguf"] = MODEL
        self.answer_storage = self.storage.answer
        self.storage.server.answer = self.answer
        self.url = self.storage.url
        self.ports = {}
        deno = packages.node("deno") / "node_modules" / ".bin" / "deno"
        for name in ("manifest", "get-model-url"):
            port = self.ports[name] = free_port()
            env = world.env({"SUPABASE_URL": self.url, "SUPABASE_ANON_KEY": "anon", "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY, "DENO_CERT": str(world.ca.file),
                             "DENO_DIR": str(world.folder / "deno"), "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}", "DENO_NO_UPDATE_CHECK": "1",
                             "REQUESTS_PER_MINUTE": str(requests_per_minute)})
            self.log = world.folder / f"deno-{name}.log"
            world.process([deno, "run", "--no-prompt", "--allow-env", "--allow-net", "--cached-only", EXAMPLE / "functions" / name / "index.ts"], port, self.log, env=env, seconds=120)

    def answer(self, seen):
        split = urllib.parse.urlsplit(seen.path)
        if split.path.startswith("/functions/v1/"):
            return self.function(split.path.removeprefix("/functions/v1/"), split.query, seen)
        if split.path == "/auth/v1/user":
            user = {"Bearer alice": ALICE, "Bearer bob": BOB}.get(seen.header("authorization"))
            return said(200, {"id": user}) if user else said(401, {"code": 401})
        if split.path.startswith("/rest/v1/"):
            assert seen.header("authorization") == "Bearer " + SERVICE_KEY == "Bearer " + seen.header("apikey")
            return self.rest(split.path.removeprefix("/rest/v1/"), dict(urllib.parse.parse_qsl(split.query)), seen)
        return self.answer_storage(seen)

    def function(self, name, query, seen):
        headers = {k: v for k, v in seen.headers.items() if k not in ("host", "content-length", "connection", "range")}
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[name]}/{name}" + ("?" + query if query else ""), data=seen.body or None, method=seen.method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.read(), {k: v for k, v in answer.headers.items() if k.lower() in ("content-type", "etag", "cache-control", "retry-after")})
        except urllib.error.HTTPError as problem:
            return Answer(problem.code, problem.read(), {k: v for k, v in problem.headers.items() if k.lower() in ("content-type", "retry-after", "etag")})

    def rest(self, path, query, seen):
        quote = lambda text: "'" + str(text).replace("'", "''") + "'"
        if path.startswith("rpc/"):
            name, parameters = path.removeprefix("rpc/"), json.loads(seen.body)
            arguments = ", ".join(f"{k} => {quote(v)}" for k, v in parameters.items())
            what = f"select to_json({name}({arguments}))" if name == "claim_request" else f"select coalesce(json_agg(t), '[]') from {name}({arguments}) t"
        else:
            where = " and ".join(f"{k} = {quote(v.removeprefix('eq.'))}" for k, v in query.items() if v.startswith("eq."))
            order = " order by " + query["order"].replace(".", " ") if "order" in query else ""
            what = f"select coalesce(json_agg(t), '[]') from (select {query['select']} from {path} where {where}{order} limit {query.get('limit', 100)}) t"
        return Answer(200, self.base.run(what, role="service_role").encode(), {"Content-Type": "application/json"})

    def token(self, name):
        return {"TOKEN": name}

    def fetch(self, who="alice", form="dsse", *more, **kw):
        command = ["--manifest", f"{self.url}/functions/v1/manifest?model=demo&format={form}", "--pin", self.world.pin, "--store", kw.pop("store", self.world.store), "--ca", self.world.ca.file,
                   "--token-env", "TOKEN", "--format", form, *more]
        done = subprocess.run([str(c) for c in [MODELSEC, "fetch", "--json", *command]], capture_output=True, text=True, env=self.world.env(self.token(who)), timeout=120)
        return Outcome(done.returncode, done.stdout, done.stderr)


def signed(world, project, **more):
    endpoint = {"url": project.url + "/functions/v1/get-model-url", "body": {"modelId": "demo"}}
    return world.sign(world.described(MODEL, url_endpoint=endpoint), **more).read_text()


def test_the_functions_serve_a_manifest_and_an_address_to_whom_they_may_and_tell_the_others_apart(world):
    project = Project(world)
    add_manifest(project.base, 1, signed(world, project))
    outcome = project.fetch()
    assert world.fetched(outcome) == MODEL
    assert project.base.run("select outcome || sequence from model_downloads") == "allowed1"
    # Without a token, with an unknown one; and Bob may not know that there is such a model.
    assert project.fetch("nobody", store=world.folder / "s1").code == 14
    assert project.fetch("bob", store=world.folder / "s2").reason == "not_found"
    # 4,000,000 bytes a month are two downloads of 1,500,000: the third is a quota, and no denial.
    assert project.fetch(store=world.folder / "s3").code == 0
    outcome = project.fetch(store=world.folder / "s4")
    assert (outcome.code, outcome.reason) == (13, "quota")
    assert project.base.run("select string_agg(outcome, ' ' order by id) from model_downloads") == "allowed allowed quota"
    # No answer to a stranger says more than a code, and no service key is in the log.
    answers = json.dumps([s.path for s in project.storage.server.seen])
    assert SERVICE_KEY not in answers and SERVICE_KEY not in project.log.read_text()


def signed_pack(world, project):
    """A pack envelope (docs/manifest.md), whose address is a public one of the storage: what such clients know."""
    path = world.file("m.gguf", MODEL)
    project.storage.buckets["models"] = True
    out = world.folder / "pack.json"
    run(MODELSEC, "publish", "--format", "pack", "--key", world.key, "--model", "demo", "--version", "1.0.0", "--platform", "any", "--file", path,
        "--url", f"{project.url}/storage/v1/object/public/models/llama/model.gguf", "--out", out)
    return out.read_text()


def test_a_pack_manifest_is_served_to_the_byte_too(world):
    project = Project(world)
    text = signed_pack(world, project)
    assert set(json.loads(text)) == {"key_id", "payload_b64", "sig_b64"}
    add_manifest(project.base, 3, text, form="pack")
    outcome = project.fetch("alice", "pack", "--model", "demo")
    assert world.fetched(outcome, "m.gguf") == MODEL
    assert project.fetch("bob", "pack", "--model", "demo", store=world.folder / "other").reason == "not_found"
    request = urllib.request.Request(f"http://127.0.0.1:{project.ports['manifest']}/?model=demo&format=pack", headers={"Authorization": "Bearer alice"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.read().decode() == text
        tag = answer.headers["ETag"]
    request.add_header("If-None-Match", tag)
    with pytest.raises(urllib.error.HTTPError) as same:
        urllib.request.urlopen(request, timeout=30)
    assert same.value.code == 304


def test_who_asks_too_often_is_told_when_to_come_again(world):
    project = Project(world, requests_per_minute=2)
    add_manifest(project.base, 1, signed(world, project))
    statuses = []
    for _ in range(4):
        request = urllib.request.Request(f"http://127.0.0.1:{project.ports['get-model-url']}/", data=b'{"modelId": "demo"}', headers={"Authorization": "Bearer alice"})
        try:
            statuses.append(urllib.request.urlopen(request, timeout=30).status)
        except urllib.error.HTTPError as problem:
            statuses.append(problem.code)
            assert 1 <= int(problem.headers["Retry-After"]) <= 60
            assert json.loads(problem.read()) == {"error": "rate_limited"}
    assert statuses == [200, 200, 429, 429]


@pytest.mark.parametrize("body,status", [(b"{", 400), (b'{"modelId": "../x"}', 400), (b'{"modelId": 1}', 400), (b'{"modelId": "other"}', 403), (b"x" * 5000, 413)])
def test_what_is_no_request_is_refused_with_a_code_alone(world, body, status):
    project = Project(world)
    request = urllib.request.Request(f"http://127.0.0.1:{project.ports['get-model-url']}/", data=body, headers={"Authorization": "Bearer alice"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == status
    assert set(json.loads(refused.value.read())) == {"error"}
