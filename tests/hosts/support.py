# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What the host tests stand on: a throwaway CA, servers on loopback, one publisher, and the command that fetches."""
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

MODELSEC = os.environ["MODELSEC_COMMAND"]
COMMIT = "c" * 40


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def noise(size, seed=1):
    out = bytearray()
    block = seed.to_bytes(8, "big")
    while len(out) < size:
        block = hashlib.sha256(block).digest()
        out += block * 64
    return bytes(out[:size])


def run(*command, **kw):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True, timeout=60, **kw)


class Ca:
    """A CA and certificates by it, made by the openssl command."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", self.file,
            "-days", "2", "-subj", "/CN=throwaway", "-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign")
        self.cert, self.cert_key = self.issue("server", "serverAuth", "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3")

    def issue(self, name, use, names):
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage={use}\nbasicConstraints=CA:false\n")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", cert)
        return cert, key


class Seen:
    def __init__(self, method, host, path, headers, body):
        self.method, self.host, self.path, self.headers, self.body = method, host, path, {k.lower(): v for k, v in headers.items()}, body
        self.status = 0
        self.sent = 0

    def header(self, name):
        return self.headers.get(name, "")


class Paced(bytes):
    """A body that is handed out piece by piece, at so many bytes a second."""

    def __new__(cls, content, rate):
        out = super().__new__(cls, content)
        out.rate = rate
        return out

    def __getitem__(self, key):
        part = super().__getitem__(key)
        if isinstance(key, slice):
            if len(part) <= 65_536:  # what the server is about to write
                time.sleep(len(part) / self.rate)
                return part
            return Paced(part, self.rate)
        return part


class Answer:
    """`cut`: the connection ends after so many bytes of the document, wherever the asked range begins. `until`: an event that is waited for first,
    there or, of a body in chunks, before its end is told. `chunked`: the length is not told."""

    def __init__(self, status=200, body=b"", headers=None, cut=None, until=None, chunked=False):
        self.status, self.body, self.headers, self.cut, self.until, self.chunked = status, body, dict(headers or {}), cut, until, chunked


class Server:
    """An HTTPS server (HTTP/1.1) whose `answer(seen)` gives Answers; ranges of a 200's body are served as such."""

    def __init__(self, ca, answer, address="127.0.0.1", tls=True):
        self.seen = []
        self.answer = answer
        self.lock = threading.Lock()
        self.address = address
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                length = int(self.headers.get("content-length") or 0)
                seen = Seen(self.command, self.headers.get("host", ""), self.path, dict(self.headers), self.rfile.read(length))
                with outer.lock:
                    outer.seen.append(seen)
                reply = outer.answer(seen)
                body, status = reply.body, reply.status
                wish = self.headers.get("range")
                end = len(body) if reply.cut is None else reply.cut
                if wish and status == 200 and body:
                    first, _, last = wish.removeprefix("bytes=").partition("-")
                    first, last = int(first), min(int(last or len(body) - 1), len(body) - 1)
                    reply.headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
                    body, status, end = body[first:last + 1], 206, end - first
                seen.status = status
                self.send_response(status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header(*(("Transfer-Encoding", "chunked") if reply.chunked else ("Content-Length", str(len(body)))))
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(OSError):
                        for at in range(0, max(0, min(len(body), end)), 65536):
                            part = body[at:min(at + 65536, end)]
                            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if reply.chunked else part)
                            seen.sent += len(part)
                        if reply.until:
                            reply.until.wait(60)
                        if reply.chunked:
                            self.wfile.write(b"0\r\n\r\n")
                if reply.cut is not None and end < len(body):
                    self.close_connection = True

            do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = serve

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client_address):
                if tls:
                    try:
                        request.settimeout(20)
                        request = outer.context.wrap_socket(request, server_side=True)
                    except OSError:
                        return
                super().finish_request(request, client_address)

            def handle_error(self, *_):
                pass

        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(ca.cert, ca.cert_key)
        self.listener = Listener((address, 0), Handler)
        self.port = self.listener.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{address}:{self.port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def paths(self):
        return [s.path for s in self.seen]

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()


class Proxy:
    """An HTTP CONNECT proxy that notes who is asked for: all that a client says to any host goes through it. `routes` says where hosts that are
    not there are to be found: {"host:port": (address, port)}."""

    def __init__(self):
        self.asked = []
        self.routes = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_CONNECT(self):
                outer.asked.append(self.path)
                host, _, port = self.path.rpartition(":")
                try:
                    far = socket.create_connection(outer.routes.get(self.path, (host.strip("[]"), int(port))), 20)
                except OSError:
                    self.send_error(502)
                    return
                self.send_response(200)
                self.end_headers()
                near = self.connection
                back = threading.Thread(target=outer.pass_on, args=(far, near), daemon=True)
                back.start()
                outer.pass_on(near, far)
                back.join(20)
                far.close()
                self.close_connection = True

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    @staticmethod
    def pass_on(source, target):
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()


class Relay:
    """Passes TCP connections on to a port of this machine. Once `cut_after` bytes went there over one of them, or `cut_answer_after` came back, that one
    is cut, and no other after it; `on_cut` is called before anybody can know."""

    def __init__(self, port):
        self.port_behind, self.cut_after, self.cut_answer_after, self.cuts = port, None, None, 0
        self.on_cut = lambda: None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self.port_behind), 20)
                threading.Thread(target=self.pass_on, args=(far, near, "cut_answer_after"), daemon=True).start()
                threading.Thread(target=self.pass_on, args=(near, far, "cut_after"), daemon=True).start()

    def pass_on(self, source, target, limit):
        passed = 0
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
                passed += len(part)
                after = getattr(self, limit)
                if after is not None and passed >= after:
                    setattr(self, limit, None)
                    self.cuts += 1
                    self.on_cut()
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()


