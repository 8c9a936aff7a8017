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


def pytest_sessionfinish(session, exitstatus):
    """A file of which nothing could be run did not pass: ctest shows it as skipped (SKIP_RETURN_CODE)."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter and reporter.stats.get("skipped") and not reporter.stats.get("passed"):
        session.exitstatus = 77
