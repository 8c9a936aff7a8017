# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What the other languages cost: the same fetch by the command and through each binding, in turns; and 1,000 status calls.

Started by bench.py --bindings. Each binding's fetch is a whole process, from its start to its end, as the command's is, without what
this machine's site adds to every start of Python; Dart's is made ahead of time. A server that starts has its Python running: what the
fetch takes there, from making the client to closing it, is the line that has a target.
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

OVERHEAD_TARGET = 1.03
STATUS_TARGETS_MS = {"C": 10, "Python": 50, "Dart": 50}

PYTHON_FETCH = """
import pathlib, sys, time, modelsec
manifest, pins, ca, store, took = sys.argv[1:]
begin = time.perf_counter()
with modelsec.Client(store, ca_file=ca, profile="server") as client:
    seen = []
    client.fetch("bench-model", modelsec.Source(manifest_url=manifest, pins=pathlib.Path(pins).read_text()),
                 on_progress=lambda done, total: seen.append(done))
    assert seen[-1] == client.status()[0].bytes
pathlib.Path(took).write_text(str(time.perf_counter() - begin))
"""

PYTHON_STATUS = """
import sys, time, modelsec
client, best = modelsec.Client(sys.argv[1]), 1e9
for _ in range(7):
    begin = time.perf_counter()
    for _ in range(1000):
        client.status()
    best = min(best, time.perf_counter() - begin)
print(best * 1000)
"""

C_STATUS = """
#define _POSIX_C_SOURCE 200809L
#include <modelsec/modelsec.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
int main(int count, char **words)
{
    modelsec_client_options o;
    modelsec_client *client;
    double best = 1e9;
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.store = words[count - 1];
    if (modelsec_client_create(&o, &client, NULL)) return 1;
    for (int round = 0; round < 7; ++round)
    {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (int i = 0; i < 1000; ++i)
        {
            modelsec_status *s;
            if (modelsec_client_status(client, &s, NULL) || s->count != 1) return 1;
            modelsec_status_release(s);
        }
        clock_gettime(CLOCK_MONOTONIC, &b);
        const double ms = (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6;
        if (ms < best) best = ms;
    }
    printf("%f\\n", best);
    return 0;
}
"""


def made_in_dart(root, build, folder):
    """Dart's program; None, said why, where there is no Dart."""
    done = subprocess.run(["bash", root / "scripts/dart.sh", "bench", build, folder / "dart"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return folder / "dart/bundle/bin/bindings"
    print(done.stdout.strip())
    if done.returncode != 77:
        sys.exit("bench: Dart's program cannot be built")
    return None


def run(modelsec, folder, base, pins, rounds, measure, fetch_command):
    """Prints the tables; whether every target was reached."""
    root = pathlib.Path(__file__).resolve().parent.parent
    library = modelsec.parent.parent / "lib"
    os.environ["PYTHONPATH"] = str(root / "bindings/python/src")
    os.environ["LD_LIBRARY_PATH"] = str(library)
    ca, out, took = folder / "ca.pem", folder / "out", folder / "took"
    names = {
        "modelsec fetch": fetch_command(modelsec, base, ca, out / "store", pins),
        "Python, whole process": [sys.executable, "-S", "-c", PYTHON_FETCH, f"{base}/manifest.json", pins, ca, out / "store", took],
    }
    dart = made_in_dart(root, modelsec.parent.parent, folder)
    if dart:
        [pin] = json.loads(pathlib.Path(pins).read_text())["keys"]
        names["Dart, whole process"] = [dart, "fetch", f"{base}/manifest.json", pin["key_id"], pin["ed25519_b64"], out / "store", ca, took]
    walls = {line: [] for name in names for line in (name, name.split(",")[0])}  # a process, and the fetch in it
    for turn in range(rounds):
        # Whoever goes first in one round goes last in the next.
        for name in sorted(names, reverse=turn % 2 == 1):
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            os.sync()
            walls[name].append(measure([names[name]])[0])
            if name.endswith("whole process"):
                walls[name.split(",")[0]].append(float(took.read_text()))
            print(f"    {turn + 1}/{rounds}  {name:34}{walls[name][-1]:7.2f} s", flush=True)
    reached = True
    print(f"\n{'':34}{'median s':>10}{'best s':>10}{'over the command':>18}  target")
    for name, seconds in walls.items():
        ratio = statistics.median(seconds) / statistics.median(walls["modelsec fetch"])
        verdict = ""
        if not name.endswith("whole process"):
            verdict = f"<= {OVERHEAD_TARGET}{'' if ratio <= OVERHEAD_TARGET else ' missed'}"
            reached = reached and ratio <= OVERHEAD_TARGET
        print(f"{name:34}{statistics.median(seconds):10.2f}{min(seconds):10.2f}{f'x {ratio:.3f}':>18}  {verdict}")

    (folder / "status.c").write_text(C_STATUS)
    subprocess.run(["cc", "-O2", folder / "status.c", "-o", folder / "status", f"-I{root}/bindings/c/include", f"-L{library}",
                    "-lmodelsec"], check=True)
    status = {"C": [folder / "status", out / "store"], "Python": [sys.executable, "-c", PYTHON_STATUS, out / "store"]}
    if dart:
        status["Dart"] = [dart, "status", out / "store"]
    for name, command in status.items():
        took = float(re.search(r"[\d.]+", subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)[0])
        good = took <= STATUS_TARGETS_MS[name]
        reached = reached and good
        print(f"1,000 status calls, {name}: {took:.1f} ms (target <= {STATUS_TARGETS_MS[name]} ms{'' if good else ', missed'})")
    return reached