class Process:
    """A real server: waits for its port, is ended with the test."""

    def __init__(self, command, port, log, env=None, cwd=None, seconds=30):
        self.log = pathlib.Path(log)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True)
        end = time.monotonic() + seconds
        while True:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > end:
                self.close()
                raise RuntimeError(f"{command[0]} does not serve: " + self.log.read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


class Outcome:
    def __init__(self, code, lines, errors):
        self.code, self.errors = code, errors
        self.lines = [json.loads(line) for line in lines.splitlines() if line]
        self.result = self.lines[-1] if self.lines else {}
        self.reason = self.result.get("reason", "")

    def __repr__(self):
        return f"{self.code} {self.result} {self.errors}"


class World:
    """One publisher, one store, one CA."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = Ca(self.folder / "ca")
        self.home = self.folder / "home"
        self.home.mkdir()
        self.store = self.folder / "store"
        self.closing = []
        self.sequence = 0
        run(MODELSEC, "keygen", "--out", self.folder / "keys", "--key-id", "k1", env=self.env())
        keys = list((self.folder / "keys").iterdir())
        self.key = next(k for k in keys if k.suffix == ".pem")
        text = "".join(k.read_text() for k in keys if k != self.key)
        start = text.find("{")
        pin = json.loads(text[start:]) if start >= 0 else None
        entry = pin["keys"][0] if "keys" in pin else pin
        self.pin = f"{entry['key_id']}={entry['ed25519_b64']}"

    def env(self, more=None):
        """Nothing of the machine's own settings: no token, no proxy, no Docker."""
        out = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"):
            if name in os.environ:
                out[name] = os.environ[name]
        out.update(more or {})
        return out

    def server(self, answer, **kw):
        server = Server(self.ca, answer, **kw)
        self.closing.append(server.close)
        return server

    def proxy(self):
        proxy = Proxy()
        self.closing.append(proxy.close)
        return proxy

    def process(self, *a, **kw):
        process = Process(*a, **kw)
        self.closing.append(process.close)
        return process

    def close(self):
        for close in reversed(self.closing):
            close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, name, content):
        path = self.folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def sign(self, artifact, model="demo", version="1.0.0", **members):
        """Signs a manifest with this one artifact (members as in the specification), in DSSE, and gives its file."""
        import base64
        self.sequence += 1
        now = int(time.time())
        stamp = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        payload = {"schema": 1, "model_id": model, "version": version, "sequence": self.sequence, "issued_at": stamp(now - 60),
                   "expires_at": stamp(now + 86400), "artifacts": [dict({"platform": "any"}, **artifact)]}
        payload.update(members)
        raw = json.dumps(payload, ensure_ascii=False).encode()
        kind = b"application/vnd.modelsec.manifest.v1+json"
        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(raw), raw)
        message = self.folder / "message"
        message.write_bytes(pae)
        signature = self.folder / "signature"
        run("openssl", "pkeyutl", "-sign", "-rawin", "-in", message, "-inkey", self.key, "-out", signature)
        envelope = {"payloadType": kind.decode(), "payload": base64.b64encode(raw).decode(),
                    "signatures": [{"keyid": "k1", "sig": base64.b64encode(signature.read_bytes()).decode()}]}
        out = self.folder / f"manifest-{self.sequence}.json"
        out.write_text(json.dumps(envelope))
        return out

    @staticmethod
    def described(content, name="model.bin", **more):
        out = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content), "file_name": name}
        out.update(more)
        return out

    @staticmethod
    def chunked(content, size=256 * 1024):
        import base64
        return {"size_bytes": size, "sha256_b64": [base64.b64encode(hashlib.sha256(content[i:i + size]).digest()).decode() for i in range(0, len(content), size)]}

    def fetch(self, manifest, *options, env=None, store=None, wait=True, timeout=120):
        command = [MODELSEC, "fetch", "--json", "--manifest-file", manifest, "--pin", self.pin, "--store", store or self.store, "--ca", self.ca.file, *options]
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env(env))
        if not wait:
            return process
        out, errors = process.communicate(timeout=timeout)
        outcome = Outcome(process.returncode, out, errors)
        check_messages(outcome, self.folder)
        return outcome

    def fetched(self, outcome, name="model.bin"):
        assert outcome.code == 0, outcome
        return (pathlib.Path(outcome.result["path"]) / name).read_bytes()


