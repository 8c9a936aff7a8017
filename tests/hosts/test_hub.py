# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.parse

from hub import Hub
from support import COMMIT, MODELSEC, Answer, noise

SOURCE = pathlib.Path(os.environ.get("MODELSEC_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
LIBRARY = os.environ.get("MODELSEC_LIBRARY_DIR") or pathlib.Path(MODELSEC).parents[1] / "lib"

MODEL = noise(3_000_000)


def locator(path, repository="org/repo", commit=COMMIT):
    return f"hf://{repository}@{commit}/{path}"


def test_a_public_model_is_fetched_by_commit_and_only_the_endpoint_and_its_content_host_are_asked(world):
    hub = Hub(world, {"org/repo": {"w/model v1.gguf": MODEL}})
    manifest = world.sign(world.described(MODEL, url=locator("w/model v1.gguf")))
    outcome = world.fetch(manifest, env={"HF_ENDPOINT": hub.url})
    assert world.fetched(outcome) == MODEL
    assert all(p.startswith(f"/org/repo/resolve/{COMMIT}/w/model%20v1.gguf") for p in hub.server.paths())
    assert hub.cdn.seen


def test_a_whole_folder_with_shards_becomes_active_together(world):
    names = ["config.json", "model-00001-of-00002.safetensors", "sub/model-00002-of-00002.safetensors"]
    files = {n: noise(500_000 + i, i + 1) if i else b"{}" for i, n in enumerate(names)}
    Hub_ = Hub(world, {"org/repo": files})
    artifact = {"files": [dict(world.described(files[n], url=locator(n)), name=n) for n in names]}
    for f in artifact["files"]:
        del f["file_name"]
    outcome = world.fetch(world.sign(artifact), env={"HF_ENDPOINT": Hub_.url})
    for n in names:
        assert world.fetched(outcome, n) == files[n]


def test_a_private_model_wants_a_token_that_goes_to_the_endpoint_alone(world):
    hub = Hub(world, {"org/repo": {"m.gguf": MODEL}}, private=["org/repo"], tokens=["hf_planted"])
    manifest = world.sign(world.described(MODEL, url=locator("m.gguf")))
    outcome = world.fetch(manifest, env={"HF_ENDPOINT": hub.url})
    assert (outcome.code, outcome.reason) == (14, "unauthorized")
    outcome = world.fetch(manifest, env={"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"})
    assert world.fetched(outcome) == MODEL
    assert hub.cdn_tokens_seen == []
    assert all(s.header("authorization") == "Bearer hf_planted" for s in hub.server.seen[-1:])


def test_a_stored_token_is_withheld_from_an_endpoint_that_only_the_environment_names(world):
    hub = Hub(world, {"org/repo": {"m.gguf": MODEL}}, private=["org/repo"], tokens=["hf_planted"])
    manifest = world.sign(world.described(MODEL, url=locator("m.gguf")))
    token = world.home / "token"
    token.write_text("hf_planted\n")
    for variables in ({"HF_TOKEN_PATH": str(token)}, {"HF_HOME": str(world.home)}):
        outcome = world.fetch(manifest, env=dict(variables, HF_ENDPOINT=hub.url))
        assert outcome.code == 14, outcome
    assert not any(s.header("authorization") for s in hub.server.seen)
    outcome = world.fetch(manifest, "--allow-endpoint", env={"HF_TOKEN_PATH": str(token), "HF_ENDPOINT": hub.url})
    assert world.fetched(outcome) == MODEL


def test_a_gated_model_is_its_own_answer(world):
    hub = Hub(world, {"org/repo": {"m.gguf": MODEL}}, gated=["org/repo"], tokens=["hf_planted"])
    manifest = world.sign(world.described(MODEL, url=locator("m.gguf")))
    outcome = world.fetch(manifest, env={"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"})
    assert (outcome.code, outcome.reason) == (14, "gated")
    hub.granted.add("hf_planted")
    assert world.fetched(world.fetch(manifest, env={"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"})) == MODEL


def test_absent_entries_and_revisions_are_told_apart_and_branches_are_refused(world):
    hub = Hub(world, {"org/repo": {"m.gguf": MODEL}})
    env = {"HF_ENDPOINT": hub.url}
    assert world.fetch(world.sign(world.described(MODEL, url=locator("x.gguf"))), env=env).reason == "not_found"
    assert world.fetch(world.sign(world.described(MODEL, url=locator("m.gguf", commit="d" * 40))), env=env).reason == "revision_not_found"
    outcome = world.fetch(world.sign(world.described(MODEL, url=locator("m.gguf", commit="main"))), env=env)
    assert (outcome.code, outcome.reason) == (50, "mutable_revision")
    outcome = world.fetch(world.sign(world.described(MODEL, url=locator("m.gguf"))), env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert (outcome.code, outcome.reason) == (50, "plain_http")


def test_other_bytes_than_the_signed_ones_are_refused_and_nothing_becomes_active(world):
    wrong = bytearray(MODEL)
    wrong[1_234_567] ^= 1
    hub = Hub(world, {"org/repo": {"m.gguf": bytes(wrong)}})
    content = hub.content
    hub.cdn.answer = lambda seen: Answer(200, bytes(wrong)) if seen else content(seen)
    outcome = world.fetch(world.sign(world.described(MODEL, url=locator("m.gguf"))), env={"HF_ENDPOINT": hub.url})
    assert outcome.code == 30, outcome
    assert not (world.store / "demo" / "1.0.0").exists()


PYTHON = """
import json, sys, modelsec
manifest, key, value, store, ca, options = json.loads(sys.argv[1])
try:
    with modelsec.Client(store, ca_file=ca, allowed_hosts=["127.0.0.1", "127.0.0.2", "127.0.0.3"], retries=1, **options) as client:
        print(client.fetch("demo", modelsec.Source(manifest_file=manifest, pins={key: value})).version)
except modelsec.ModelsecError as e:
    print(e.reason, *(["HF_ENDPOINT"] if "HF_ENDPOINT" in e.detail else []))
"""


def test_python_asks_the_hub_as_its_own_tools_do_unless_it_is_told_not_to(world):
    hub = Hub(world, {"org/repo": {"m.gguf": MODEL}}, private=["org/repo"], tokens=["hf_planted"])
    manifest = world.sign(world.described(MODEL, url=locator("m.gguf")))
    key, _, value = world.pin.partition("=")
    stores = iter(range(100))

    def fetched(variables, **options):
        asked = json.dumps([str(manifest), key, value, str(world.folder / f"python-{next(stores)}"), str(world.ca.file), {"profile": "server", **options}])
        env = world.env({"PYTHONPATH": str(SOURCE / "bindings" / "python" / "src"), "LD_LIBRARY_PATH": str(LIBRARY), **variables})
        done = subprocess.run([sys.executable, "-B", "-c", PYTHON, asked], capture_output=True, text=True, env=env, timeout=60)
        assert done.returncode == 0 and "hf_planted" not in done.stdout + done.stderr, done
        return done.stdout.strip()

    assert fetched({"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"}) == "1.0.0"
    assert fetched({"HF_ENDPOINT": hub.url}) == "unauthorized"
    assert fetched({"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"}, profile="client", hub_environment=True) == "storage_credentials"
    assert fetched({"HF_ENDPOINT": "http://127.0.0.1"}) == "plain_http HF_ENDPOINT"  # the caller named no address
    assert fetched({"HF_ENDPOINT": "not an address"}).endswith(" HF_ENDPOINT")
    assert fetched({"HF_ENDPOINT": "http://127.0.0.1"}, profile="client") == "host_not_allowed"  # it is not read
    before = len(hub.server.seen)
    assert fetched({"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"}, hub_environment=False) == "host_not_allowed"  # the public Hub
    # A stored token is for the public Hub, unless it is said that it may go elsewhere.
    token = world.home / "token"
    token.write_text("hf_planted")
    token.chmod(0o600)
    assert fetched({"HF_ENDPOINT": hub.url, "HF_TOKEN_PATH": str(token)}, hub_environment=False) == "host_not_allowed"
    assert len(hub.server.seen) == before
    assert fetched({"HF_ENDPOINT": hub.url, "HF_TOKEN_PATH": str(token)}) == "unauthorized"
    assert fetched({"HF_ENDPOINT": hub.url, "HF_TOKEN_PATH": str(token)}, hub_allow_endpoint=True) == "1.0.0"


WHOEVER_IS_LOGGED_IN = """
import asyncio, json, pathlib, sys, modelsec
manifest, stores, ca, key, value = json.loads(sys.argv[1])
source = modelsec.Source(manifest_file=manifest, pins={key: value})
said = {}
def how(call, **options):
    try:
        return call(str(pathlib.Path(stores) / str(len(said))), ca_file=ca, allowed_hosts=["huggingface.co"], proxy="http://127.0.0.1:9", no_proxy="",
                    retries=1, **options)
    except modelsec.ModelsecError as e:
        return f"{int(e.code)} {e.reason}"
def fetched(store, **options):
    with modelsec.Client(store, **options) as client:
        return client.fetch("demo", source).version
def streamed(store, **options):
    with modelsec.Client(store, **options) as client, client.stream("demo", source) as stream:
        return stream.finish().version
def awaited(store, **options):
    async def run():
        async with modelsec.AsyncClient(store, **options) as client:
            return (await client.fetch("demo", source)).version
    return asyncio.run(run())
def ensured(store, **options):
    return modelsec.ensure("demo", source, store=store, **options).version
def ensured_async(store, **options):
    return asyncio.run(modelsec.ensure_async("demo", source, store=store, **options)).version
for call in (fetched, streamed, awaited):
    said[call.__name__] = how(call)
for call in (ensured, ensured_async):
    said[call.__name__] = how(call, profile="client")
said["told to"] = how(fetched, hub_environment=True)
print(json.dumps(said))
"""


def test_python_clients_ask_the_hub_without_the_token_of_whoever_is_logged_in(world):
    # Nobody is at the proxy: who comes as far as to ask for it was not refused for a token.
    manifest = world.sign(world.described(MODEL, url=locator("m.gguf")))
    key, _, value = world.pin.partition("=")
    token = world.home / ".cache" / "huggingface" / "token"
    token.parent.mkdir(parents=True)
    token.write_text("hf_planted")
    token.chmod(0o600)
    for variables in ({}, {"HF_TOKEN": "hf_planted"}):
        asked = json.dumps([str(manifest), str(world.folder / f"logged-in-{len(variables)}"), str(world.ca.file), key, value])
        env = world.env({"PYTHONPATH": str(SOURCE / "bindings" / "python" / "src"), "LD_LIBRARY_PATH": str(LIBRARY), **variables})
        done = subprocess.run([sys.executable, "-B", "-c", WHOEVER_IS_LOGGED_IN, asked], capture_output=True, text=True, env=env, timeout=60)
        assert done.returncode == 0 and "hf_planted" not in done.stdout + done.stderr, done
        said = json.loads(done.stdout)
        assert said.pop("told to") == "50 storage_credentials"
        assert set(said.values()) == {"10 proxy_failed"}, said


def test_a_client_profile_that_holds_a_token_of_the_hub_is_refused(world):
    hub = Hub(world, {"org/repo": {"m.gguf": MODEL}}, private=["org/repo"], tokens=["hf_planted"])
    outcome = world.fetch(world.sign(world.described(MODEL, url=locator("m.gguf"))), "--profile", "client",
                          env={"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_planted"})
    assert (outcome.code, outcome.reason) == (50, "storage_credentials")
    assert hub.server.seen == []


def test_a_token_that_changes_in_mid_download_costs_no_fetched_byte(world):
    content = noise(6_000_000)
    hub = Hub(world, {"org/repo": {"m.gguf": content}}, private=["org/repo"], tokens=["hf_planted1"])
    token = world.home / "token"
    token.write_text("hf_planted1")
    serve, broken = hub.cdn.answer, threading.Event()

    def breaking(seen):
        # The line breaks, and then the old token is worth nothing: the file holds the new one.
        reply = serve(seen)
        if not broken.is_set():
            broken.set()
            reply.cut = len(content) // 2
            hub.tokens = {"hf_planted2"}
            token.write_text("hf_planted2")
        return reply

    hub.cdn.answer = breaking
    outcome = world.fetch(world.sign(world.described(content, url=locator("m.gguf"), chunks=world.chunked(content))), "--allow-endpoint",
                          "--connections", "1", env={"HF_ENDPOINT": hub.url, "HF_TOKEN_PATH": str(token)})
    assert world.fetched(outcome) == content
    assert outcome.result["bytes_fetched"] == len(content)
    answered = [seen.header("authorization") for seen in hub.server.seen if seen.status == 302]
    assert answered == ["Bearer hf_planted1", "Bearer hf_planted2"]
    assert [seen.header("range").partition("-")[0] for seen in hub.cdn.seen] == ["", f"bytes={len(content) // 2}"]


def test_expiry_of_the_signed_content_address_in_mid_download_is_survived_and_what_is_there_is_kept(world):
    content = noise(6_000_000)
    hub = Hub(world, {"org/repo": {"m.gguf": content}})
    serve, name, half = hub.cdn.answer, hub.server.answer, len(content) // 2
    now = [1]  # an address is signed at one time, and good until the next

    def signing(seen):
        reply = name(seen)
        if "Location" in reply.headers:
            reply.headers["Location"] += f"&signed-at={now[0]}"
        return reply

    def expiring(seen):
        if not seen.path.endswith(f"&signed-at={now[0]}"):
            return Answer(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
        reply = serve(seen)
        if now[0] == 1:  # the line breaks, and by then the address has expired
            now[0], reply.cut = 2, half
        return reply

    hub.server.answer, hub.cdn.answer = signing, expiring
    outcome = world.fetch(world.sign(world.described(content, url=locator("m.gguf"), chunks=world.chunked(content))), "--connections", "1",
                          env={"HF_ENDPOINT": hub.url})
    assert world.fetched(outcome) == content
    assert outcome.result["bytes_fetched"] == len(content)
    good = [(seen.path.rpartition("=")[2], seen.header("range").partition("-")[0]) for seen in hub.cdn.seen if seen.status < 300]
    assert good == [("1", ""), ("2", f"bytes={half}")]
    assert urllib.parse.urlsplit(hub.cdn.url).hostname != urllib.parse.urlsplit(hub.url).hostname
