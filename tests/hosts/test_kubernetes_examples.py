# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""examples/kubernetes: the containers' own commands, in folders as Kubernetes makes them; and the Dockerfile's layers, which hold no weights."""
import concurrent.futures
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import packages
import pytest
from support import MODELSEC, Answer, noise, run

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "kubernetes"
MODEL = noise(3_000_000)


def documents(name):
    sys.path.insert(0, str(packages.python("pyyaml")))
    import yaml
    return list(yaml.safe_load_all((EXAMPLE / name).read_text()))


def pod_of(name):
    for document in documents(name):
        if document["kind"] == "Deployment":
            return document["spec"]["template"]["spec"]
        if document["kind"] == "Pod":
            return document["spec"]
    raise AssertionError(name)


@pytest.mark.parametrize("name", ["deployment.yaml", "image-volume.yaml"])
def test_no_container_has_more_rights_than_it_needs_and_no_secret_is_in_an_argument_or_a_variable(name):
    pod = pod_of(name)
    assert pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in pod["initContainers"] + pod["containers"]:
        rights = container["securityContext"]
        assert rights == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert "env" not in container and "envFrom" not in container
        assert not re.search(r"hf_|AKIA|Bearer|password", json.dumps(container))
        if container in pod["containers"]:
            assert all(m.get("readOnly") for m in container["volumeMounts"])


