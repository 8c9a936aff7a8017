# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
from __future__ import annotations

import base64
import hashlib
import inspect
import json
import os
import pathlib
import struct
import subprocess
import sys
import threading
import types
import urllib.request
from typing import Any

import pytest

import modelsec
from modelsec import _kept, adapters, hub, options, startup
from origin import Origin

HERE = pathlib.Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}


def safetensors(**tensors: list[float]) -> str:
    header, data = {}, b""
    for name, values in tensors.items():
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": [len(values)], "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return "base64:" + base64.b64encode(struct.pack("<Q", len(text)) + text + data).decode()


def test_threads_of_a_process_load_a_model_once(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(size=1_000_000)
    models: list[modelsec.Model] = []
    threads = [threading.Thread(target=lambda: models.append(
        modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca))) for _ in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(models) == 16 and len(set(map(id, models))) == 1
    assert len(origin.requests("/manifest")) == 1
    assert os.fspath(models[0]) == str(models[0].path) and models[0].file().endswith("/model.bin")


def test_another_sink_is_another_client(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(text="weights")

    def key(**audit: Any) -> tuple[str, str, str]:
        return startup.key_of(store, "demo", origin.source(), {"audit": modelsec.Audit(**audit)})

    first = key(sink_url="https://one.example/planted", on_metrics=print)
    assert first == key(sink_url="https://one.example/planted", on_metrics=len)
    assert len({first, key(sink_url="https://two.example/planted"), key(), key(actor="a"), key(alerts_off=["unusual_host"])}) == 5
    assert "planted" not in "".join(first)


def test_processes_of_a_host_load_a_model_once(origin: Origin, store: pathlib.Path) -> None:
    size = 2_000_000
    origin.publish(size=size)
    origin.fail("/demo/1.0.0/model.bin", bytes_per_second=4_000_000)
    program = ("import json, sys, modelsec; a = json.loads(sys.argv[1]); "
               "m = modelsec.ensure('demo', modelsec.Source(manifest_url=a['url'], pins=a['pins']), store=a['store'], "
               "ca_file=a['ca']); print(m.result.bytes_fetched)")
    arguments = json.dumps({"url": origin.about["manifest_url"], "pins": origin.pins, "store": str(store), "ca": origin.ca})
    processes = [subprocess.Popen([sys.executable, "-c", program, arguments], env=ENVIRONMENT, stdout=subprocess.PIPE)
                 for _ in range(4)]
    fetched = [int(p.communicate(timeout=60)[0]) for p in processes]
    assert sorted(fetched) == [0, 0, 0, size]


def test_a_forked_worker_uses_what_its_parent_loaded(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(text="weights")
    model = modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca)
    child = os.fork()
    if child == 0:
        with modelsec.Client(store, ca_file=origin.ca) as own:
            good = model.pack.read() == b"weights" and own.fetch("demo", origin.source()).already_active
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_loaders_get_their_files(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(zip={"a-00001-of-00002.safetensors": safetensors(x=[1.0, 2.0]),
                        "a-00002-of-00002.safetensors": safetensors(y=[3.0]), "m.gguf": "GGUF", "config.json": "{}"})
    model = modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca)

    def load_file(path: str) -> dict[str, object]:
        raw = pathlib.Path(path).read_bytes()
        (size,) = struct.unpack_from("<Q", raw)
        return dict(json.loads(raw[8 : 8 + size]))

    assert sorted(adapters.safetensors(model, load_file)) == ["x", "y"]
    loaded = adapters.llama(model, lambda model_path, n_ctx: types.SimpleNamespace(path=model_path, n_ctx=n_ctx), n_ctx=8)
    assert loaded.path == str(model.path / "m.gguf") and loaded.n_ctx == 8


def test_the_hubs_calls_are_answered(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(model="org--name", zip={"config.json": "{}", "weights/w.bin": "w"})
    hub.configure(lambda repo_id: origin.source(), store=store, ca_file=origin.ca)
    folder = hub.snapshot_download("org/name", token="ignored", allow_patterns=["*.json"])
    assert sorted(os.listdir(folder)) == ["config.json", "weights"]
    assert hub.hf_hub_download("org/name", "config.json") == f"{folder}/config.json"
    assert hub.hf_hub_download(repo_id="org/name", filename="w.bin", subfolder="weights", revision="1.0.0").endswith("w.bin")
    with pytest.raises(FileNotFoundError):
        hub.hf_hub_download("org/name", "nothing.bin")
    # What transformers says and does: an argument of the past, and a look into the cache.
    assert hub.hf_hub_download("org/name", "config.json", proxies=None, resume_download=True) == hub.try_to_load_from_cache("org/name", "config.json")
    assert hub.try_to_load_from_cache("org/name", "nothing.bin") is hub.try_to_load_from_cache("org/name", "config.json", revision="0.9") is None
    assert hub.try_to_load_from_cache("org/other", "config.json") is None
    with pytest.raises(modelsec.MismatchError):
        hub.hf_hub_download("org/name", "config.json", revision="0.9")
    with pytest.raises(TypeError, match="store"):
        hub.configure(origin.source(), stores=store)  # type: ignore[call-arg,misc]
    with pytest.raises(TypeError, match="ca_file"):
        hub.configure(origin.source(), store=store, cafile="x")  # type: ignore[call-arg,misc]


def test_the_hubs_calls_honour_local_folders_and_patterns(origin: Origin, store: pathlib.Path, tmp_path: pathlib.Path) -> None:
    origin.publish(model="org--name", zip={"config.json": "{}", "weights/w.bin": "w", "weights/v.bin": "v", "README.md": "r"})
    hub.configure(origin.source(), store=store, ca_file=origin.ca)
    local = tmp_path / "local"
    folder = hub.snapshot_download("org/name", local_dir=local, allow_patterns=["*.json", "weights/"], ignore_patterns="*v.bin")
    assert folder == str(local) and sorted(p.name for p in local.rglob("*") if p.is_file()) == ["config.json", "w.bin"]
    (local / "config.json").write_text("[]")  # the store's own is another file
    assert pathlib.Path(hub.hf_hub_download("org/name", "config.json")).read_text() == "{}"
    assert pathlib.Path(hub.hf_hub_download("org/name", "config.json", local_dir=local)).read_text() == "{}"
    before = (local / "weights" / "w.bin").stat().st_ino
    hub.snapshot_download("org/name", local_dir=local)
    assert (local / "weights" / "w.bin").stat().st_ino == before and (local / "README.md").read_text() == "r"
    dry = hub.snapshot_download("org/name", local_dir=tmp_path / "other", allow_patterns="*.md", dry_run=True)
    assert [(d.filename, d.file_size, d.will_download) for d in dry] == [("README.md", 1, True)] and not (tmp_path / "other").exists()
    assert hub.model_id_of("org/data", "dataset") == "datasets--org--data"


def test_the_hubs_signatures_are_whole() -> None:
    # huggingface_hub 2.4, both functions, in their order.
    theirs = {
        "hf_hub_download": "repo_id filename subfolder repo_type revision library_name library_version cache_dir local_dir user_agent "
                           "force_download etag_timeout token local_files_only headers endpoint tqdm_class dry_run",
        "snapshot_download": "repo_id repo_type revision cache_dir local_dir library_name library_version user_agent etag_timeout "
                             "force_download token local_files_only allow_patterns ignore_patterns max_workers tqdm_class headers endpoint dry_run"}
    for name, parameters in theirs.items():
        assert list(inspect.signature(getattr(hub, name)).parameters) == parameters.split()


def test_what_a_client_takes_is_taken_by_every_door() -> None:
    wanted = set(inspect.signature(modelsec.Client.__init__).parameters) - {"self"}
    assert wanted == {"store", *options.ClientOptions.__annotations__}
    for door in (modelsec.ensure, modelsec.ensure_async, modelsec.AsyncClient.__init__):
        assert wanted <= set(inspect.signature(door).parameters), wanted - set(inspect.signature(door).parameters)


def test_the_commit_that_signed_addresses_are_pinned_to_is_a_revision(tmp_path: pathlib.Path) -> None:
    commit = "c" * 40
    manifest = {"artifacts": [{"files": [{"url": f"hf://org/name@{commit}/{n}", "name": n} for n in ("a", "b")], "mirrors": ["https://x.example/a"]}]}
    envelope = json.dumps({"payload": base64.b64encode(json.dumps(manifest).encode()).decode()}).encode()
    name, inner = hashlib.sha256(envelope).hexdigest(), tmp_path / ".modelsec"
    for folder in ("state", "envelopes"):
        (inner / folder).mkdir(parents=True)
    pack = {"artifact": "1" * 64, "envelope": name}
    (inner / "state" / "org--name.9.json").write_text(json.dumps({"active": {"artifact": "0" * 64, "envelope": name}}))
    (inner / "state" / "org--name.10.json").write_text(json.dumps({"active": pack, "last_good": None}))
    (inner / "envelopes" / f"{name}.json").write_bytes(envelope)
    assert _kept.commits(tmp_path, "org--name", "1" * 64, "org/name") == {commit}
    assert _kept.commits(tmp_path, "org--name", "0" * 64, "org/name") == _kept.commits(tmp_path, "other", "1" * 64, "org/name") == set()  # an older state, no state
    assert _kept.commits(tmp_path, "org--name", "1" * 64, "org/other") == set()  # another repository's commit
    (inner / "envelopes" / f"{name}.json").write_bytes(envelope.replace(b"payload", b"Payload"))
    assert _kept.commits(tmp_path, "org--name", "1" * 64, "org/name") == set()  # not the bytes that were accepted
    assert _kept.pinned(["hf://org/name@main/a", f"https://x.example/org/name@{commit}/a", f"hf://org/name@{commit}0/a"], "org/name") == set()


def test_the_hubs_options_reach_the_client(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(model="org--name", zip={"config.json": "{}"})
    hub.configure(origin.source(), store=store, ca_pem=pathlib.Path(origin.ca).read_text(), digest_policy="whole", min_rate=1,
                  first_byte_timeout=20.0, automatic_repair=True)
    assert pathlib.Path(hub.hf_hub_download("org/name", "config.json")).read_text() == "{}"
    hub.configure(origin.source(), store=store, ca_file=origin.ca, digest_policy="chunks")  # type: ignore[arg-type,misc,typeddict-item]
    with pytest.raises(ValueError, match="'automatic', 'whole'"):
        hub.hf_hub_download("org/name", "config.json")


def test_a_missing_file_is_huggingface_hubs_own_error_where_that_is_loaded(monkeypatch: pytest.MonkeyPatch, origin: Origin,
                                                                       store: pathlib.Path) -> None:
    class EntryNotFoundError(Exception):
        pass

    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", types.SimpleNamespace(EntryNotFoundError=EntryNotFoundError))  # type: ignore[arg-type]
    origin.publish(model="org--name")
    hub.configure(origin.source(), store=store, ca_file=origin.ca)
    with pytest.raises(EntryNotFoundError) as raised:
        hub.hf_hub_download("org/name", "nothing.json")
    assert isinstance(raised.value, FileNotFoundError) and "nothing.json" in str(raised.value)


def test_a_model_is_a_path_a_context_and_bytes(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(zip={"a.safetensors": safetensors(x=[1.0, 2.0]), "config.json": "{}", "empty": ""})
    with modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca) as model:
        assert (model / "config.json").read_text() == "{}" and model / pathlib.Path("config.json") == model.path / "config.json"
        assert model.open("config.json").read() == b"{}" and bytes(model.buffer("empty")) == b""
        view = model.buffer("a.safetensors")
        assert view.readonly and struct.unpack_from("<2f", view[len(view) - 8:]) == (1.0, 2.0)
        assert [pathlib.Path(f).name for f in model.files()] == ["a.safetensors", "config.json", "empty"]
    assert len(view) > 8  # a buffer outlives its model
    again = modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca)
    assert again is not model and again.open("config.json").read() == b"{}"


def test_tensors_are_numpys_without_a_copy(origin: Origin, store: pathlib.Path) -> None:
    numpy = pytest.importorskip("numpy")
    origin.publish(zip={"a.safetensors": safetensors(x=[1.0, 2.0]), "b.safetensors": safetensors(y=[3.0])})
    model = modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca)
    tensors = adapters.numpy_tensors(model)
    assert tensors["x"].tolist() == [1.0, 2.0] and tensors["y"].tolist() == [3.0]
    assert not tensors["x"].flags.owndata and tensors["x"].dtype == numpy.float32


def test_ensure_knows_a_model_by_all_its_options(origin: Origin, store: pathlib.Path) -> None:
    origin.publish()
    seen: list[tuple[int, int]] = []
    first = modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca, on_progress=lambda *at: seen.append(at))
    assert seen and modelsec.ensure("demo", origin.source(), store=str(store), ca_file=origin.ca) is first
    other = modelsec.ensure("demo", origin.source(min_sequence=1), store=store, ca_file=origin.ca)
    assert other is not first and other.version == first.version
    with pytest.raises(modelsec.MismatchError):
        modelsec.ensure("demo", origin.source(tier="another"), store=store, ca_file=origin.ca)


def test_ctrl_c_cancels_also_where_a_server_has_taken_the_signal(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(size=40 << 20)
    origin.fail("/demo/1.0.0/model.bin", bytes_per_second=1 << 20)
    # As uvicorn does: a handler that only notes the wish, and a start-up that is waited for.
    program = (
        "import asyncio, json, os, signal, sys, modelsec; a = json.loads(sys.argv[1]); wish = []\n"
        "signal.signal(signal.SIGINT, lambda *_: wish.append(1))\n"
        "source = modelsec.Source(manifest_url=a['url'], pins=a['pins'])\n"
        "stop = lambda done, _: done > 0 and not wish and os.kill(os.getpid(), signal.SIGINT)\n"
        "options = dict(store=a['store'], ca_file=a['ca'], on_progress=stop)\n"
        "try:\n"
        "    if a['twin']: asyncio.run(modelsec.ensure_async('demo', source, **options))\n"
        "    else: modelsec.ensure('demo', source, **options)\n"
        "except modelsec.CancelledError: print('cancelled', len(wish) > 0)\n")
    for twin in (False, True):
        arguments = json.dumps({"url": origin.about["manifest_url"], "pins": origin.pins, "store": str(store), "ca": origin.ca, "twin": twin})
        ended = subprocess.run([sys.executable, "-c", program, arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
        assert (ended.stdout, ended.stderr) == ("cancelled True\n", "")


def test_the_module_is_the_command(tmp_path: pathlib.Path) -> None:
    command = tmp_path / "modelsec"
    command.write_text('#!/bin/sh\necho "$0" "$@"\nexit 42\n')
    command.chmod(0o755)
    ran = subprocess.run([sys.executable, "-m", "modelsec", "status", "--json"], text=True, capture_output=True,
                         env={**ENVIRONMENT, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (ran.returncode, ran.stdout) == (42, f"{command} status --json\n")
    ran = subprocess.run([sys.executable, "-m", "modelsec"], text=True, capture_output=True, env={**ENVIRONMENT, "PATH": str(tmp_path / "no")})
    assert ran.returncode == 1 and "PATH" in ran.stderr


def serve(origin: Origin, store: pathlib.Path) -> subprocess.Popen[str]:
    pins = store.parent / "pins.json"
    pins.write_text(json.dumps(origin.pins))
    return subprocess.Popen([sys.executable, str(HERE.parent / "examples" / "serve.py"), origin.about["manifest_url"],
                             str(pins), str(store), origin.ca], env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def test_the_example_server_starts_on_a_small_model_and_answers(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(model="tiny", file_name="model.safetensors", text=safetensors(weights=[0.5, 2.0, 8.0]))
    server = serve(origin, store)
    try:
        assert server.stdout
        port = int(server.stdout.readline().split()[-1])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as r:
            assert json.load(r) == {"ready": True, "model": "tiny", "version": "1.0.0", "stale": False}
        question = json.dumps({"inputs": [2, 3, 1]}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/infer", data=question) as r:
            assert json.load(r) == {"output": 15.0}
    finally:
        server.kill()
        server.communicate()


def test_the_example_server_does_not_start_on_a_forged_one(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(model="tiny", file_name="model.safetensors", text="x", tamper="key")
    server = serve(origin, store)
    _, said = server.communicate(timeout=60)
    assert server.returncode == 20
    assert said.startswith(f"{modelsec.MESSAGES[modelsec.Code.SIGNATURE]} (20 signature, ") and said.count("\n") == 1


def test_a_process_may_end_while_it_downloads(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(size=20 << 20)
    origin.fail("/demo/1.0.0/model.bin", bytes_per_second=1 << 20)
    program = ("import json, sys, threading, modelsec; a = json.loads(sys.argv[1]); c = modelsec.Client(a['store'], ca_file=a['ca']); "
               "e = threading.Event(); "
               "o = c.start('demo', modelsec.Source(manifest_url=a['url'], pins=a['pins']), on_progress=lambda *_: e.set()); "
               "e.wait(); print('bye')")
    arguments = json.dumps({"url": origin.about["manifest_url"], "pins": origin.pins, "store": str(store), "ca": origin.ca})
    ended = subprocess.run([sys.executable, "-c", program, arguments], env=ENVIRONMENT, capture_output=True, text=True,
                           timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "bye\n", "")


def test_a_process_may_end_right_after_an_operation(store: pathlib.Path) -> None:
    program = "import sys, modelsec; modelsec.Client(sys.argv[1]).gc()"
    for _ in range(15):
        ended = subprocess.run([sys.executable, "-c", program, str(store)], env=ENVIRONMENT, capture_output=True, text=True)
        assert (ended.returncode, ended.stderr) == (0, "")


def test_a_bar_shows_the_progress(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(size=3_000_000)
    shown: list[int] = []

    class Bar:
        def __init__(self, **_: object) -> None:
            self.n, self.total = 0, 0

        def update(self, more: int) -> None:
            self.n += more
            shown.append(self.n)

        def close(self) -> None:
            shown.append(-1)

    with modelsec.Client(store, ca_file=origin.ca) as client:
        client.fetch("demo", origin.source(), progress=Bar)
    assert shown[0] == 0 and shown[-2:] == [3_000_000, -1]


def test_offline_stays_offline_whatever_the_hubs_caller_says(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(model="org--name")
    hub.configure(origin.source(), store=store, ca_file=origin.ca, offline=True)
    with pytest.raises(modelsec.NoneActiveError):
        hub.snapshot_download("org/name")
    hub.configure(origin.source(), store=store, ca_file=origin.ca)
    with pytest.raises(modelsec.NoneActiveError):
        hub.snapshot_download("org/name", local_files_only=True)
    assert origin.requests() == []


def test_models_are_forgotten_while_others_come(monkeypatch: pytest.MonkeyPatch, origin: Origin, store: pathlib.Path) -> None:
    class Guarded(dict[object, object]):
        """forget() goes through it by the same lock."""

        def __setitem__(self, key: object, value: object) -> None:
            assert startup._lock.locked()
            super().__setitem__(key, value)

    monkeypatch.setattr(startup, "_models", Guarded())
    origin.publish()
    assert modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca).version == "1.0.0"
    modelsec.forget()
    assert not startup._models
