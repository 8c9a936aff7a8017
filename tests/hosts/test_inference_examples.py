# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""examples/inference-server: the Python server with a real model (ONNX Runtime), from start-up over a hot swap to a version that fails its own check. The server in
C++ goes through the same in test_inference_server.py."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import packages
import pytest
from support import MODELSEC, Answer, free_port

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = SOURCE / "examples" / "inference-server"
LIBRARY = os.environ.get("MODELSEC_LIBRARY_DIR") or pathlib.Path(MODELSEC).parents[1] / "lib"


def onnx_model(weights, bias):
    """y = x W + b, as an ONNX file."""
    script = f"""
import sys, onnx
from onnx import helper, TensorProto
w = helper.make_tensor("w", TensorProto.FLOAT, [2, 1], {weights})
b = helper.make_tensor("b", TensorProto.FLOAT, [1], [{bias}])
graph = helper.make_graph([helper.make_node("Gemm", ["x", "w", "b"], ["y"])], "tiny",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])], [w, b])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
onnx.checker.check_model(model)
sys.stdout.buffer.write(model.SerializeToString())
"""
    env = dict(os.environ, PYTHONPATH=str(python_folder()))
    return subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, check=True, timeout=120).stdout


def python_folder():
    return packages.python("fastapi", "uvicorn", "onnxruntime", "onnx", "numpy")


