#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""One file served by nginx over TLS on this machine, downloaded by modelsec and by others, in turns.

Wall time is what a stopwatch shows, CPU and memory are the client's own (wait4). Every run starts with an empty folder and
with nothing waiting to be written. Medians; the runs themselves are in bench.json.
"""
import argparse
import hashlib
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time

import bindings
import chart
import packs
import wan

# Everything is on loopback: this machine's proxy is on nobody's way.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"

NGINX = """
daemon off; worker_processes auto; pid {dir}/nginx.pid; error_log {dir}/nginx.log;
events {{ worker_connections 64; }}
http {{
    access_log off; sendfile on;
    client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
    uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {dir}/server.pem; ssl_certificate_key {dir}/server.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        root {dir}/www;
    }}
{more}
}}
"""

# What modelsec's median may be, as a share of the other's.
WALL_TARGETS = {"curl -o file, then sync": 0.70, "curl -o file": 1.15, "curl, then openssl dgst": 0.65, "awscrt": 0.65,
                "huggingface_hub": 0.40}
CPU_TARGETS = {"curl, then openssl dgst": 0.85}
THREAD_TARGET = 0.45  # of the client's CPU seconds: no thread carries more, with chunks and four connections
PEAK_TARGET_MIB = 32
OFFLINE_TARGET_MS = 20
WAN_SHARE_TARGET = 0.90  # of what all connections may bring, or of what the machine can do


def run_quietly(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_certificates(folder):
    """A throwaway CA and a certificate for 127.0.0.1 by it."""
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run_quietly("openssl", "req", "-x509", *ec, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", "2",
                "-subj", "/CN=throwaway bench CA", "-addext", "keyUsage=critical,keyCertSign")
    run_quietly("openssl", "req", *ec, "-keyout", folder / "server.key", "-out", folder / "server.csr", "-subj", "/CN=bench")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n"
                                       "extendedKeyUsage=serverAuth\n")
    run_quietly("openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", folder / "server.ext", "-out", folder / "server.pem")


def make_model(path, size):
    """Bytes that do not compress; gives their SHA-256."""
    digest = hashlib.sha256()
    with open(path, "wb") as out:
        left = size
        while left:
            block = os.urandom(min(left, 4 << 20))
            digest.update(block)
            out.write(block)
            left -= len(block)
    return digest.hexdigest()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_nginx(folder, port, more=""):
    (folder / "nginx.conf").write_text(NGINX.format(dir=folder, port=port, more=more))
    server = subprocess.Popen(["nginx", "-p", folder, "-e", folder / "nginx.log", "-c", folder / "nginx.conf"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        except OSError:
            time.sleep(0.05)
    server.kill()
    sys.exit("bench: nginx does not start: " + (folder / "nginx.log").read_text())


def measure(steps):
    """Runs commands one after the other: (wall seconds, CPU seconds, peak MiB)."""
    wall = cpu = peak = 0.0
    for command in steps:
        command = [str(word) for word in command]
        script = pathlib.Path(__file__).with_name("measure.py")
        status, seconds, busy, kib = run_quietly(sys.executable, "-I", "-S", script, *command).split()
        if status != "0":
            sys.exit(f"bench: failed with {status}: {' '.join(command)}")
        wall += float(seconds)
        cpu += float(busy)
        peak = max(peak, int(kib) / 1024)
    return wall, cpu, peak


def peers(root):
    """A Python with awscrt and huggingface_hub; None, said why, where they cannot be had."""
    place = root / "build" / "bench-python"
    python = place / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", place], check=True, capture_output=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "awscrt", "huggingface_hub"], check=True,
                       capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        print("    awscrt and huggingface_hub cannot be had: their rows are left out")
        return None
    return python


AWSCRT = """
import sys
from awscrt import http, io, s3
ca, host, port, path, to = sys.argv[1:]
group = io.EventLoopGroup()
trust = io.TlsContextOptions()
trust.override_default_trust_store_from_path(None, ca)
client = s3.S3Client(bootstrap=io.ClientBootstrap(group, io.DefaultHostResolver(group)), region="us-east-1",
                     tls_connection_options=io.ClientTlsContext(trust).new_connection_options(), throughput_target_gbps=10)
