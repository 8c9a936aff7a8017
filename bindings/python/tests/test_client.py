# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
from __future__ import annotations

import hashlib
import io
import json
import math
import os
import pathlib
import ssl
import tarfile
import threading
import time
import urllib.request

import pytest

import modelsec
from modelsec import Client, EventKind
from modelsec.options import whole_seconds
from origin import Origin

PATH = "/demo/1.0.0/model.bin"


def test_a_model_is_fetched_and_read_through_its_descriptor(origin: Origin, client: Client) -> None:
    published = origin.publish(size=3_000_000)
    seen: list[tuple[int, int]] = []
    result = client.fetch("demo", origin.source(), on_progress=lambda done, total: seen.append((done, total)))
    assert (result.version, result.sequence, result.bytes_fetched, result.stale) == ("1.0.0", 1, 3_000_000, False)
    assert seen[0] == (0, 3_000_000) and seen[-1] == (3_000_000, 3_000_000) and seen == sorted(seen)
    with client.open("demo") as pack:
        assert pack.files == ["model.bin"] and pack.path == result.path
        assert hashlib.sha256(pack.read()).hexdigest() == published["sha256"] == pack.file_sha256("model.bin")
        with pack.open() as f:
            f.seek(-10, os.SEEK_END)
            assert f.read() == pack.file_path().read_bytes()[-10:]
    with pytest.raises(ValueError):
        pack.fileno()
    assert client.fetch("demo", origin.source()).already_active


def test_attempts_are_written_down_counted_and_bounded(origin: Origin, store: pathlib.Path, tmp_path: pathlib.Path) -> None:
    counters: list[str] = []
    events: list[modelsec.Event] = []
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    audit = modelsec.Audit(actor="the application", failures_in_a_row=1, metrics_file=tmp_path / "modelsec.prom", on_metrics=counters.append)
    with Client(store, ca_file=origin.ca, retries=1, audit=audit, manifest_requests_per_day=2) as client:
        origin.publish()
        client.fetch("demo", origin.source(), trace_parent=f"00-{trace}-00f067aa0ba902b7-01")
        assert origin.requests("/manifest")[-1]["headers"]["traceparent"].startswith(f"00-{trace}-")
        origin.publish(sequence=2, version="2.0.0", tamper="payload")
        with pytest.raises(modelsec.SignatureError):
            client.fetch("demo", origin.source(), on_event=events.append)
        assert [e.reason for e in events if e.kind is EventKind.ALERT] == ["repeated_failures"]
        with pytest.raises(modelsec.RateLimitedError) as refused:
            client.fetch("demo", origin.source())
        assert refused.value.reason == "own_quota"
    lines = [json.loads(line) for line in (store / ".modelsec/audit.jsonl").read_text().splitlines()]
    assert [line.get("user.name") for line in lines] == ["the application"] * 3 and lines[0]["trace_id"] == trace
    assert "modelsec_attempts_total" in counters[-1] == (tmp_path / "modelsec.prom").read_text()


@pytest.mark.parametrize("audit, error", [(modelsec.Audit(sink_url="http://localhost/"), modelsec.UsageError),
                                          (modelsec.Audit(alerts_off=["nothing"]), ValueError),  # type: ignore[list-item]
                                          (modelsec.Audit(alerts_off="unusual_host"), TypeError)])  # type: ignore[arg-type]
def test_audit_options_that_cannot_be_meant_are_refused(store: pathlib.Path, audit: modelsec.Audit, error: type[Exception]) -> None:
    with pytest.raises(error):
        Client(store, audit=audit)


@pytest.mark.parametrize("option, largest", [("connections", 2**32 - 1), ("retries", 2**32 - 1), ("limit_rate", 2**64 - 1), ("min_rate", 2**64 - 1),
                                             ("max_model_bytes", 2**64 - 1), ("manifest_requests_per_minute", 2**32 - 1),
                                             ("manifest_requests_per_day", 2**32 - 1)])