class Service:
    """One of the example's servers, and the publisher of its model."""
    file = "model.onnx"

    def command(self):
        return [sys.executable, "-B", EXAMPLE / "server.py"]

    def environment(self):
        return {"PYTHONPATH": os.pathsep.join([str(python_folder()), str(SOURCE / "bindings" / "python" / "src")]), "LD_LIBRARY_PATH": str(LIBRARY)}

    def content(self, weights, bias):
        return onnx_model(weights, bias)

    def __init__(self, world):
        self.world, self.versions, self.manifest, self.model = world, {}, b"", b""
        self.origin = world.server(self.answer)
        self.port = free_port()
        key_id, _, public = world.pin.partition("=")
        self.pins = world.folder / "pins.json"
        self.pins.write_text(json.dumps({"keys": [{"key_id": key_id, "ed25519_b64": public}], "threshold": 1}))
        self.log = world.folder / "server.log"

    def answer(self, seen):
        return Answer(200, self.manifest) if seen.path == "/demo.json" else Answer(200, self.versions[seen.path.strip("/")])

    def publish(self, version, content):
        self.versions[version] = content
        self.manifest = self.world.sign(self.world.described(content, name=self.file, url=f"{self.origin.url}/{version}"), version=version).read_bytes()

    def start(self, **more):
        env = self.world.env({**self.environment(), "MODEL_STORE": str(self.world.store), "MODEL_ID": "demo", "MODEL_CA": str(self.world.ca.file),
                              "MODEL_MANIFEST": self.origin.url + "/demo.json", "MODEL_PINS": str(self.pins), "MODEL_INTERVAL": "0.5", "PORT": str(self.port), **more})
        self.process = self.world.process(self.command(), self.port, self.log, env=env, seconds=90)

    def ask(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as problem:
            return problem.code, json.loads(problem.read())

    def wait_for(self, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what(self.ask("/healthz")[1]):
                return
            time.sleep(0.2)
        raise AssertionError((self.ask("/healthz"), self.log.read_text()[-3000:]))


def changes_over_and_back(service):
    world = service.world
    service.publish("1.0.0", service.content([1.0, 2.0], 0.5))
    service.start()
    assert service.ask("/healthz") == (200, {"status": "ok", "version": "1.0.0", "update": "ok"})
    assert service.ask("/infer", [1, 1]) == (200, {"version": "1.0.0", "output": [3.5]})
    assert service.ask("/infer", [1])[0] == 422

    # Requests all the while: none is lost, and each answer is of one version, whole.
    answers, going = [], threading.Event()
    going.set()

    def load():
        while going.is_set():
            answers.append(service.ask("/infer", [1, 1]))
    threads = [threading.Thread(target=load) for _ in range(3)]
    for t in threads:
        t.start()
    service.publish("2.0.0", service.content([10.0, 20.0], 0.0))
    service.wait_for(lambda h: h["version"] == "2.0.0")
    time.sleep(0.5)
    going.clear()
    for t in threads:
        t.join()
    assert {a["version"]: a["output"] for _, a in answers} == {"1.0.0": [3.5], "2.0.0": [30.0]}
    assert all(status == 200 for status, _ in answers)

    # Rightly signed, and no good: the server stays with what it has, and the store as well.
    for version, content in (("3.0.0", service.content([1.0, 1.0], 3e38)), ("4.0.0", b"no model at all")):
        service.publish(version, content)
        service.wait_for(lambda h: h["update"] == "Model initialization failed (code 1)")
        assert service.ask("/infer", [1, 1])[1]["version"] == "2.0.0"
        path = subprocess.run([MODELSEC, "path", "--store", str(world.store), "demo"], capture_output=True, text=True, env=world.env(), timeout=30).stdout
        assert (pathlib.Path(path.strip()) / service.file).read_bytes() == service.versions["2.0.0"]

    # The host is gone: what is active serves on, also after a restart.
    service.process.close()
    service.origin.answer = lambda seen: Answer(500)
    service.start()
    assert service.ask("/infer", [1, 1]) == (200, {"version": "2.0.0", "output": [30.0]})
    health = service.ask("/healthz")[1]
    assert health["version"] == "2.0.0" and "/" not in json.dumps(health).replace("application/json", "")


def does_not_begin_without_a_model(service, kind, code):
    world = service.world
    service.publish("1.0.0", b"x" * 1000)
    if kind == "signature":
        service.pins.write_text(json.dumps({"keys": [{"key_id": "other", "ed25519_b64": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}], "threshold": 1}))
    elif kind == "digest":
        service.versions["1.0.0"] = b"y" * 1000
    with pytest.raises(RuntimeError) as ended:
        service.start()
    assert f"Model initialization failed (code {code})" in str(ended.value) + service.log.read_text()
    assert str(world.store) not in str(ended.value)


def test_the_server_in_python_reads_what_was_verified_though_the_path_leads_elsewhere(world):
    """The file is replaced by name as soon as it is verified: what is served comes through the descriptor that is held."""
    service = Service(world)
    service.publish("1.0.0", service.content([1.0, 2.0], 0.5))
    hook = world.folder / "hook"
    hook.mkdir()
    (hook / "other.onnx").write_bytes(service.content([7.0, 7.0], 7.0))
    (hook / "sitecustomize.py").write_text(f"""
import os, modelsec
ensure = modelsec.ensure
def replaced(*a, **kw):
    model = ensure(*a, **kw)
    os.chmod(model.path, 0o700)
    os.replace({str(hook / 'other.onnx')!r}, model.path / "model.onnx")
    return model
modelsec.ensure = replaced
""")
    environment = service.environment()
    service.environment = lambda: dict(environment, PYTHONPATH=os.pathsep.join([str(hook), environment["PYTHONPATH"]]))
    service.start(MODEL_INTERVAL="600")
    assert not (hook / "other.onnx").exists()
    assert service.ask("/infer", [1, 1]) == (200, {"version": "1.0.0", "output": [3.5]})


def test_a_new_version_is_changed_over_to_under_load_and_one_that_fails_its_own_check_is_rolled_back(world):
    changes_over_and_back(Service(world))


@pytest.mark.parametrize("kind,code", [("signature", 20), ("digest", 30)])
def test_without_a_model_the_server_does_not_begin_and_says_a_code_alone(world, kind, code):
    does_not_begin_without_a_model(Service(world), kind, code)