request = http.HttpRequest("GET", path, http.HttpHeaders([("host", f"{host}:{port}")]))
client.make_request(type=s3.S3RequestType.GET_OBJECT, request=request, recv_filepath=to).finished_future.result(600)
"""


def contestants(modelsec, base, ca, digest, out, pins, python, hub_port):
    """Name to the commands it runs; each leaves its file below `out`."""
    url, file = f"{base}/model.bin", out / "model.bin"
    aria2 = ["aria2c", "-q", "--no-conf", f"--ca-certificate={ca}", f"--checksum=sha-256={digest}", "-d", out, "-o", "model.bin"]
    curl = ["curl", "-sS", "--fail", "--cacert", ca]
    all_of_them = {
        "modelsec fetch": [fetch_command(modelsec, base, ca, out / "store", pins)],
        "curl -o file, then sync": [[*curl, "-o", file, url], ["sync", file]],
        "curl -o file": [[*curl, "-o", file, url]],
        "curl, then openssl dgst": [[*curl, "-o", file, url], ["openssl", "dgst", "-sha256", file]],
        "aria2c --checksum": [[*aria2, url]],
        "aria2c --checksum, no allocation": [[*aria2, "-x1", "-s1", "--file-allocation=none", url]],
        "wget": [["wget", "-q", "--no-config", f"--ca-certificate={ca}", "-O", file, url]],
        "curl -o /dev/null": [[*curl, "-o", "/dev/null", url]],
    }
    if python:
        host, port = base.removeprefix("https://").split(":")
        all_of_them["awscrt"] = [[python, "-c", AWSCRT, ca, host, port, "/model.bin", file]]
        all_of_them["huggingface_hub"] = [["env", *wan.hub_environment(hub_port, ca), python, "-c", wan.HUB, wan.COMMIT, out / "hub"]]
    return all_of_them


def cpu_by_thread(command):
    """Runs it and looks at its threads meanwhile: CPU seconds of each, the greatest first."""
    tick, seen = os.sysconf("SC_CLK_TCK"), {}
    with subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
        tasks = pathlib.Path(f"/proc/{running.pid}/task")
        while running.poll() is None:
            for task in list(tasks.iterdir()) if tasks.exists() else []:
                try:
                    fields = (task / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue  # it has just ended
                seen[task.name] = (int(fields[11]) + int(fields[12])) / tick
            time.sleep(0.005)
    return sorted((seconds for seconds in seen.values() if seconds > 0), reverse=True)


def spread_over_threads(modelsec, folder, base, pins):
    """What one file with chunks costs by thread, over four connections; whether the target is reached."""
    out = folder / "out"
    shares = []
    for _ in range(3):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        os.sync()
        threads = cpu_by_thread([*fetch_command(modelsec, base, folder / "ca.pem", out / "store", pins), "--connections", "4"])
        shares.append((threads[0] / sum(threads), threads))
    share, threads = sorted(shares)[1]
    reached = share <= THREAD_TARGET
    print("CPU seconds by thread: " + ", ".join(f"{t:.2f}" for t in threads) +
          f"; the greatest share {share:.2f} (target <= {THREAD_TARGET}{'' if reached else ', missed'})")
    return [round(t, 2) for t in threads], reached


def fetch_command(modelsec, base, ca, store, pins):
    return [modelsec, "fetch", "--manifest", f"{base}/manifest.json", "--pins", pins, "--ca", ca, "--store", store,
            "--model", "bench-model", "--quiet"]


def publish(modelsec, folder, base):
    """Key and signed manifest, by the command itself; gives the file of pins."""
    run_quietly(modelsec, "keygen", "--out", folder / "keys", "--key-id", "bench")
    [pins] = (folder / "keys").glob("*.pub.json")
    [private] = [f for f in (folder / "keys").iterdir() if f != pins]
    run_quietly(modelsec, "publish", "--key", private, "--model", "bench-model", "--version", "1.0.0", "--platform", "any",
                "--file", folder / "www/model.bin", "--url", f"{base}/model.bin", "--sequence", "1", "--expires", "2d",
                "--out", folder / "www/manifest.json")
    return pins


def version_of(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0]


def machine():
    cpu = next((line.split(": ")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "system": platform.freedesktop_os_release()["PRETTY_NAME"]}


def over_there(modelsec, folder, port, ours_near, mib, python):
    """One file from a host that is far and slow a connection: one run each. Rows for the chart, and whether the targets are reached."""
    out, ca = folder / "out", folder / "ca.pem"
    url, file, limit = f"https://127.0.0.1:{port}/model.bin", out / "model.bin", wan.RATE_MB * 10**6 * wan.CONNECTIONS
    manifest = folder / "far.json"
    [private] = [f for f in (folder / "keys").iterdir() if not f.name.endswith(".pub.json")]
    [pins] = (folder / "keys").glob("*.pub.json")
    run_quietly(modelsec, "publish", "--key", private, "--model", "bench-model", "--version", "1.0.0", "--platform", "any",
                "--file", folder / "www/model.bin", "--url", url, "--sequence", "1", "--expires", "2d", "--out", manifest)
    several = str(wan.CONNECTIONS)
    steps = {
        "modelsec fetch": [modelsec, "fetch", "--manifest-file", manifest, "--pins", pins, "--ca", ca, "--store", out / "store",
                           "--model", "bench-model", "--quiet"],
        f"aria2c -x{several}": ["aria2c", "-q", "--no-conf", f"--ca-certificate={ca}", "-x", several, "-s", several, "-k", "1M",
                                "--file-allocation=none", "-d", out, "-o", "model.bin", url],
        "curl -o file": ["curl", "-sS", "--fail", "--cacert", ca, "-o", file, url],
    }
    if python:
        steps["huggingface_hub"] = ["env", *wan.hub_environment(port, ca), python, "-c", wan.HUB, wan.COMMIT, out / "hub"]
    machine_rate = (mib << 20) / ours_near
    rows, print_line = [], "    {:34}{:8.2f} s {:8.1f} MB/s{:10.1f} MiB".format
    print(f"\n==> From afar: {wan.RATE_MB} MB/s a connection, {2000 * wan.DELAY_S:.0f} ms there and back")
    for name, command in steps.items():
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        os.sync()
        wall, cpu, peak = measure([command])
        rows.append({"name": name, "wall": round(wall, 3), "cpu": round(cpu, 3), "peak": round(peak, 1)})
        print(print_line(name, wall, (mib << 20) / wall / 1e6, peak), flush=True)
    ours = rows[0]["wall"]
    for row in rows:
        row["ratio"] = round(ours / row["wall"], 3)
    share = (mib << 20) / ours / min(limit, machine_rate)
    reached = share >= WAN_SHARE_TARGET and ours <= rows[1]["wall"]
    print(f"share of what can be had: {share:.2f} (target >= {WAN_SHARE_TARGET}); against aria2c -x{several}: "
          f"x {ours / rows[1]['wall']:.2f} (target <= 1){'' if reached else ', missed'}")
    return {"share": round(share, 3), "rate_mb": wan.RATE_MB, "delay_ms": 2000 * wan.DELAY_S, "results": rows}, reached


def report(results, offline_ms):
    """Prints the table; gives it as data, and whether every target was reached."""
    ours = results["modelsec fetch"]
    rows, reached = [], True
    print(f"\n{'':34}{'wall s':>8}{'CPU s':>8}{'peak MiB':>10}{'modelsec takes':>16}  target")
    for name, r in results.items():
        ratio, target = ours["wall"] / r["wall"], WALL_TARGETS.get(name)
        verdict = "" if target is None else f"<= {target:.2f}"
        if target is not None and ratio > target:
            verdict += " missed"
            reached = False
        print(f"{name:34}{r['wall']:8.2f}{r['cpu']:8.2f}{r['peak']:10.1f}"
              f"{'' if r is ours else f'x {ratio:.2f}':>16}  {verdict}")
        rows.append({"name": name, **r, "ratio": round(ratio, 3), "target": target})
    others = [("CPU seconds against curl, then openssl dgst", ours["cpu"] / results["curl, then openssl dgst"]["cpu"],
               CPU_TARGETS["curl, then openssl dgst"], ""),
              ("peak memory", ours["peak"], PEAK_TARGET_MIB, " MiB"),
              ("already active, --offline, whole process", offline_ms, OFFLINE_TARGET_MS, " ms")]
    print()
    for what, value, target, unit in others:
        print(f"{what}: {value:.2f}{unit} (target <= {target}{unit}{'' if value <= target else ', missed'})")
        reached = reached and value <= target
    return rows, reached


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--modelsec", type=pathlib.Path, required=True)
    options.add_argument("--mib", type=int, default=1024, help="size of the model")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--out", type=pathlib.Path, default=root / "docs", help="where bench.json and bench.svg go")
    options.add_argument("--bindings", action="store_true", help="what other languages cost, in place of other programs")
    options.add_argument("--packs", action="store_true", help="many files, versions that share bytes, resuming and verifying, instead")
    options.add_argument("--check", action="store_true", help="fail if a target is missed")
    arguments = options.parse_args()
    modelsec = arguments.modelsec.resolve()

    folder = root / "build" / "bench"  # on a disk, not in memory as /tmp may be
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "www").mkdir(parents=True)
    folder.chmod(0o755)
    try:
        print(f"==> Making {arguments.mib} MiB of model, a CA and a signed manifest")
        make_certificates(folder)
        digest = make_model(folder / "www/model.bin", arguments.mib << 20)
        port = free_port()
        base = f"https://127.0.0.1:{port}"
        pins = publish(modelsec, folder, base)
        limited = free_port()
        server = start_nginx(folder, port, wan.server(folder, limited, digest, arguments.mib << 20))
        relay = wan.Relay(modelsec.with_name("bench_relay"), limited)
        try:
            if arguments.bindings:
                reached = bindings.run(modelsec, folder, base, pins, arguments.rounds, measure, fetch_command)
                return 0 if reached or not arguments.check else 1
            if arguments.packs:
                reached = packs.run(modelsec, folder, base, pins, arguments.rounds, measure, arguments.out)
                return 0 if reached or not arguments.check else 1
            python = peers(root)
            results, offline_ms = compete(modelsec, folder, base, digest, pins, arguments.rounds, python, limited)
            threads, spread = spread_over_threads(modelsec, folder, base, pins)
            far, far_reached = over_there(modelsec, folder, relay.port, results["modelsec fetch"]["wall"], arguments.mib, python)
        finally:
            relay.close()
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    rows, reached = report(results, offline_ms)
    reached = reached and far_reached and spread
    data = {"machine": machine(), "mib": arguments.mib, "rounds": arguments.rounds, "offline_ms": round(offline_ms, 2),
            "versions": [version_of(str(modelsec), "--version"), version_of("curl", "--version"), version_of("aria2c", "--version"),
                         version_of("wget", "--version"), version_of("openssl", "version")], "results": rows, "threads": threads, "wan": far}
    arguments.out.mkdir(exist_ok=True)
    (arguments.out / "bench.json").write_text(json.dumps(data, indent=2) + "\n")
    (arguments.out / "bench.svg").write_text(chart.bars(rows, f"{arguments.mib} MiB over TLS from this machine, seconds of wall time"))
    (arguments.out / "bench-wan.svg").write_text(chart.bars(
        far["results"], f"{arguments.mib} MiB from a host with {wan.RATE_MB} MB/s a connection, seconds of wall time"))
    print(f"\n==> Written: bench.json, bench.svg and bench-wan.svg in {os.path.relpath(arguments.out)}")
    return 0 if reached or not arguments.check else 1


def compete(modelsec, folder, base, digest, pins, rounds, python, hub_port):
    out, ca = folder / "out", folder / "ca.pem"
    runs = {}
    for turn in range(rounds):
        for name, steps in contestants(modelsec, base, ca, digest, out, pins, python, hub_port).items():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            os.sync()
            runs.setdefault(name, []).append(measure(steps))
            print(f"    {turn + 1}/{rounds}  {name:34}{runs[name][-1][0]:7.2f} s", flush=True)
    results = {}
    for name, measured in runs.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*measured))
        results[name] = {"wall": round(wall, 3), "cpu": round(cpu, 3), "peak": round(peak, 1),
                         "walls": [round(m[0], 3) for m in measured]}
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    fetch = fetch_command(modelsec, base, ca, out / "store", pins)
    measure([fetch])
    return results, statistics.median(measure([[*fetch, "--offline"]])[0] * 1000 for _ in range(11))


if __name__ == "__main__":
    sys.exit(main())
