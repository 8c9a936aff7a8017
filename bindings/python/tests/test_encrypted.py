# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A model that `modelsec publish --encrypt-for` encrypted: fetched, streamed, read back; never plain on the disk."""
from __future__ import annotations

import asyncio
import gc
import mmap
import os
import pathlib
import sys
from typing import Any

import pytest

import modelsec
from modelsec import Client
from origin import Origin
from sealed import PLAIN, READER, Sealed

STRANGER = b"ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="


def no_plain_text(store: pathlib.Path) -> bool:
    return all(b"planted plain text" not in p.read_bytes() for p in store.rglob("*") if p.is_file())


def test_only_who_holds_the_key_activates_by_it(sealed: Sealed, client: Client, store: pathlib.Path) -> None:
    with pytest.raises(modelsec.DigestError) as refused:
        client.fetch("sealed", sealed.source, decrypt_keys=STRANGER)
    assert refused.value.reason == "decrypt_failed" and STRANGER.decode() not in f"{refused.value} {refused.value.detail}"
    assert not any(m.active for m in client.status())
    with pytest.raises(modelsec.UsageError) as meant:
        client.fetch("sealed", sealed.source, decrypt_keys="planted key")
    assert "planted" not in f"{meant.value} {meant.value.detail}"
    with pytest.raises(TypeError):
        client.fetch("sealed", sealed.source, decrypt_keys=[3])  # type: ignore[list-item]
    with pytest.raises(ValueError):
        client.fetch("sealed", sealed.source, decrypt_keys=b"a\0b")
    sealed.key_file.chmod(0o644)
    with pytest.raises(modelsec.UsageError) as exposed:
        client.fetch("sealed", sealed.source, decrypt_keys=sealed.key_file)
    assert exposed.value.reason == "secret_file_exposed"
    sealed.key_file.chmod(0o600)
    assert client.fetch("sealed", sealed.source, decrypt_keys=[STRANGER, sealed.key_file]).version == "1.0.0"
    assert client.ensure("sealed", sealed.source, decrypt_keys=READER).already_active
    assert client.start("sealed", sealed.source, decrypt_keys=READER).result().already_active
    assert no_plain_text(store)


def test_it_is_streamed_as_plain_text(origin: Origin, sealed: Sealed, client: Client, store: pathlib.Path) -> None:
    with pytest.raises(modelsec.PolicyError) as refused:
        client.stream("sealed", sealed.source)
    assert refused.value.reason == "not_streamable"
    origin.fail("/m.enc", bytes_per_second=200_000)  # the rest takes two seconds more than what is read first
    with client.stream("sealed", sealed.source, decrypt_keys=sealed.key_file) as stream:
        assert stream.size("model.gguf") == len(PLAIN)
        assert stream.read(65_500, 100, "model.gguf") == PLAIN[65_500:65_600]
        assert not any(m.active for m in client.status())  # still on its way
        origin.order("heal", path="/m.enc")
        with stream.open("model.gguf") as f:
            assert f.read() == PLAIN
        assert stream.read(name="empty.txt") == b""
        stream.finish()
    assert no_plain_text(store)


def test_a_stream_by_another_key_gives_nothing(sealed: Sealed, client: Client) -> None:
    with client.stream("sealed", sealed.source, decrypt_keys=STRANGER) as stream:
        for end in (lambda: stream.read(0, 100, "model.gguf"), stream.finish):
            with pytest.raises(modelsec.DigestError) as wrong:
                end()
            assert wrong.value.reason == "decrypt_failed"
    assert not any(m.active for m in client.status())


