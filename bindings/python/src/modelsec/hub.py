# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""huggingface_hub's calls for downloads, answered by signed packs: `from modelsec.hub import snapshot_download` is the whole change.

Both take everything that huggingface_hub's take (checked against its 2.4). What has no meaning here is taken and ignored: `token`,
`headers` and `endpoint` (configure() says who is asked, and credentials never come from call sites), `cache_dir` and `force_download`
(there is one store, and what is in it is verified), `etag_timeout`, `max_workers`, `library_name`, `library_version`, `user_agent`,
`repo_type` (but "dataset" and "space" have names of their own). `revision` is "main", the signed version, or the commit that the manifest's
`hf://` addresses are pinned to, else MismatchError; `local_dir`, patterns, `local_files_only`, `tqdm_class` and
`dry_run` do what they do there."""
from __future__ import annotations

import dataclasses
import fnmatch
import functools
import hashlib
import os
import pathlib
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Callable, Literal, Optional, TypeVar, Union, cast, overload

from . import _kept
from .codes import MismatchError, NoneActiveError, UsageError
from .options import ClientOptions, Path
from .request import Source
from .startup import Model, ensure

if TYPE_CHECKING:
    from typing_extensions import Unpack

Patterns = Union[list[str], str, None]


class HubOptions(ClientOptions, total=False):
    """What configure() takes beside source and store."""

    deadline: Optional[float]
    offline: bool


@dataclasses.dataclass(frozen=True)
class DryRunFileInfo:
    """As in huggingface_hub: what a download would bring."""

    commit_hash: str
    file_size: int
    filename: str
    local_path: str
    is_cached: bool
    will_download: bool


Function = TypeVar("Function", bound=Callable[..., Any])


def _without_legacy(function: Function) -> Function:
    """huggingface_hub still takes some arguments of its past, and ignores them; transformers says one of them."""
    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        for name in ("proxies", "resume_download", "force_filename", "local_dir_use_symlinks"):
            named.pop(name, None)
        return function(*arguments, **named)

    return cast(Function, call)


_source: Union[Source, Callable[[str], Source], None] = None
_options: dict[str, Any] = {}


def configure(source: Union[Source, Callable[[str], Source]], *, store: Path, **ensure_options: Unpack[HubOptions]) -> None:
    """Once, at start-up: where manifests come from (one source, or one by repo id), and what ensure() takes. HF_ENDPOINT and HF_TOKEN have a
    say with `hub_environment=True` alone."""
    unknown = set(ensure_options) - set(HubOptions.__annotations__) - set(ClientOptions.__annotations__)
    if unknown:
        allowed = sorted({"store", *HubOptions.__annotations__, *ClientOptions.__annotations__})
        raise TypeError(f"configure() has no option {sorted(unknown)[0]!r}; it takes {', '.join(allowed)}")
    global _source, _options
    _source, _options = source, {"store": store, "hub_environment": False, **ensure_options}


def model_id_of(repo_id: str, repo_type: Optional[str] = None) -> str:
    """"org/name" is model "org--name", as in the hub's own cache; data sets and spaces have their kind before it."""
    kind = "" if repo_type in (None, "model") else f"{repo_type}s--"
    return kind + repo_id.replace("/", "--")


def _model(repo_id: str, revision: Optional[str], repo_type: Optional[str], local_files_only: bool, tqdm_class: Any) -> Model:
    if _source is None:
        raise UsageError("bad_option", "call modelsec.hub.configure() first")
    chosen = _source if isinstance(_source, Source) else _source(repo_id)
    options: dict[str, Any] = {**_options, "offline": local_files_only or _options.get("offline", False)}
    model = ensure(model_id_of(repo_id, repo_type), chosen, progress=tqdm_class or False, **options)
    # The signed manifest says what is current; who insists on something else is told.
    if revision not in (None, "main", model.version) and {revision} != _commits(model, chosen, repo_id, options["offline"]):
        raise MismatchError("model_mismatch", detail=f"{revision} was asked for, {model.version} is there")
    return model


def _commits(model: Model, source: Source, repo_id: str, offline: bool) -> set[str]:
    """The commits that the signed files lie at, where they lie at a Hub; one that all of them share counts as a revision."""
    if source.signature is not None:
        # What is active may be of other bases than those that are set by now.
        return set() if model.stale or offline else _kept.pinned(source.signature.bases, repo_id)
    return _kept.commits(pathlib.Path(_options["store"]), model.model_id, model.pack.sha256, repo_id)


