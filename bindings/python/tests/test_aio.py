# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
from __future__ import annotations

import asyncio
import pathlib

import pytest

import modelsec
from modelsec import AsyncClient, EventKind
from origin import Origin


def test_the_loop_goes_on_while_a_model_is_fetched(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(size=8 << 20)
    origin.fail("/demo/1.0.0/model.bin", bytes_per_second=16 << 20)

    async def run() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        seen: list[int] = []
        async with AsyncClient(store, ca_file=origin.ca) as client:
            result = await client.ensure("demo", origin.source(), on_progress=lambda done, _: seen.append(done))
            assert result.version == "1.0.0" and seen[0] == 0 and seen[-1] == 8 << 20 and ticks > 5
            with await client.open("demo") as pack:
                assert pack.size("model.bin") == 8 << 20
            assert (await client.verify("demo")).path == result.path
            assert client.status()[0].model_id == "demo"
            assert (await client.gc()).removed == ()
        ticking.cancel()

    asyncio.run(run())


def test_cancelling_the_task_cancels_the_fetch(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(size=8 << 20)
    origin.fail("/demo/1.0.0/model.bin", stall_at=4 << 20)

    async def run() -> None:
        async with AsyncClient(store, ca_file=origin.ca) as client:
            begun = asyncio.Event()
            task = asyncio.create_task(client.fetch("demo", origin.source(), on_progress=lambda *_: begun.set()))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            origin.order("heal", path="/demo/1.0.0/model.bin")
            assert (await client.fetch("demo", origin.source())).version == "1.0.0"

    asyncio.run(run())


def test_events_come_as_an_iterator_and_errors_after_the_last(origin: Origin, store: pathlib.Path) -> None:
    async def run() -> None:
        async with AsyncClient(store, ca_file=origin.ca) as client:
            origin.publish()
            kinds = [e.kind async for e in client.events("demo", origin.source())]
            assert kinds[-1] is EventKind.DONE and kinds.count(EventKind.DONE) == 1 and EventKind.PROGRESS in kinds
            origin.publish(version="2.0.0", sequence=2, tamper="artifact")
            kinds.clear()
            with pytest.raises(modelsec.DigestError):
                async for e in client.events("demo", origin.source()):
                    kinds.append(e.kind)
            assert kinds[-1] is EventKind.DONE
            origin.publish(version="3.0.0", sequence=3, expires_in=-1)
            with pytest.raises(modelsec.ExpiredError):
                await client.fetch("demo", origin.source())
            origin.publish(version="4.0.0", sequence=4)
            await client.fetch("demo", origin.source())
            assert (await client.rollback("demo")).version == "1.0.0"

    asyncio.run(run())


def test_many_models_at_once(origin: Origin, store: pathlib.Path) -> None:
    async def run() -> None:
        names = [f"m{i}" for i in range(8)]
        for name in names:
            origin.publish(model=name, manifest=f"/{name}", size=300_000)
        async with AsyncClient(store, ca_file=origin.ca) as client:
            results = await asyncio.gather(*(
                client.fetch(n, origin.source(manifest_url=f"{origin.about['base_url']}/{n}")) for n in names))
            assert [r.model_id for r in results] == names and len(client.status()) == 8

    asyncio.run(run())


def test_the_async_twin_of_ensure_gives_the_same_model(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(text="weights")
    seen: list[tuple[int, int]] = []

    async def main() -> modelsec.Model:
        return await modelsec.ensure_async("demo", origin.source(), store=store, ca_file=origin.ca, on_progress=lambda *at: seen.append(at))

    model = asyncio.run(main())
    assert model.open().read() == b"weights" and seen[-1] == (7, 7)
    assert modelsec.ensure("demo", origin.source(), store=store, ca_file=origin.ca) is model
    assert asyncio.run(main()) is model
