// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:ffi';
import 'dart:isolate';
import 'dart:math';

import 'package:ffi/ffi.dart';

import 'audit.dart';
import 'bindings.dart' as c;
import 'cancellation.dart';
import 'convert.dart';
import 'foreign_transfer.dart';
import 'model.dart';
import 'open_pack.dart';
import 'operations.dart';
import 'relay.dart';
import 'request.dart';

/// Who runs the library.
enum Profile {
  /// Holds no storage credentials: with one it fails by [ModelsecPolicyException].
  client,

  /// May hold them.
  server,
}

/// What to make of an OCSP answer that a server staples to its certificate.
enum OcspPolicy {
  /// One that comes must be good; one must come where the certificate says so.
  ifStapled,

  /// Every server must staple a good one.
  required,

  /// Servers are not asked for one.
  off,
}

/// Whether what becomes active is put under fs-verity (Linux): from then on the kernel lets nobody change it.
enum FsVerity {
  /// No.
  off,

  /// Where kernel and disk can; else a warning `verity_unsupported`, and active without.
  wanted,

  /// Where they cannot, nothing becomes active: `verity_unsupported`.
  required,
}

/// The version of the library that is loaded, as in `0.1.0`.
String modelsecVersion() => textOf(c.modelsec_version());

/// Cancels all operations of the process, whichever isolate began them, and waits until they have ended, at most `within`. Nothing
/// can be started afterwards. False: time ran out.
Future<bool> modelsecShutdown({Duration within = const Duration(seconds: 10)}) {
  final ms = max(0, within.inMilliseconds);
  return Isolate.run(() => c.modelsec_shutdown(ms) == 1);
}

