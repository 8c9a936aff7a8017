# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""huggingface_hub's two calls, answered by signed packs: `from modelsec.hub import snapshot_download` is the whole change."""
from __future__ import annotations

import os
from typing import Any, Callable, Optional, Union

from .codes import MismatchError, UsageError
from .request import Source
from .startup import Model, ensure

_settings: Optional[tuple[Any, dict[str, Any]]] = None


def configure(source: Union[Source, Callable[[str], Source]], **ensure_options: Any) -> None:
    """Once, at start-up: where manifests come from (one source, or one by repo id) and what ensure() takes: `store` and others."""
    global _settings
    _settings = source, ensure_options


def model_id_of(repo_id: str) -> str:
    """"org/name" is model "org--name", as in the hub's own cache."""
    return repo_id.replace("/", "--")


def _model(repo_id: str, revision: Optional[str], local_files_only: bool) -> Model:
    if _settings is None:
        raise UsageError("bad_option", "call modelsec.hub.configure() first")
    source, options = _settings
    chosen: Source = source if isinstance(source, Source) else source(repo_id)
    model = ensure(model_id_of(repo_id), chosen, **dict(options, offline=local_files_only or options.get("offline", False)))
    # The signed manifest says what is current; who insists on something else is told.
    if revision not in (None, "main", model.version):
        raise MismatchError("model_mismatch", detail=f"{revision} was asked for, {model.version} is there")
    return model


def snapshot_download(repo_id: str, *, revision: Optional[str] = None, local_files_only: bool = False,
                      repo_type: Optional[str] = None, token: Any = None, cache_dir: Any = None,
                      allow_patterns: Any = None, ignore_patterns: Any = None) -> str:
    """The folder with all files. Tokens, cache and patterns have no say: configure() has, and a pack is whole."""
    del repo_type, token, cache_dir, allow_patterns, ignore_patterns
    return os.fspath(_model(repo_id, revision, local_files_only))


def hf_hub_download(repo_id: str, filename: str, *, subfolder: Optional[str] = None, revision: Optional[str] = None,
                    local_files_only: bool = False, repo_type: Optional[str] = None, token: Any = None,
                    cache_dir: Any = None) -> str:
    """The path of one file. FileNotFoundError if the pack has none of that name."""
    del repo_type, token, cache_dir
    name = f"{subfolder}/{filename}" if subfolder else filename
    return _model(repo_id, revision, local_files_only).file(name)