def test_counts_that_the_library_cannot_hold_are_refused_not_cut_off(store: pathlib.Path, option: str, largest: int) -> None:
    for wrong in (-1, largest + 1):
        with pytest.raises(ValueError, match=f"{option} is from 0 to {largest}, not {wrong}"):
            Client(store, **{option: wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("option, largest", [("file_bytes", 2**64 - 1), ("kept_files", 2**32 - 1), ("failures_in_a_row", 2**32 - 1),
                                             ("requests_per_hour", 2**32 - 1), ("size_factor", 2**32 - 1), ("sink_queue", 2**32 - 1)])
def test_so_are_those_of_an_audit(store: pathlib.Path, option: str, largest: int) -> None:
    for wrong in (-1, largest + 1):
        with pytest.raises(ValueError, match=f"{option} is from 0 to {largest}, not {wrong}"):
            Client(store, audit=modelsec.Audit(**{option: wrong}))  # type: ignore[arg-type]


def test_and_those_of_a_request(client: Client) -> None:
    with pytest.raises(ValueError, match="keep is from 0 to 4294967295, not -1"):
        client.gc(keep=-1)
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match="min_sequence is from 0 to"):
            client.check("demo", modelsec.Source(manifest_file="none", pins={}, min_sequence=wrong))


def test_a_cool_down_is_the_default_at_least_a_second_or_forever(store: pathlib.Path) -> None:
    said = [whole_seconds("cool_down", t) for t in (0, 0.001, 0.5, 1, 1.5, 3600)]
    assert said == [0, 1, 1, 1, 2, 3600]
    assert 30 * 24 * 3600 < whole_seconds("cool_down", math.inf) < 2**64
    Client(store, audit=modelsec.Audit(cool_down=math.inf)).close()
    for wrong in (-0.5, -math.inf, math.nan):
        with pytest.raises(ValueError, match="cool_down is 0 or more seconds"):
            Client(store, audit=modelsec.Audit(cool_down=wrong))


def test_alerts_may_be_off(origin: Origin, store: pathlib.Path) -> None:
    events: list[modelsec.Event] = []
    origin.publish(tamper="payload")
    audit = modelsec.Audit(failures_in_a_row=1, alerts_off=["repeated_failures"])
    with Client(store, ca_file=origin.ca, retries=1, audit=audit) as client, pytest.raises(modelsec.SignatureError):
        client.fetch("demo", origin.source(), on_event=events.append)
    assert events and EventKind.ALERT not in {e.kind for e in events}
    assert (store / ".modelsec/audit.jsonl").exists()


def test_what_on_metrics_raises_is_logged_and_changes_nothing(origin: Origin, store: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    def fails(_counters: str) -> None:
        raise OSError("no place")

    origin.publish()
    with Client(store, ca_file=origin.ca, retries=1, audit=modelsec.Audit(on_metrics=fails)) as client:
        assert client.fetch("demo", origin.source()).version == "1.0.0"
    assert "on_metrics raised OSError" in caplog.text


def test_there_is_exactly_one_final_event_the_last(origin: Origin, client: Client) -> None:
    origin.publish()
    events: list[modelsec.Event] = []
    client.fetch("demo", origin.source(), on_event=events.append)
    assert [e.kind for e in events].count(EventKind.DONE) == 1 and events[-1].kind is EventKind.DONE
    events.clear()
    origin.publish(sequence=2, version="2.0.0", tamper="payload")
    with pytest.raises(modelsec.SignatureError):
        client.fetch("demo", origin.source(), on_event=events.append)
    assert [e.kind for e in events].count(EventKind.DONE) == 1 and events[-1].kind is EventKind.DONE


@pytest.mark.parametrize("tamper, error", [("payload", modelsec.SignatureError), ("signature", modelsec.SignatureError),
                                           ("key", modelsec.SignatureError), ("artifact", modelsec.DigestError)])
def test_what_was_tampered_with_is_refused(origin: Origin, client: Client, tamper: str,
                                           error: type[modelsec.ModelsecError]) -> None:
    origin.publish(text="good")
    client.fetch("demo", origin.source())
    origin.publish(sequence=2, version="2.0.0", tamper=tamper)
    with pytest.raises(error) as raised:
        client.fetch("demo", origin.source())
    assert raised.value.code == error.code and raised.value.reason
    for never in ("127.0.0.1", str(client), "store"):
        assert never not in str(raised.value)
    assert str(raised.value) == (f"{raised.value.message} ({int(error.code)} {error.code.name.lower()}, {raised.value.reason}): "
                                 f"{raised.value.hint}")
    with client.open("demo") as pack:
        assert pack.read() == b"good"


def test_an_expired_manifest_and_an_older_one_are_refused(origin: Origin, client: Client) -> None:
    origin.publish(expires_in=-60)
    with pytest.raises(modelsec.ExpiredError):
        client.fetch("demo", origin.source())
    origin.publish(sequence=5)
    client.fetch("demo", origin.source())
    origin.publish(sequence=4)
    with pytest.raises(modelsec.RollbackError):
        client.fetch("demo", origin.source())


def test_a_cancelled_fetch_goes_on_where_it_was(origin: Origin, client: Client) -> None:
    size = 40 << 20
    origin.publish(size=size)
    origin.fail(PATH, bytes_per_second=20 << 20)
    far = threading.Event()
    operation = client.start("demo", origin.source(), on_progress=lambda done, _: far.set() if done > 24 << 20 else None)
    assert far.wait(30)
    operation.cancel()
    with pytest.raises(modelsec.CancelledError):
        operation.result()
    kept = client.status()[0].partial_bytes
    assert 0 < kept < size
    origin.order("heal", path=PATH)
    result = client.fetch("demo", origin.source())
    assert result.bytes_fetched <= size - kept
    assert client.verify("demo").version == "1.0.0"


def test_a_paused_fetch_stands_still(origin: Origin, client: Client) -> None:
    origin.publish(size=8 << 20)
    origin.fail(PATH, bytes_per_second=8 << 20)
    at: list[int] = []
    operation = client.start("demo", origin.source(), on_progress=lambda done, _: at.append(done))
    while not at or at[-1] == 0:
        time.sleep(0.01)
    operation.pause()
    time.sleep(0.5)
    stood = at[-1]
    time.sleep(0.5)
    assert at[-1] - stood <= 4 << 20 and not operation.done
    operation.resume()
    assert operation.result().version == "1.0.0"


def test_rollback_brings_the_last_good_one_back_for_good(origin: Origin, client: Client) -> None:
    origin.publish(text="one")
    client.fetch("demo", origin.source())
    origin.publish(text="two", version="2.0.0", sequence=2)
    client.fetch("demo", origin.source())
    assert client.rollback("demo", origin.source()).version == "1.0.0"
    with pytest.raises(modelsec.RollbackError):
        client.fetch("demo", origin.source())
    status = client.status()[0]
    assert status.active and status.active.version == "1.0.0"
    assert [p.version for p in status.rejected] == ["2.0.0"]
    report = client.gc(dry_run=True)
    assert report == client.gc() and any("2.0.0" in name for name in report.removed)
    with pytest.raises(modelsec.ModelsecError):
        client.rollback("demo")


def test_what_a_callback_raises_ends_the_fetch_and_is_raised(origin: Origin, client: Client) -> None:
    origin.publish(size=5_000_000)

    def fail(_done: int, _total: int) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        client.fetch("demo", origin.source(), on_progress=fail)


def test_credentials_are_asked_for_each_origin(origin: Origin, store: pathlib.Path) -> None:
    origin.publish()
    asked: list[str] = []

    def credentials(where: str) -> dict[str, str]:
        asked.append(where)
        return {"Authorization": f"Bearer {len(asked)}"}

    with Client(store, ca_file=origin.ca, credentials=credentials) as client:
        client.fetch("demo", origin.source())
    assert set(asked) == {origin.about["base_url"]}
    sent = [r["headers"].get("authorization") for r in origin.requests()]
    assert len(sent) >= 2 and len(set(sent)) == len(sent)  # asked anew for each request


def test_headers_can_be_set_for_an_origin(origin: Origin, client: Client) -> None:
    origin.publish()
    client.set_headers(origin.about["base_url"], {"X-Test": "yes"})
    client.fetch("demo", origin.source())
    assert all(r["headers"]["x-test"] == "yes" for r in origin.requests())


def test_a_deployed_edge_function_is_asked_by_post(origin: Origin, client: Client) -> None:
    origin.publish(format="pack", bare=True, edge="llama8b/macos", model="llama3", platform="macos_coreml_zip",
                   zip={"config.json": "{}", "weights/w.bin": "w"})
    source = modelsec.Source(manifest_url=origin.about["edge_url"], pins=origin.pins, format="pack",
                             post={"tier": "llama8b", "platform": "macos"}, headers={"apikey": origin.about["apikey"]},
                             platforms=["macos_coreml_zip"])
    client.fetch("llama3", source)
    with client.open("llama3") as pack:
        assert sorted(pack.files) == ["config.json", "weights/w.bin"] and pack.read("weights/w.bin") == b"w"


def test_a_pinned_root_vouches_also_after_its_keys_were_rotated(origin: Origin, client: Client) -> None:
    first = origin.order("root", version=1, targets=4)
    trusted = origin.source(pins=None, root=modelsec.PinnedRoot(first["root"].encode(), first["root_url"]))
    origin.publish(signed_by=4)
    client.fetch("demo", trusted)
    origin.order("root", version=2, targets=5)
    origin.publish(signed_by=4, version="2.0.0", sequence=2)
    with pytest.raises(modelsec.SignatureError):
        client.fetch("demo", trusted)
    origin.publish(signed_by=5, version="2.0.0", sequence=2)
    assert client.fetch("demo", trusted).version == "2.0.0"


def test_a_bundle_brings_the_successors_of_its_root(origin: Origin, store: pathlib.Path) -> None:
    first = origin.order("root", version=1, targets=4)
    origin.publish(signed_by=4)
    with Client(store, ca_file=origin.ca) as online:
        online.fetch("demo", origin.source(pins=None, root=modelsec.PinnedRoot(first["root"].encode(), first["root_url"])))
        with online.open("demo") as pack:
            (content,) = [pack.read(name) for name in pack.files]
    with urllib.request.urlopen(origin.about["manifest_url"], context=ssl.create_default_context(cafile=origin.ca)) as answer:
        envelope = answer.read()
    bundle = store.parent / "demo.bundle"
    with tarfile.open(bundle, "w", format=tarfile.USTAR_FORMAT) as out:
        for name, part in (("envelope.json", envelope), ("sha256/" + hashlib.sha256(content).hexdigest(), content)):
            entry = tarfile.TarInfo(name)
            entry.size = len(part)
            out.addfile(entry, io.BytesIO(part))
    asked = len(origin.requests())
    with Client(store.parent / "offline") as offline:
        source = modelsec.Source(bundle=bundle, root=modelsec.PinnedRoot(first["root"].encode()))
        assert offline.check("demo", source).version == offline.fetch("demo", source).version == "1.0.0"
    assert len(origin.requests()) == asked


def test_a_tuf_target_takes_the_place_of_a_manifest(origin: Origin, client: Client) -> None:
    first = origin.order("tuf", seed=1)
    target = modelsec.TufTarget(first["root"].encode(), first["metadata_url"], first["target"])
    assert client.fetch("demo", modelsec.Source(tuf=target)).sha256 == first["sha256"]
    second = origin.order("tuf", seed=2, version=2)
    assert client.fetch("demo", modelsec.Source(tuf=target)).version == second["sha256"][:16]
    origin.order("tuf", seed=1, version=1)  # the way back
    with pytest.raises(modelsec.RollbackError):
        client.fetch("demo", modelsec.Source(tuf=target))
    with pytest.raises(ValueError):
        client.fetch("demo", origin.source(tuf=target))


def test_a_proxy_is_used_and_blamed(origin: Origin, store: pathlib.Path) -> None:
    origin.publish()
    dead = "http://user:planted-secret@127.0.0.1:9"
    with Client(store, ca_file=origin.ca, proxy=dead, retries=1) as client:
        with pytest.raises(modelsec.NetworkError) as caught:
            client.fetch("demo", origin.source())
        assert caught.value.reason == "proxy_failed" and "planted" not in str(caught.value)
    with Client(store, ca_file=origin.ca, proxy=dead, no_proxy="127.0.0.1", ocsp="off") as client:
        client.fetch("demo", origin.source())


def test_policy_refuses_hosts_devices_and_storage_credentials(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(min_ram_mb=4096)
    with Client(store, ca_file=origin.ca, allowed_hosts=["models.example"]) as client:
        with pytest.raises(modelsec.PolicyError):
            client.fetch("demo", origin.source())
    with Client(store, ca_file=origin.ca, device=(1024, 1 << 20)) as client:
        with pytest.raises(modelsec.PolicyError):
            client.fetch("demo", origin.source())
    with Client(store, ca_file=origin.ca, credentials=lambda _: {"Authorization": "Bearer hf_" + 34 * "x"}) as client:
        with pytest.raises(modelsec.PolicyError):
            client.fetch("demo", origin.source())


def test_ensure_makes_do_with_what_is_active(origin: Origin, client: Client) -> None:
    origin.publish()
    assert not client.ensure("demo", origin.source()).stale
    origin.fail("/manifest", status=503)
    assert client.ensure("demo", origin.source(), deadline=10).stale
    with pytest.raises(modelsec.ModelsecError):
        client.fetch("demo", origin.source(), deadline=10)
    assert client.fetch("demo", origin.source(), offline=True).already_active


def test_ensure_waits_for_a_manifest_if_it_is_told_never_to_fall_back_and_a_store_is_marked_for_backups(
        origin: Origin, store: pathlib.Path) -> None:
    origin.publish()
    assert not (store / "CACHEDIR.TAG").exists()
    with Client(store, ca_file=origin.ca, cache_tag=True) as client:
        client.fetch("demo", origin.source())
    assert (store / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    origin.fail("/manifest", delay_ms=1500)
    with Client(store, ca_file=origin.ca, fallback_after=0.2) as client:
        assert client.ensure("demo", origin.source()).stale_reason == "manifest_late"
    with Client(store, ca_file=origin.ca, fallback_after=math.inf) as client:
        assert not client.ensure("demo", origin.source()).stale


def test_mistakes_in_usage_are_told_as_such(origin: Origin, client: Client, store: pathlib.Path) -> None:
    with pytest.raises(modelsec.UsageError):
        client.fetch("demo", modelsec.Source(manifest_url="https://localhost:1/"))
    with pytest.raises(modelsec.PolicyError):
        client.fetch("demo", origin.source(manifest_url="http://localhost:1/"))
    with pytest.raises(modelsec.NoneActiveError):
        client.open("demo")
    assert client.status() == []
    with pytest.raises(ValueError, match="profile is one of 'client', 'server'"):
        Client(store, profile="nobody")
    client.close()
    with pytest.raises(ValueError):
        client.status()


def test_a_thousand_status_calls_take_no_time(origin: Origin, client: Client) -> None:
    origin.publish()
    client.fetch("demo", origin.source())
    best = 1.0
    for _ in range(5):
        begin = time.process_time()
        for _ in range(1000):
            client.status()
        best = min(best, time.process_time() - begin)
    print(f"1,000 status calls: {best * 1000:.1f} ms")
    assert best < 0.25  # 0.05 on a machine of its own (./dev bench --bindings)


def test_what_is_wrong_with_an_option_says_what_is_allowed(store: pathlib.Path) -> None:
    with pytest.raises(ValueError, match="ocsp is one of 'if_stapled', 'required', 'off', not 'on'"):
        Client(store, ocsp="on")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="profile is one of 'client', 'server'"):
        Client(store, profile="root")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="format is one of 'dsse', 'pack'"):
        modelsec.ensure("demo", modelsec.Source(manifest_url="https://x.example/", pins={}, format="jws"), store=store)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="allowed_hosts is a list of texts"):
        Client(store, allowed_hosts="x.example")
    with pytest.raises(TypeError, match="retry"):
        Client(store, retry=1)  # type: ignore[call-arg]


def test_paths_of_every_kind_are_taken(origin: Origin, store: pathlib.Path) -> None:
    origin.publish()
    with Client(pathlib.Path(store), ca_file=pathlib.Path(origin.ca)) as client:
        assert client.fetch("demo", origin.source()).version == "1.0.0"


def test_what_is_shown_of_a_source_has_no_header(origin: Origin) -> None:
    shown = repr(origin.source(headers={"apikey": "planted-secret"}, post={"token": "planted-secret"}))
    assert "planted" not in shown and "manifest_url" in shown


def test_a_credentials_callback_that_raises_raises_from_the_call(origin: Origin, store: pathlib.Path) -> None:
    origin.publish()

    def ask(_: str) -> dict[str, str]:
        raise LookupError("no token today")

    with Client(store, ca_file=origin.ca, credentials=ask) as client, pytest.raises(LookupError, match="no token today"):
        client.fetch("demo", origin.source())


def test_retries_and_endings_are_logged_without_secrets(origin: Origin, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    origin.publish()
    caplog.set_level("DEBUG", logger="modelsec")
    client.fetch("demo", origin.source(headers={"apikey": "planted-secret"}))
    assert "demo: done" in caplog.text and "planted" not in caplog.text
    origin.publish(sequence=2, version="2.0.0", tamper="payload")
    with pytest.raises(modelsec.SignatureError):
        client.fetch("demo", origin.source())
    assert any("ended with" in r.getMessage() and r.levelname == "INFO" for r in caplog.records)


def test_the_environment_is_read_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, origin: Origin, store: pathlib.Path) -> None:
    origin.publish()
    monkeypatch.setenv("SSL_CERT_FILE", origin.ca)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Client(store) as client, pytest.raises(modelsec.TlsError):
        client.fetch("demo", origin.source())
    with Client(store, use_environment=True) as client:
        assert client.fetch("demo", origin.source()).version == "1.0.0"
    folder = store.parent / "roots"
    folder.mkdir()
    (folder / "00000000.0").write_bytes(pathlib.Path(origin.ca).read_bytes())
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", f"/absent:{folder}")
    with Client(store, use_environment=True) as client:
        assert client.fetch("demo", origin.source()).already_active
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with Client(store, use_environment=True, retries=1) as client, pytest.raises(modelsec.NetworkError):
        client.fetch("demo", origin.source())
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    with Client(store, use_environment=True) as client:
        assert client.fetch("demo", origin.source()).already_active


def test_a_check_tells_what_a_fetch_would_do_and_changes_nothing(origin: Origin, client: Client, store: pathlib.Path) -> None:
    published = origin.publish(text="twelve bytes")
    seen = client.check("demo", origin.source(require_order=True))
    assert (seen.version, seen.sequence, seen.total_bytes, seen.bytes_to_fetch) == ("1.0.0", 1, 12, 12)
    assert not seen.already_active and seen.active_version is None and client.status() == []
    assert origin.requests(PATH) == []
    client.fetch("demo", origin.source())
    seen = client.check("demo", origin.source())
    assert seen.already_active and seen.bytes_to_fetch == 0 and seen.active_version == "1.0.0" and seen.sha256 == published["sha256"]
    origin.publish(sequence=2, version="2.0.0", tamper="payload")
    with pytest.raises(modelsec.SignatureError):
        client.check("demo", origin.source())


def test_a_removed_model_is_gone_and_what_is_remembered_of_it_stays(origin: Origin, client: Client) -> None:
    origin.publish(sequence=5, text="five")
    client.fetch("demo", origin.source())
    report = client.remove("demo")
    assert report.removed and report.bytes >= 4
    with pytest.raises(modelsec.NoneActiveError):
        client.open("demo")
    origin.publish(sequence=4, version="0.9.0", text="four")
    with pytest.raises(modelsec.RollbackError):
        client.fetch("demo", origin.source())


def test_a_damaged_state_is_told_and_repaired_by_word_or_by_itself(origin: Origin, client: Client, store: pathlib.Path) -> None:
    origin.publish(text="good")
    client.fetch("demo", origin.source())
    assert [(m.model_id, m.found) for m in client.repair()] == [("demo", "none")]

    def damage() -> None:
        path = store / ".modelsec" / "state" / "demo.99.json"
        path.write_bytes(b"{")
        path.chmod(0o600)

    damage()
    with pytest.raises(modelsec.StoreError) as raised:
        client.open("demo")
    assert raised.value.reason == "state_damaged"
    [repaired] = client.repair("demo", origin.source())
    assert (repaired.found, repaired.reason, repaired.active_version) == ("state_damaged", "none", "1.0.0") and repaired.forgotten_changes > 0
    client.open("demo").close()
    damage()
    with modelsec.Client(store, ca_file=origin.ca, automatic_repair=True) as other:
        other.open("demo").close()


def test_a_ca_may_come_from_memory(origin: Origin, store: pathlib.Path) -> None:
    origin.publish(text="x")
    with modelsec.Client(store, ca_pem=pathlib.Path(origin.ca).read_text(), first_byte_timeout=30, digest_policy="whole", retries=1) as c:
        assert c.fetch("demo", origin.source()).version == "1.0.0"
    with modelsec.Client(store, ca_pem="no certificate", retries=1) as c, pytest.raises(modelsec.TlsError):
        c.check("demo", origin.source())
    with pytest.raises(ValueError):
        modelsec.Client(store, store_policy="everybody")  # type: ignore[arg-type]


def test_where_fs_verity_cannot_be_had_a_model_is_active_without_unless_it_is_required(origin: Origin, tmp_path: pathlib.Path) -> None:
    origin.publish(text="x")
    with modelsec.Client(tmp_path / "wanted", ca_file=origin.ca, fs_verity="wanted") as c:
        assert c.fetch("demo", origin.source()).version == "1.0.0"
        active = c.status()[0].active
        assert active is not None
        sealed = active.fs_verity  # as this kernel and disk have it
    with modelsec.Client(tmp_path / "required", ca_file=origin.ca, fs_verity="required") as c:
        if sealed:
            assert c.fetch("demo", origin.source()).version == "1.0.0"
        else:
            with pytest.raises(modelsec.StoreError) as refused:
                c.fetch("demo", origin.source())
            assert refused.value.reason == "verity_unsupported"
            assert c.status()[0].active is None
    with pytest.raises(ValueError):
        modelsec.Client(tmp_path, fs_verity="perhaps")  # type: ignore[arg-type]
