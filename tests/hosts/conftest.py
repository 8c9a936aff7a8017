# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture
def world(tmp_path):
    from support import World, check_stores
    w = World(tmp_path / "world")
    yield w
    check_stores(w.folder)
    w.close()