def _missing(name: str, model: Model) -> Exception:
    """FileNotFoundError, and for callers that know huggingface_hub its own error too: loaders ask for files that may be missing."""
    text = f"{name} is not in {model.model_id} {model.version}"
    errors = sys.modules.get("huggingface_hub.errors")
    theirs: Any = getattr(errors, "EntryNotFoundError", None)
    if theirs is None:
        return FileNotFoundError(text)
    made: Exception = type("EntryNotFoundError", (theirs, FileNotFoundError), {})(text)
    return made


def _wanted(names: list[str], allow: Patterns, ignore: Patterns) -> list[str]:
    """As huggingface_hub filters: fnmatch without regard to folders; a pattern that ends in `/` is all below it."""
    def matches(name: str, patterns: Union[list[str], str]) -> bool:
        listed = [patterns] if isinstance(patterns, str) else patterns
        return any(fnmatch.fnmatchcase(name, p + "*" if p.endswith("/") else p) for p in (q.replace(chr(92), "/") for q in listed))

    return [n for n in names if (allow is None or matches(n, allow)) and not (ignore is not None and matches(n, ignore))]


def _holds(path: pathlib.Path, model: Model, name: str) -> bool:
    """Whether this file is already what the pack has."""
    try:
        if path.is_symlink() or path.stat().st_size != model.pack.size(name):
            return False
        digest = hashlib.sha256()
        with path.open("rb") as f:
            while block := f.read(1 << 20):
                digest.update(block)
    except OSError:
        return False
    return digest.hexdigest() == model.pack.file_sha256(name)


