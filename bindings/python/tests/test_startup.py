# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
from __future__ import annotations

import base64
import json
import os
import pathlib
import struct
import subprocess
import sys
import threading
import types
import urllib.request

import pytest

import modelsec
from modelsec import adapters, hub, startup
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
    with pytest.raises(modelsec.MismatchError):
        hub.hf_hub_download("org/name", "config.json", revision="0.9")


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
    assert said == f"{modelsec.MESSAGES[modelsec.Code.SIGNATURE]} (20 signature)\n"


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
