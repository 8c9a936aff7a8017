# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "src")]

import modelsec  # noqa: E402
from origin import Origin  # noqa: E402
from sealed import Sealed, publish_sealed  # noqa: E402


@pytest.fixture
def origin() -> Iterator[Origin]:
    o = Origin()
    yield o
    o.close()


@pytest.fixture
def sealed(origin: Origin, tmp_path: pathlib.Path) -> Sealed:
    return publish_sealed(origin, tmp_path / "publisher")


@pytest.fixture
def store(tmp_path: pathlib.Path) -> pathlib.Path:
    tmp_path.chmod(0o700)
    return tmp_path / "store"


@pytest.fixture
def client(origin: Origin, store: pathlib.Path) -> Iterator[modelsec.Client]:
    with modelsec.Client(store, ca_file=origin.ca, retries=1) as c:
        yield c


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    modelsec.forget()