class Node:
    """Folders in place of volumes, owned as Kubernetes has them: the shared one root's with the pod's group and setgid (fsGroup); the secret root's, 0440."""

    def __init__(self, world):
        self.world = world
        self.tokens = []
        self.root = world.folder / "node"
        for name in ("models", "secrets", "bin", "etc"):
            (self.root / name).mkdir(parents=True)
        self.origin = world.server(self.answer)
        self.manifest = world.sign(world.described(MODEL, url=self.origin.url + "/model.bin", chunks=world.chunked(MODEL)), model="llama").read_bytes()
        (self.root / "secrets" / "credentials.json").write_text(json.dumps({self.origin.url: {"bearer": "PLANTEDtoken"}}))
        key_id, _, public = world.pin.partition("=")
        (self.root / "etc" / "pins.json").write_text(json.dumps({"keys": [{"key_id": key_id, "ed25519_b64": public}], "threshold": 1}))
        shutil.copy(MODELSEC, self.root / "bin" / "modelsec")
        if os.geteuid() == 0:
            for path in self.root.rglob("*"):
                os.chown(path, 0, 10001)
            for path in [world.folder, *world.folder.parents][:4]:
                path.chmod(path.stat().st_mode | 0o011)
            (self.root / "models").chmod(0o2775)
            (self.root / "secrets" / "credentials.json").chmod(0o440)

    def answer(self, seen):
        self.tokens.append(seen.header("authorization"))
        if seen.header("authorization") != "Bearer PLANTEDtoken":
            return Answer(401)
        return Answer(200, self.manifest if seen.path == "/manifests/llama.json" else MODEL)

    def run(self, command, pod=0, ca=True):
        private = self.root / f"private-{pod}"  # an emptyDir: each pod has its own
        private.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            os.chown(private, 0, 10001)
            private.chmod(0o2777)
        text = [part.replace("https://models.example", self.origin.url).replace("/run/secrets/models", str(self.root / "secrets")).replace("/run/private", str(private))
                .replace("/etc/models", str(self.root / "etc")).replace("--store /models", f"--store {self.root / 'models'}") for part in command]
        text = [str(self.root / "models") if part == "/models" else part for part in text]
        if ca:
            text[-1] = text[-1].replace(" --json", f" --json --ca {self.world.ca.file}")
        as_user = ["setpriv", "--reuid=10001", "--regid=10001", "--groups=10001", "--no-new-privs", "--bounding-set=-all"] if os.geteuid() == 0 else []
        env = {"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "HOME": "/nonexistent"}
        return subprocess.run([*as_user, *text], capture_output=True, text=True, env=env, timeout=120)


def test_the_init_containers_of_many_pods_fetch_a_model_once_into_the_shared_volume(world):
    node = Node(world)
    command = pod_of("deployment.yaml")["initContainers"][0]["command"]
    with concurrent.futures.ThreadPoolExecutor(4) as pods:
        done = list(pods.map(lambda pod: node.run(command, pod), range(4)))
    for one in done:
        assert one.returncode == 0, (one.stdout, one.stderr)
        assert "PLANTED" not in one.stdout + one.stderr
    results = [json.loads(one.stdout.splitlines()[-1]) for one in done]
    assert sum(r["bytes_fetched"] for r in results) == len(MODEL)
    assert (pathlib.Path(results[0]["path"]) / "model.bin").read_bytes() == MODEL
    planted = subprocess.run(["grep", "-rl", "PLANTEDtoken", str(node.root / "models")], capture_output=True, text=True)
    assert planted.stdout == ""


def test_a_model_from_an_image_is_hashed_again_before_the_server_begins(world):
    node = Node(world)
    store = world.folder / "store"
    text = (EXAMPLE / "README.md").read_text()
    assert "--shared-read" in re.search(r"modelsec fetch .*", text)[0]
    manifest = world.folder / "llama.json"
    manifest.write_bytes(node.manifest)
    path = world.folder / "credentials.json"
    path.write_text(json.dumps({node.origin.url: {"bearer": "PLANTEDtoken"}}))
    path.chmod(0o600)
    assert world.fetch(manifest, "--model", "llama", "--shared-read", "--credentials", path, store=store).code == 0
    shutil.rmtree(node.root / "models")
    shutil.copytree(store, node.root / "models", symlinks=True)
    if os.geteuid() == 0:
        for each in [node.root / "models", *(node.root / "models").rglob("*")]:
            os.chown(each, 10001, 10001, follow_symlinks=False)
    command = pod_of("image-volume.yaml")["initContainers"][0]["command"]
    done = node.run(command, ca=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    file = next(p for p in (node.root / "models").rglob("model.bin"))
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    assert node.run(command, ca=False).returncode == 30


def image_of(world, context, steps):
    """The Dockerfile's COPY steps, each into a layer."""
    layers = []
    ignored = (context / ".dockerignore").read_text().split()
    allowed = {name[1:] for name in ignored if name.startswith("!")}
    assert "*" in ignored
    for source, target in steps:
        assert source in allowed, f"{source} is not in the build's context"
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            tar.add(context / source, target.lstrip("/"))
        layers.append(layer.getvalue())
    return saved_image(world, layers)


def saved_image(world, layers):
    """A tar as `docker save` writes it."""
    out = world.folder / "image.tar"
    with tarfile.open(out, "w") as tar:
        def add(name, content):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        names = []
        for i, layer in enumerate(layers):
            names.append(f"{i}/layer.tar")
            add(names[-1], layer)
        add("config.json", b"{}")
        add("manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["inference:1.0.0"], "Layers": names}]).encode())
    return out


def test_no_layer_of_the_image_holds_a_weight_or_a_key_and_scan_finds_those_that_are_planted(world):
    context = world.folder / "context"
    shutil.copytree(EXAMPLE, context)
    for name in ("modelsec", "server"):
        shutil.copy("/bin/true", context / name)
    (context / "pins.json").write_text('{"keys": [], "threshold": 1}')
    (context / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0" + b'{"a":{"dtype":"F'.ljust(16) + noise(100_000))
    (context / ".env").write_text("HF_TOKEN=hf_" + "a" * 34)
    text = (context / "Dockerfile").read_text()
    steps = [line.split()[1:] for line in text.splitlines() if line.startswith("COPY")]
    assert len(steps) == 3 and not re.search(r"^(ADD|ENV|ARG)", text, re.M) and "USER 10001" in text

    def scan(image):
        return subprocess.run([MODELSEC, "scan", "--json", str(image)], capture_output=True, text=True, env=world.env(), timeout=60)
    clean = scan(image_of(world, context, steps))
    assert clean.returncode == 0, (clean.stdout, clean.stderr)
    # Whoever copies the model in, or the .env, is told; also if a later layer would hide it.
    (context / ".dockerignore").write_text("*\n!modelsec\n!server\n!pins.json\n!model.safetensors\n!.env\n")
    for planted in ("model.safetensors", ".env"):
        found = scan(image_of(world, context, [*steps, (planted, "/srv/" + planted), ("server", "/srv/other")]))
        assert found.returncode == 60 and planted in found.stdout, (found.stdout, found.stderr)