/// Gets models from a hostile network onto the disk, and is sure of it.
///
/// Belongs to the isolate that made it; others make clients of their own, also for the same store: operations on one model wait for
/// each other, across isolates and processes. Operations run on threads of the library, and no isolate waits for them.
final class ModelsecClient implements Finalizable {
  /// Reads no disk and asks no network. `store` is the store's folder, made at the first fetch; the files are PEM; `caFile` replaces
  /// the system's roots; `spkiPins` are base64 SHA-256 of public keys, for the manifest's origin; `limitRate` is in bytes a second. Where a zero is the default, it
  /// means the library's. With `allowedHosts` no other host is asked, redirected to or not. `device` is what a manifest's
  /// `min_device` is held against in place of this machine. `proxy` is `http://[user:password@]host[:port]` or `socks5://…`, `noProxy` a
  /// list of hosts as in the variable NO_PROXY; neither is read from the environment. Where no CA is given, `rootsFromEnvironment` takes
  /// what SSL_CERT_FILE and SSL_CERT_DIR name in place of the system's roots. `caPem` is what `caFile` holds; both are believed
  /// where both are given. With `automaticRepair` a model whose newest state is damaged goes on with the highest that is whole.
  /// `audit` keeps a log of every attempt in the store. With `manifestRequestsPerMinute` (at most 1,000) or `manifestRequestsPerDay` nobody
  /// is asked for more manifests than that, over all processes that use the store: [ModelsecRateLimitedException], where [ensure] does
  /// with what is active.
  /// `fsVerity` puts what becomes active under fs-verity (Linux, Android): nobody can change it, and opening reads none of it.
  /// [ensure] does with what is active without a verified manifest after `fallbackAfter` (null: only where the network fails). `cacheTag` marks
  /// the store by a CACHEDIR.TAG: backup programs leave it out.
  /// `maxModelBytes` bounds all files of a model together whose sizes nobody signed ([ModelSignature]); 0 is 256 GiB.
  factory ModelsecClient({
    required String store,
    Profile profile = Profile.client,
    String? caFile,
    String? certificateFile,
    String? privateKeyFile,
    List<String> spkiPins = const [],
    int connections = 0,
    int limitRate = 0,
    Duration lockWait = Duration.zero,
    List<String> allowedHosts = const [],
    String? userAgent,
    Duration connectTimeout = Duration.zero,
    Duration handshakeTimeout = Duration.zero,
    Duration stallTimeout = Duration.zero,
    int retries = 0,
    bool groupShared = false,
    String? proxy,
    String? noProxy,
    OcspPolicy ocsp = OcspPolicy.ifStapled,
    String? caPem,
    Duration firstByteTimeout = Duration.zero,
    bool automaticRepair = false,
    AuditOptions? audit,
    int manifestRequestsPerMinute = 0,
    int manifestRequestsPerDay = 0,
    FsVerity fsVerity = FsVerity.off,
    int maxModelBytes = 0,
    ({int ramMb, int freeDiskMb})? device,
    bool rootsFromEnvironment = false,
    Duration? fallbackAfter = Duration.zero,
    bool cacheTag = false,
  }) => using((arena) {
    final options = arena<c.modelsec_client_options>();
    options.ref
      ..struct_size = sizeOf<c.modelsec_client_options>()
      ..profile = profile == Profile.server
          ? c.MODELSEC_PROFILE_SERVER
          : c.MODELSEC_PROFILE_CLIENT
      ..store = chars(store, arena)
      ..ca_file = chars(caFile, arena)
      ..certificate_file = chars(certificateFile, arena)
      ..private_key_file = chars(privateKeyFile, arena)
      ..spki_pins = charLists(spkiPins, arena)
      ..spki_pin_count = spkiPins.length
      ..connections = countOf(connections, 'connections', bits: 32)
      ..limit_rate = limitRate
      ..lock_wait_ms = timeoutOf(lockWait)
      ..allowed_hosts = charLists(allowedHosts, arena)
      ..allowed_host_count = allowedHosts.length
      ..user_agent = chars(userAgent, arena)
      ..device_ram_mb = device?.ramMb ?? 0
      ..device_free_disk_mb = device?.freeDiskMb ?? 0
      ..connect_timeout_ms = timeoutOf(connectTimeout)
      ..handshake_timeout_ms = timeoutOf(handshakeTimeout)
      ..stall_timeout_ms = timeoutOf(stallTimeout)
      ..retries = countOf(retries, 'retries', bits: 32)
      ..group_shared = groupShared ? 1 : 0
      ..proxy = chars(proxy, arena)
      ..no_proxy = chars(noProxy, arena)
      ..ocsp = switch (ocsp) {
        OcspPolicy.ifStapled => c.MODELSEC_OCSP_IF_STAPLED,
        OcspPolicy.required => c.MODELSEC_OCSP_REQUIRED,
        OcspPolicy.off => c.MODELSEC_OCSP_OFF,
      }
      ..max_model_bytes = countOf(maxModelBytes, 'maxModelBytes')
      ..ca_pem = chars(caPem, arena)
      ..first_byte_timeout_ms = timeoutOf(firstByteTimeout)
      ..automatic_repair = automaticRepair ? 1 : 0
      ..audit = auditOf(audit, arena)
      ..manifest_requests_per_minute = countOf(
        manifestRequestsPerMinute,
        'manifestRequestsPerMinute',
        bits: 32,
      )
      ..manifest_requests_per_day = countOf(
        manifestRequestsPerDay,
        'manifestRequestsPerDay',
        bits: 32,
      )
      ..fs_verity = switch (fsVerity) {
        FsVerity.off => c.MODELSEC_VERITY_OFF,
        FsVerity.wanted => c.MODELSEC_VERITY_WANTED,
        FsVerity.required => c.MODELSEC_VERITY_REQUIRED,
      }
      ..roots_from_environment = rootsFromEnvironment ? 1 : 0
      // -1 is UINT64_MAX: never.
      ..fallback_after_ms = fallbackAfter == null
          ? -1
          : timeoutOf(fallbackAfter)
      ..cache_tag = cacheTag ? 1 : 0;
    final out = arena<Pointer<c.modelsec_client>>();
    check((error) => c.modelsec_client_create(options, out, error));
    return ModelsecClient._(out.value);
  }, calloc);

  ModelsecClient._(this._client) {
    _finalizer.attach(this, _client.cast(), detach: this);
  }

  // Static: it must be reachable as long as any client is.
  static final NativeFinalizer _finalizer = NativeFinalizer(
    Native.addressOf<NativeFunction<Void Function(Pointer<c.modelsec_client>)>>(
      c.modelsec_client_release,
    ).cast(),
  );

  Pointer<c.modelsec_client> _client;
  int _beginning = 0;
  bool _closed = false;
  final StreamController<ModelEvent> _events = StreamController.broadcast();

  Pointer<c.modelsec_client> _get() =>
      !_closed ? _client : throw StateError('the client was closed');

  /// What happens to all operations of this client, from when it is listened to.
  Stream<ModelEvent> get events => _events.stream;

