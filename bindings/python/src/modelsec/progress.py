# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A progress bar by tqdm, if it is there."""
from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any, Callable, Union


@contextlib.contextmanager
def bar(wish: Union[bool, Callable[..., Any]], label: str) -> Iterator[Callable[[int, int], None]]:
    """`wish`: True for tqdm.auto.tqdm, or a class like it."""
    if wish is True:
        make = importlib.import_module("tqdm.auto").tqdm
    else:
        make = wish
    shown = make(total=0, unit="B", unit_scale=True, desc=label)

    def update(bytes_done: int, total: int) -> None:
        shown.total = total
        shown.update(bytes_done - shown.n)

    try:
        yield update
    finally:
        shown.close()
