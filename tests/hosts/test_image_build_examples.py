# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""examples/kubernetes/Dockerfile, built: by a builder, where there is one, else its steps one by one; `scan` looks at every layer. By itself, so that ctest says
that it was skipped where neither can be done."""
import fnmatch
import json
import os
import pathlib
import shlex
import shutil
import subprocess

import pytest
from support import MODELSEC, run
from test_kubernetes_examples import EXAMPLE, saved_image

# One step: a writable layer over those before it, in a mount namespace that takes all of this away with it. What is in the layer goes out as a tar.
STEP = r"""
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/lower"
below=
for layer in $3; do
    mkdir "$1/lower/$layer"
    tar -C "$1/lower/$layer" -xpf "$2/$layer.tar"
    below=$1/lower/$layer:$below
done
mount -t overlay overlay -o "lowerdir=$below/,upperdir=$1/upper,workdir=$1/work" "$1/root" || exit 77
mount --rbind /dev "$1/root/dev" && mount -t proc proc "$1/root/proc" || exit 77
if [ "$5" = COPY ]; then
    mkdir -p "$(dirname "$1/root$7")"
    cp -r "$6" "$1/root$7"
else
    chroot $6 "$1/root" /bin/sh -c "$7" </dev/null
fi
tar -C "$1/upper" -cpf "$2/$4.tar" .
"""


def context_of(world):
    context = world.folder / "context"
    shutil.copytree(EXAMPLE, context)
    for name in ("modelsec", "server", "pins.json"):
        shutil.copy("/bin/true", context / name)
    return context


def builder():
    found = next((b for b in ("docker", "podman", "buildah") if shutil.which(b)), None)
    return found if found and subprocess.run([found, "info"], capture_output=True, timeout=60).returncode == 0 else None


def steps_of(dockerfile):
    """(instruction, rest) of each line; this one has no other continuation than none."""
    lines = [line.split(None, 1) for line in dockerfile.splitlines() if line and not line.startswith("#")]
    assert [line[0] for line in lines] == ["FROM", "RUN", "COPY", "COPY", "COPY", "USER", "ENTRYPOINT"], lines
    return lines


def built_step_by_step(world, context):
    """As a builder does it, with this machine's Debian as the base image. The layers, as tars."""
    if os.geteuid() != 0:
        pytest.skip("no builder, and only root may run the Dockerfile's steps")
    base = dict(line.rstrip().split("=", 1) for line in pathlib.Path("/etc/os-release").open() if "=" in line)
    layers, user = world.folder / "layers", ""
    layers.mkdir()
    allowed = [line[1:] for line in (context / ".dockerignore").read_text().split() if line.startswith("!")]
    made = []

    def step(*what):
        place = world.folder / f"step-{len(made)}"
        place.mkdir()
        name = str(len(made))
        done = subprocess.run(["unshare", "--mount", "sh", "-c", STEP, "step", str(place), str(layers), " ".join(made), name, *what],
                              capture_output=True, text=True, timeout=600)
        if done.returncode == 77:
            pytest.skip(f"no builder, and no file systems over others here: {done.stderr.strip()}")
        return name, done

    for instruction, rest in steps_of((context / "Dockerfile").read_text()):
        if instruction == "FROM":
            name, _, version = rest.partition(":")
            if (base.get("ID"), base.get("VERSION_ID", "").strip('"')) != (name, version.removesuffix("-slim")):
                pytest.skip(f"no builder, and this machine is not {rest}")
        elif instruction == "COPY":
            source, target = rest.split()
            assert any(fnmatch.fnmatch(source, pattern) for pattern in allowed), f"{source} is not in the build's context"
            name, done = step("COPY", str(context / source), target)
            assert done.returncode == 0, done.stderr
            made.append(name)
        elif instruction == "RUN":
            name, done = step("RUN", "", rest)
            if done.returncode != 0 and "apt-get update" in rest and "Failed to fetch" in done.stdout + done.stderr:
                pytest.skip("no builder, and no package mirror can be reached")
            assert done.returncode == 0, done.stdout + done.stderr
            made.append(name)
        elif instruction == "USER":
            user = f"--userspec={rest}"
        else:
            # What it begins with runs as that user, who is not root and need not be in /etc/passwd.
            program = " ".join(shlex.quote(part) for part in json.loads(rest))
            _, done = step("RUN", user, f'test "$(id -u)" = {user.partition("=")[2].partition(":")[0]} && exec {program}')
            assert done.returncode == 0, done.stderr
    return [(layers / f"{name}.tar").read_bytes() for name in made]


def test_the_image_is_built_and_no_layer_of_it_holds_a_weight_a_key_or_a_token(world):
    context, by = context_of(world), builder()
    if by:
        run(by, "build", "-t", "modelsec-test/inference", context)
        image = world.folder / "image.tar"
        run(by, "save", "-o", image, "modelsec-test/inference")
    else:
        layers = built_step_by_step(world, context)
        assert len(layers) == 4
        image = saved_image(world, layers)
    done = subprocess.run([MODELSEC, "scan", "--json", str(image)], capture_output=True, text=True, env=world.env(), timeout=120)
    assert done.returncode == 0, (done.stdout, done.stderr)