  /// Fetches the manifest, verifies it, downloads what is missing, verifies it, makes it active. Where the network fails, what is
  /// active is good enough: [Model.stale]. On any error the active model stays. Throws [ModelsecException].
  Future<Model> ensure(
    ModelRequest request, {
    CancellationToken? token,
    void Function(ModelEvent)? onEvent,
  }) => _model(c.MODELSEC_OP_ENSURE, request, token, onEvent);

  /// The same, but a network that fails is an error.
  Future<Model> fetch(
    ModelRequest request, {
    CancellationToken? token,
    void Function(ModelEvent)? onEvent,
  }) => _model(c.MODELSEC_OP_FETCH, request, token, onEvent);

  /// [fetch], whose bytes another transport brings; to be called again with the same request whenever the application comes back.
  /// `lease`: how long a range is not handed out again; zero: 24 hours. `rangeBytes`: about so much is asked for at once; 0: 256 MiB.
  Future<ForeignTransfer> transfer(
    ModelRequest request, {
    Duration lease = Duration.zero,
    int rangeBytes = 0,
  }) async {
    final client = _get().address;
    ++_beginning;
    try {
      return await ForeignTransfer.begin(client, request, lease, rangeBytes);
    } finally {
      --_beginning;
      _release();
    }
  }

  /// Hashes again what is active.
  Future<Model> verify(
    String modelId, {
    CancellationToken? token,
    void Function(ModelEvent)? onEvent,
  }) => _model(
    c.MODELSEC_OP_VERIFY,
    ModelRequest(modelId: modelId),
    token,
    onEvent,
  );

  /// Makes the last good pack active again, after hashing it. The one that is left is remembered as rejected and not fetched again.
  /// `trust`, if given, is asked again about the pack that comes back.
  Future<Model> rollback(
    String modelId, {
    Trust? trust,
    CancellationToken? token,
  }) => _model(
    c.MODELSEC_OP_ROLLBACK,
    ModelRequest(modelId: modelId, trust: trust),
    token,
    null,
  );

  /// Opens what is active; hashes again what changed on disk since it was verified.
  Future<OpenPack> open(String modelId) async =>
      (await _run(c.MODELSEC_OP_OPEN, ModelRequest(modelId: modelId))).pack ??
      (throw silence());

  /// Removes what nothing needs; keeps what is active, last good or open, and `keep` more packs.
  Future<GcReport> gc({int keep = 0, bool dryRun = false}) async => (await _run(
    c.MODELSEC_OP_GC,
    ModelRequest(dryRun: dryRun),
    keep: keep,
  )).outcome.gc;

  /// What the store holds, of all models; an absent store holds nothing. Reads some small files and hashes nothing, so it answers
  /// at once.
  List<ModelStatus> status() => using((arena) {
    final out = arena<Pointer<c.modelsec_status>>();
    check((error) => c.modelsec_client_status(_get(), out, error));
    final list = statusOf(out.value.ref);
    c.modelsec_status_release(out.value);
    return list;
  }, calloc);

  /// Sets the headers that go to one origin (`https://host[:port]`) and no other, from the next request on, also of downloads that
  /// run: tokens can be renewed. An empty map forgets them.
  void setHeaders(String origin, Map<String, String> headers) => using(
    (arena) => check(
      (error) => c.modelsec_client_set_headers(
        _get(),
        chars(origin, arena),
        headerList(headers, arena),
        headers.length,
        error,
      ),
    ),
    calloc,
  );

  /// Lets go of the client now rather than when it is collected. Running operations go on. Twice is fine.
  void close() {
    if (_closed) return;
    _closed = true;
    _release();
    unawaited(_events.close());
  }

  // A transfer that begins in another isolate still needs it.
  void _release() {
    if (!_closed || _beginning > 0 || _client == nullptr) return;
    _finalizer.detach(this);
    c.modelsec_client_release(_client);
    _client = nullptr;
  }

  Future<Model> _model(
    int operation,
    ModelRequest request,
    CancellationToken? token,
    void Function(ModelEvent)? onEvent,
  ) async => (await _run(
    operation,
    request,
    token: token,
    onEvent: onEvent,
  )).outcome.model;

  Future<Ended> _run(
    int operation,
    ModelRequest request, {
    CancellationToken? token,
    void Function(ModelEvent)? onEvent,
    int keep = 0,
  }) => Operations.instance.run(
    _get,
    operation,
    request,
    token: token,
    keep: keep,
    onEvent: (event) {
      if (!_events.isClosed) _events.add(event);
      onEvent?.call(event);
    },
  );
}