SECRETS = ["hf_planted", "PLANTED", "X-Amz-Signature", "token=", "AWS4-HMAC"]


def check_messages(outcome, folder=None, generic=True):
    """Nothing that a command says shows a secret or a query (docs/requirements.md, errors). `generic`: of a command that fetches or checks models, messages show no
    address or path, and only what was fetched is told where it lies; those that publish tell their owner the cause, with the file's name."""
    everything = json.dumps(outcome.lines, ensure_ascii=False) + outcome.errors
    for secret in SECRETS:
        assert secret not in everything, everything
    for line in outcome.lines if generic else []:
        message = line.get("message", "")
        assert "/" not in message and "http" not in message, message
        for key, value in line.items():
            if key not in ("path", "url", "folder"):
                assert str(folder or "://") not in str(value) and "/home/" not in str(value), (key, line)
    if generic:
        assert not folder or str(folder) not in outcome.errors, outcome.errors


def check_stores(folder):
    """After each test, every file of every store below: no secret anywhere but in a kept manifest, whose addresses are its publisher's; in the audit log,
    its memory and counters no path, address or query either."""
    log = 0
    for inner in pathlib.Path(folder).rglob(".modelsec"):
        for path in inner.parent.rglob("*"):
            if not path.is_file() or "envelopes" in path.parts:
                continue
            content = path.read_bytes()
            for secret in SECRETS:
                assert secret.encode() not in content, path
            if path.name.startswith("audit."):
                log += 1
                for local in (str(folder), "://", "?", "/home/", "/tmp/"):
                    assert local.encode() not in content, (path, content)
    return log


def query_of(path):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