def _place(model: Model, name: str, local_dir: Path) -> pathlib.Path:
    """A copy below `local_dir`, whole or not at all. A copy, since the store's own file must not change with it."""
    path = pathlib.Path(local_dir) / name
    if _holds(path, model, name):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, part = tempfile.mkstemp(prefix=".modelsec-", dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as to, model.open(name) as verified:
            shutil.copyfileobj(verified, to, 1 << 20)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(part, 0o666 & ~umask)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
    return path


def _dry(model: Model, names: list[str], local_dir: Optional[Path]) -> list[DryRunFileInfo]:
    out = []
    for name in names:
        path = pathlib.Path(local_dir) / name if local_dir is not None else model / name
        there = local_dir is None or _holds(path, model, name)
        out.append(DryRunFileInfo(model.version, model.pack.size(name), name, str(path), there, not there))
    return out


@overload
def snapshot_download(repo_id: str, *, repo_type: Optional[str] = ..., revision: Optional[str] = ..., cache_dir: Optional[Path] = ...,
                      local_dir: Optional[Path] = ..., library_name: Optional[str] = ..., library_version: Optional[str] = ...,
                      user_agent: Union[dict[str, Any], str, None] = ..., etag_timeout: float = ..., force_download: bool = ...,
                      token: Union[bool, str, None] = ..., local_files_only: bool = ..., allow_patterns: Patterns = ...,
                      ignore_patterns: Patterns = ..., max_workers: int = ..., tqdm_class: Any = ...,
                      headers: Optional[dict[str, str]] = ..., endpoint: Optional[str] = ..., dry_run: Literal[False] = ...) -> str: ...
@overload
def snapshot_download(repo_id: str, *, repo_type: Optional[str] = ..., revision: Optional[str] = ..., cache_dir: Optional[Path] = ...,
                      local_dir: Optional[Path] = ..., library_name: Optional[str] = ..., library_version: Optional[str] = ...,
                      user_agent: Union[dict[str, Any], str, None] = ..., etag_timeout: float = ..., force_download: bool = ...,
                      token: Union[bool, str, None] = ..., local_files_only: bool = ..., allow_patterns: Patterns = ...,
                      ignore_patterns: Patterns = ..., max_workers: int = ..., tqdm_class: Any = ...,
                      headers: Optional[dict[str, str]] = ..., endpoint: Optional[str] = ..., dry_run: Literal[True]) -> list[DryRunFileInfo]: ...
@_without_legacy
def snapshot_download(repo_id: str, *, repo_type: Optional[str] = None, revision: Optional[str] = None, cache_dir: Optional[Path] = None,
                      local_dir: Optional[Path] = None, library_name: Optional[str] = None, library_version: Optional[str] = None,
                      user_agent: Union[dict[str, Any], str, None] = None, etag_timeout: float = 10, force_download: bool = False,
                      token: Union[bool, str, None] = None, local_files_only: bool = False, allow_patterns: Patterns = None,
                      ignore_patterns: Patterns = None, max_workers: int = 8, tqdm_class: Any = None,
                      headers: Optional[dict[str, str]] = None, endpoint: Optional[str] = None,
                      dry_run: bool = False) -> Union[str, list[DryRunFileInfo]]:
    """The folder with all files: the pack's own, or `local_dir` with copies of those that the patterns choose. Without `local_dir` patterns
    leave nothing out of the folder, since a pack is whole."""
    del cache_dir, library_name, library_version, user_agent, etag_timeout, force_download, token, max_workers, headers, endpoint
    model = _model(repo_id, revision, repo_type, local_files_only, tqdm_class)
    names = _wanted(sorted(model.pack.files), allow_patterns, ignore_patterns)
    if dry_run:
        return _dry(model, names, local_dir)
    if local_dir is None:
        return os.fspath(model)
    for name in names:
        _place(model, name, local_dir)
    return str(pathlib.Path(local_dir).resolve())


@overload
def hf_hub_download(repo_id: str, filename: str, *, subfolder: Optional[str] = ..., repo_type: Optional[str] = ...,
                    revision: Optional[str] = ..., library_name: Optional[str] = ..., library_version: Optional[str] = ...,
                    cache_dir: Optional[Path] = ..., local_dir: Optional[Path] = ..., user_agent: Union[dict[str, Any], str, None] = ...,
                    force_download: bool = ..., etag_timeout: float = ..., token: Union[bool, str, None] = ...,
                    local_files_only: bool = ..., headers: Optional[dict[str, str]] = ..., endpoint: Optional[str] = ...,
                    tqdm_class: Any = ..., dry_run: Literal[False] = ...) -> str: ...
@overload
def hf_hub_download(repo_id: str, filename: str, *, subfolder: Optional[str] = ..., repo_type: Optional[str] = ...,
                    revision: Optional[str] = ..., library_name: Optional[str] = ..., library_version: Optional[str] = ...,
                    cache_dir: Optional[Path] = ..., local_dir: Optional[Path] = ..., user_agent: Union[dict[str, Any], str, None] = ...,
                    force_download: bool = ..., etag_timeout: float = ..., token: Union[bool, str, None] = ...,
                    local_files_only: bool = ..., headers: Optional[dict[str, str]] = ..., endpoint: Optional[str] = ...,
                    tqdm_class: Any = ..., dry_run: Literal[True]) -> DryRunFileInfo: ...
@_without_legacy
def hf_hub_download(repo_id: str, filename: str, *, subfolder: Optional[str] = None, repo_type: Optional[str] = None,
                    revision: Optional[str] = None, library_name: Optional[str] = None, library_version: Optional[str] = None,
                    cache_dir: Optional[Path] = None, local_dir: Optional[Path] = None, user_agent: Union[dict[str, Any], str, None] = None,
                    force_download: bool = False, etag_timeout: float = 10, token: Union[bool, str, None] = None,
                    local_files_only: bool = False, headers: Optional[dict[str, str]] = None, endpoint: Optional[str] = None,
                    tqdm_class: Any = None, dry_run: bool = False) -> Union[str, DryRunFileInfo]:
    """The path of one file: the pack's own, or its copy below `local_dir`. FileNotFoundError (and huggingface_hub's EntryNotFoundError
    where that is loaded) if the pack has none of that name."""
    del cache_dir, library_name, library_version, user_agent, etag_timeout, force_download, token, headers, endpoint
    model = _model(repo_id, revision, repo_type, local_files_only, tqdm_class)
    name = f"{subfolder}/{filename}" if subfolder else filename
    if name not in model.pack.files:
        raise _missing(name, model)
    if dry_run:
        return _dry(model, [name], local_dir)[0]
    return model.file(name) if local_dir is None else str(_place(model, name, local_dir).resolve())


def try_to_load_from_cache(repo_id: str, filename: str, cache_dir: Optional[Path] = None, revision: Optional[str] = None,
                           repo_type: Optional[str] = None) -> Any:
    """The path of a file of the active pack, without asking anybody; None where no model is active or it is another revision, and
    huggingface_hub's _CACHED_NO_EXIST (where that is loaded) where the pack has no such file. transformers looks here after a download."""
    del cache_dir
    try:
        model = _model(repo_id, revision, repo_type, True, None)
    except (NoneActiveError, MismatchError):
        return None
    if filename in model.pack.files:
        return model.file(filename)
    return getattr(sys.modules.get("huggingface_hub.file_download"), "_CACHED_NO_EXIST", None)
