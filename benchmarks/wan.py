# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A distant host on this machine: nginx limits every connection, a relay of threads delays both directions."""
import collections
import socket
import threading
import time

RATE_MB = 20  # a connection, as nginx counts: MiB
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
        limit_rate {rate}m;
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


def server(folder, port, digest, size):
    return SERVER.format(dir=folder, port=port, rate=RATE_MB, commit=COMMIT, digest=digest, size=size)


class Relay:
    """Passes connections on to a port of this machine; every byte comes DELAY_S later."""

    def __init__(self, to_port):
        self.to_port = to_port
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.to_port))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink in ((client, server), (server, client)):
                self._pass_on(source, sink)

    @staticmethod
    def _pass_on(source, sink):
        under_way = collections.deque()
        more = threading.Condition()
        room = threading.Semaphore(64)  # blocks on the way: a window

        def read():
            while True:
                room.acquire()
                try:
                    data = source.recv(128 << 10)
                except OSError:
                    data = b""
                with more:
                    under_way.append((time.monotonic() + DELAY_S, data))
                    more.notify()
                if not data:
                    return

        def write():
            while True:
                with more:
                    while not under_way:
                        more.wait()
                    due, data = under_way.popleft()
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(data)
                except OSError:
                    source.close()
                    return
                room.release()

        threading.Thread(target=read, daemon=True).start()
        threading.Thread(target=write, daemon=True).start()
