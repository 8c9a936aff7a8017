# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Who closes, when, and what a later library might say."""
from __future__ import annotations

import ctypes
import math
import os
import pathlib
import signal
import threading
from typing import Any

import pytest

import modelsec
from modelsec import Client, _ffi
from modelsec.operation import Operation
from modelsec.request import build
from origin import Origin


class Watched(Client):
    """A client whose calls take until `go`, and that says when it was given back."""

    def __init__(self, store: pathlib.Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
        super().__init__(store)
        self.began, self.go = threading.Event(), threading.Event()
        self.order: list[str] = []
        real, release = getattr(_ffi.lib, function), self._release

        def slow(*arguments: Any) -> Any:
            self.began.set()
            assert self.go.wait(10)
            self.order.append("called")
            return real(*arguments)

        def given_back(handle: int) -> None:
            self.order.append("released")
            release(handle)

        monkeypatch.setattr(_ffi.lib, function, slow)
        self._release = given_back


@pytest.mark.parametrize("function, call", [
    ("modelsec_client_status", lambda c: c.status()),
    ("modelsec_client_set_headers", lambda c: c.set_headers("https://localhost", {"X": "y"})),
    ("modelsec_start", lambda c: c.gc()),
])
def test_a_client_is_not_given_back_in_the_middle_of_a_call(store: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
                                                           function: str, call: Any) -> None:
    client = Watched(store, monkeypatch, function)
    calls = threading.Thread(target=call, args=[client])
    closes = threading.Thread(target=client.close)
    calls.start()
    assert client.began.wait(10)
    closes.start()
    closes.join(0.2)
    client.go.set()
    calls.join(), closes.join()
    assert client.order == ["called", "released"]
    with pytest.raises(ValueError):
        client.status()


def test_a_signal_handler_may_close_the_client_that_it_interrupts(store: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Watched(store, monkeypatch, "modelsec_client_status")
    client.go.set()
    was = signal.signal(signal.SIGUSR1, lambda *_: client.close())
    real = client.go.wait
    monkeypatch.setattr(client.go, "wait", lambda timeout: (os.kill(os.getpid(), signal.SIGUSR1), real(timeout))[1])
    try:
        assert client.status() == []
    finally:
        signal.signal(signal.SIGUSR1, was)
    assert client.order == ["called", "released"]


def test_a_forked_child_waits_for_no_thread_of_its_parent(store: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Watched(store, monkeypatch, "modelsec_client_status")
    calls = threading.Thread(target=client.status)
    calls.start()
    assert client.began.wait(10)
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        client.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    client.go.set()
    calls.join()
    client.close()


def test_an_event_of_a_later_library_is_passed_over() -> None:
    told: list[modelsec.Event] = []
    operation = Operation(told.append, None)
    operation._happened(ctypes.pointer(_ffi.Event(struct_size=ctypes.sizeof(_ffi.Event), kind=_ffi.EVENT_RELEASED + 1)))
    operation._happened(ctypes.pointer(_ffi.Event(struct_size=ctypes.sizeof(_ffi.Event), kind=_ffi.EVENT_WARNING)))
    assert [e.kind for e in told] == [modelsec.EventKind.WARNING] and operation._raised is None


def test_a_deadline_is_none_only_where_none_is_given(origin: Origin, client: Client) -> None:
    assert [build(_ffi.OP_FETCH, "demo", deadline=d).deadline_ms for d in (None, 0, -1, 0.0001, 1.5)] == [0, 1, 1, 1, 1500]
    with pytest.raises(ValueError):
        build(_ffi.OP_FETCH, "demo", deadline=math.nan)
    origin.publish()
    assert client.fetch("demo", origin.source(), deadline=math.inf).version == "1.0.0"