def test_what_is_active_is_read_by_keys_and_stays_encrypted(sealed: Sealed, client: Client, store: pathlib.Path) -> None:
    client.fetch("sealed", sealed.source)  # as it is
    with pytest.raises(modelsec.DigestError) as wrong:
        client.open_decrypted("sealed", STRANGER)
    assert wrong.value.reason == "decrypt_failed"
    with client.open_decrypted("sealed", [STRANGER, READER]) as pack:
        assert READER not in repr(pack) and "2 encrypted" in repr(pack)
        assert sorted(pack.files) == sorted(pack.encrypted) == ["empty.txt", "model.gguf"]
        assert (pack.size("model.gguf"), pack.size("empty.txt")) == (len(PLAIN), 0)
        assert pack.file_path("model.gguf").stat().st_size > len(PLAIN) and len(pack.file_sha256("model.gguf")) == 64
        with pack.open("model.gguf") as f:
            assert f.seekable() and f.read(100) == PLAIN[:100]
            f.seek(-10, os.SEEK_END)
            assert f.read() == PLAIN[-10:] and f.tell() == len(PLAIN)
        assert pack.read("model.gguf") == PLAIN and pack.read("empty.txt") == b""
        into = bytearray(10)
        assert pack.readinto(into, len(PLAIN) - 4, "model.gguf") == 4 and into[:4] == PLAIN[-4:]
        with pytest.raises(TypeError):
            pack.readinto(b"1234", 0, "model.gguf")
        with pytest.raises(FileNotFoundError):
            pack.open("other")
        with pytest.raises(ValueError):
            pack.buffer()  # which one?
        whole, empty, late = pack.buffer("model.gguf"), pack.buffer("empty.txt"), pack.open("model.gguf")
    assert whole.readonly and whole == PLAIN and empty == b""  # also after close()
    with pytest.raises(ValueError):
        late.read(1)
    part = whole[20:40]
    del whole
    gc.collect()
    assert part == PLAIN[20:40]
    assert no_plain_text(store)


@pytest.mark.skipif(sys.platform != "linux", reason="sealed files in memory are Linux'")
def test_a_sealed_descriptor_is_all_of_it_and_for_reading_only(sealed: Sealed, client: Client, store: pathlib.Path) -> None:
    client.fetch("sealed", sealed.source)
    with client.open_decrypted("sealed", READER) as pack:
        for fd in (pack.sealed_fd("model.gguf"), pack.fileno("model.gguf")):
            try:
                assert os.pread(fd, len(PLAIN) + 1, 0) == PLAIN and os.fstat(fd).st_mode & 0o7777 == 0o600
                with open(f"/proc/self/fd/{fd}", "rb") as by_path:
                    assert by_path.read() == PLAIN
                for change in (lambda: os.pwrite(fd, b"x", 0), lambda: os.ftruncate(fd, 1), lambda: mmap.mmap(fd, 0)):
                    with pytest.raises(OSError):
                        change()
            finally:
                os.close(fd)
    assert no_plain_text(store)


def test_a_file_that_nobody_encrypted_is_read_as_before(origin: Origin, client: Client) -> None:
    origin.publish(text="plain")
    client.fetch("demo", origin.source())
    with client.open_decrypted("demo", READER) as pack:
        assert pack.encrypted == [] and pack.read() == pack.buffer() == b"plain"
        os.close(pack.fileno())
        with pytest.raises(ValueError):
            pack.sealed_fd()


def test_a_server_gets_it_open(origin: Origin, sealed: Sealed, store: pathlib.Path) -> None:
    options: dict[str, Any] = {"store": store, "ca_file": origin.ca, "retries": 1}
    model = modelsec.ensure("sealed", sealed.source, decrypt_keys=READER, **options)
    assert model.buffer("model.gguf") == PLAIN and modelsec.ensure("sealed", sealed.source, decrypt_keys=READER, **options) is model
    assert modelsec.ensure("sealed", sealed.source, **options) is not model

    async def twice() -> None:
        same = await modelsec.ensure_async("sealed", sealed.source, decrypt_keys=READER, **options)
        assert same is model
        modelsec.forget()
        async with modelsec.AsyncClient(**options) as client:
            assert (await client.fetch("sealed", sealed.source, decrypt_keys=READER)).already_active
            with await client.open_decrypted("sealed", READER) as pack:
                assert pack.read("model.gguf") == PLAIN
        other = await modelsec.ensure_async("sealed", sealed.source, decrypt_keys=READER, **options)
        with other.open("model.gguf") as f:
            assert f.read() == PLAIN

    asyncio.run(twice())
