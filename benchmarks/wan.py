# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A distant host on this machine: a relay limits every connection, and delays both directions."""
import subprocess

RATE_MB = 20  # a connection
CONNECTIONS = 8
DELAY_S = 0.02  # each way

COMMIT = "0123456789abcdef0123456789abcdef01234567"

# Also as the Hub serves it, for its own client.
SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {dir}/server.pem; ssl_certificate_key {dir}/server.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        root {dir}/www;
        location = /bench/model/resolve/{commit}/model.bin {{
            alias {dir}/www/model.bin;
            etag off;
            add_header X-Repo-Commit {commit};
            add_header ETag '"{digest}"';
            add_header X-Linked-Etag '"{digest}"';
            add_header X-Linked-Size {size};
        }}
    }}
"""

HUB = """
import sys
from huggingface_hub import hf_hub_download
hf_hub_download("bench/model", "model.bin", revision=sys.argv[1], cache_dir=sys.argv[2])
"""


def hub_environment(port, ca):
    """Words for env(1): the Hub's own client asks this port, by plain HTTPS."""
    return [f"HF_ENDPOINT=https://127.0.0.1:{port}", f"REQUESTS_CA_BUNDLE={ca}", f"SSL_CERT_FILE={ca}", "HF_HUB_DISABLE_XET=1",
            "HF_HUB_DISABLE_TELEMETRY=1", "HF_HUB_DISABLE_PROGRESS_BARS=1"]


def server(folder, port, digest, size):
    return SERVER.format(dir=folder, port=port, commit=COMMIT, digest=digest, size=size)


class Relay:
    """The long way to a port of this machine, by bench_relay."""

    def __init__(self, program, to_port, delay_s=DELAY_S, rate_mb=RATE_MB):
        self.process = subprocess.Popen([program, str(to_port), f"{1000 * delay_s:.0f}", str(rate_mb * 10**6)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
