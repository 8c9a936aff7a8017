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
import pathlib
import sys

import fastapi
import modelsec
import onnxruntime

log = logging.getLogger("inference")


class Unusable(Exception):
    """A model that cannot be used; `code` is modelsec's code, or 1."""

    def __init__(self, code):
        super().__init__(f"Model initialization failed (code {code})")
        self.code = code


@contextlib.contextmanager
def told():
    """What modelsec refuses is a code to whoever asks, and a reason in the log."""
    try:
        yield
    except modelsec.ModelsecError as problem:
        log.error("modelsec: code %d, %s", problem.code, problem.reason)
        raise Unusable(int(problem.code)) from problem


class Model:
    """One version, loaded: read from an open pack, through the descriptor that was verified. A path might lead elsewhere by now."""

    def __init__(self, pack):
        self.version = pack.version
        try:
            with pack.open("model.onnx") as file:
                content = file.read()
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as problem:
            log.exception("the model of version %s does not load", self.version)
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
        self.name, self.store, self.ca = os.environ["MODEL_ID"], os.environ["MODEL_STORE"], os.environ.get("MODEL_CA")
        self.source = modelsec.Source(manifest_url=os.environ["MODEL_MANIFEST"], pins=pathlib.Path(os.environ["MODEL_PINS"]).read_text())
        self.model = None
        self.failed = None  # the code of the last change that did not come about
        self.stale = False  # whether the host could not be asked for a newer one

    def client(self):
        return modelsec.Client(self.store, profile="server", ca_file=self.ca)

    def begin(self):
        """At start-up: the newest version, else the one that is active."""
        try:
            self.update()
        except Unusable as problem:
            log.warning("no newer model (code %s)", problem.code)
            self.failed = problem.code
        if self.model is None:
            try:
                with self.client() as client, client.open(self.name) as pack:
                    model = Model(pack)
            except modelsec.ModelsecError as problem:
                raise Unusable(self.failed or int(problem.code)) from problem
            model.check()
            self.model = model

    def update(self):
        """Fetches, loads beside the present one, checks, and only then changes over. A version that fails is left and remembered as rejected."""
        with told():
            verified = modelsec.ensure(self.name, self.source, store=self.store, ca_file=self.ca)
        try:
            with verified:  # open until it is loaded; closed, the next ensure() asks anew
                self.stale = verified.stale
                if self.model is not None and verified.version == self.model.version:
                    return False
                model = Model(verified)
                model.check()
        except Unusable as problem:
            self.failed = problem.code
            with contextlib.suppress(Unusable), told(), self.client() as client:
                client.rollback(self.name)
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
        update = f"Model initialization failed (code {service.failed})" if service.failed is not None else "stale" if service.stale else "ok"
        return {"status": "ok", "version": service.model.version, "update": update}

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
