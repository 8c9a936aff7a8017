#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""An inference server (FastAPI, ONNX Runtime) that loads a model at start-up by handle, looks for a new version, changes over without losing a request, and
stays with the old one where the new one fails its own check.

    MODEL_STORE=store MODEL_ID=demo MODEL_MANIFEST=https://models.example/demo.json MODEL_PINS=pins.json uvicorn --factory server:make_app

Whoever asks sees a code and "Model initialization failed", never a path, a token or an exception's text; that goes to the log."""
import asyncio
import contextlib
import logging
import math
import os
import subprocess
import sys
import json

import fastapi
import onnxruntime

log = logging.getLogger("inference")


class Unusable(Exception):
    """A model that cannot be used; `code` is modelsec's exit code, or 1."""

    def __init__(self, code):
        super().__init__(f"Model initialization failed (code {code})")
        self.code = code


def modelsec(*words):
    """Runs the command; its last line is the result. Secrets reach it by its environment alone."""
    done = subprocess.run([os.environ.get("MODELSEC", "modelsec"), *words, "--json"], capture_output=True, text=True, timeout=3600)
    result = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    if done.returncode:
        log.error("modelsec %s: code %s, %s", words[0], done.returncode, result.get("reason"))
        raise Unusable(done.returncode)
    return result


class Model:
    """One version, open: the file is read once through one descriptor, so that what is served is what was verified."""

    def __init__(self, path, version):
        self.version = version
        try:
            with open(os.open(os.path.join(path, "model.onnx"), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
                content = file.read()
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as problem:
            log.exception("the model of version %s does not load", version)
            raise Unusable(1) from problem

    def run(self, values):
        (name,) = (i.name for i in self.session.get_inputs())
        import numpy
        return self.session.run(None, {name: numpy.asarray([values], dtype=numpy.float32)})[0][0].tolist()

    def check(self):
        """The model's own check: known input, sane output. A version that fails it is never asked anything."""
        try:
            out = self.run([0.0, 0.0])
        except Exception as problem:
            log.exception("version %s fails its check", self.version)
            raise Unusable(1) from problem
        if not out or not all(math.isfinite(v) for v in out) or any(abs(v) > 1e6 for v in out):
            log.error("version %s fails its check", self.version)
            raise Unusable(1)


class Service:
    def __init__(self):
        self.store = ["--store", os.environ["MODEL_STORE"]]
        self.name = os.environ["MODEL_ID"]
        self.model = None
        self.failed = None  # the code of the last change that did not come about

    def fetch(self):
        command = ["fetch", *self.store, "--model", self.name, "--manifest", os.environ["MODEL_MANIFEST"], "--pins", os.environ["MODEL_PINS"]]
        if "MODEL_CA" in os.environ:
            command += ["--ca", os.environ["MODEL_CA"]]
        return modelsec(*command)

    def begin(self):
        """At start-up: the newest version, else the one that is active."""
        try:
            self.update()
        except Unusable as problem:
            log.warning("no newer model (code %s)", problem.code)
            self.failed = problem.code
        if self.model is None:
            status = next((m for m in modelsec("status", *self.store)["models"] if m["model_id"] == self.name and m.get("active")), None)
            if status is None:
                raise Unusable(self.failed or 43)
            model = Model(modelsec("path", *self.store, self.name)["path"], status["active"])
            model.check()
            self.model = model

    def update(self):
        """Fetches, loads beside the present one, checks, and only then changes over. A version that fails is left and remembered as rejected."""
        result = self.fetch()
        if self.model is not None and result["version"] == self.model.version:
            return False
        try:
            model = Model(result["path"], result["version"])
            model.check()
        except Unusable as problem:
            self.failed = problem.code
            with contextlib.suppress(Unusable):
                modelsec("rollback", *self.store, self.name)
            raise
        self.model, self.failed = model, None  # requests that run keep the old one until they end
        return True


def make_app():
    service = Service()

    @contextlib.asynccontextmanager
    async def lifespan(_):
        await asyncio.to_thread(service.begin)
        looking = asyncio.create_task(look())
        yield
        looking.cancel()

    async def look():
        while True:
            await asyncio.sleep(float(os.environ.get("MODEL_INTERVAL", "300")))
            with contextlib.suppress(Unusable):
                await asyncio.to_thread(service.update)

    app = fastapi.FastAPI(lifespan=lifespan, openapi_url=None)

    @app.exception_handler(Exception)
    async def generic(_, problem):
        log.error("request failed: %s", type(problem).__name__)
        return fastapi.responses.JSONResponse({"error": "failed"}, 500)

    @app.get("/healthz")
    async def healthz():
        return {"status": "ok", "version": service.model.version, "update": "ok" if service.failed is None else f"Model initialization failed (code {service.failed})"}

    @app.post("/infer")
    def infer(values: list[float]):
        model = service.model
        if len(values) != 2:
            return fastapi.responses.JSONResponse({"error": "two numbers"}, 422)
        return {"version": model.version, "output": model.run(values)}

    return app


if __name__ == "__main__":
    import uvicorn
    try:
        uvicorn.run(make_app, factory=True, host="127.0.0.1", port=int(os.environ.get("PORT", "8080")), log_level="warning")
    except Unusable as problem:
        sys.exit(str(problem))
