// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'cancellation.dart';
import 'client.dart';
import 'model.dart';
import 'pack_mirror.dart';
import 'request.dart';

/// What is installed.
typedef LocalModelPackStatus = ({
  bool isInstalled,
  String? activePackId,
  String? activeDir,
});

/// A pack by id, version and folder.
typedef PackReference = ({String modelId, String version, String dir});

/// Where and how an application gets its packs.
final class PackManagerOptions {
  /// `manifestUrl` gets a POST of `{"tier", "platform"}` and answers with a signed manifest.
  const PackManagerOptions({
    required this.root,
    required this.manifestUrl,
    required this.modelIds,
    required this.platform,
    required this.artifactPlatforms,
    required this.pins,
    this.headers = const {},
    this.format = EnvelopeFormat.pack,
    this.caFile,
    this.limitRate = 0,
  });

  /// The folder of the packs: `root/model_id/version/`.
  final String root;

  /// The Edge Function.
  final Uri manifestUrl;

  /// From tier to the model it means; a manifest for another model is refused.
  final Map<String, String> modelIds;

  /// What the function is told: `macos`, `ios`, `android`.
  final String platform;

  /// Which artifacts will do, best first: `macos_coreml_zip`, …
  final List<String> artifactPlatforms;

  /// Public keys by key id, base64.
  final Map<String, String> pins;

  /// `apikey` and the like, for the function's origin only.
  final Map<String, String> headers;

  /// What deployed functions serve.
  final EnvelopeFormat format;

  /// PEM, in place of the system's roots.
  final String? caFile;

  /// Bytes a second; 0: no limit.
  final int limitRate;
}

/// What deployed applications use to install a local model: the same calls and the same keys, over the library.
final class LocalModelPackManager {
  /// `mirror` gets the five keys of [PackMirrorKeys]. `onUpgrade` is called when another pack has become active, `from` null at the
  /// first one; what it throws, the caller gets, and the new pack stays active.
  LocalModelPackManager(this.options, {this.mirror, this.onUpgrade})
    : _client = ModelsecClient(
        store: options.root,
        caFile: options.caFile,
        limitRate: options.limitRate,
        automaticRepair: true, // there is nobody to run a repair
      );

  /// As given.
  final PackManagerOptions options;

  /// As given.
  final KeyValueStore? mirror;

  /// As given.
  final FutureOr<void> Function(PackReference? from, PackReference to)?
  onUpgrade;

  final ModelsecClient _client;
  String? _chosen; // the model that this object made active last

  /// What is installed. Never throws: what cannot be read is not installed.
  Future<LocalModelPackStatus> getStatus() async {
    try {
      final active = (await _reconcile())?.$1;
      if (active != null) {
        return (
          isInstalled: true,
          activePackId: active.modelId,
          activeDir: active.dir,
        );
      }
    } on Object {
      // said above
    }
    return (isInstalled: false, activePackId: null, activeDir: null);
  }

  /// Gets the pack of a tier and makes it active; returns its folder. `onProgress` is told (0, total) first, then at least every
  /// 512 KiB, then (total, total); nothing if the pack is active already. Throws [ModelsecException]: a pack that was rolled back
  /// from is not installed again ([ModelsecRollbackException], `rejected`).
  Future<String> downloadAndActivateTrusted(
    String tier, {
    void Function(int received, int total)? onProgress,
    CancellationToken? token,
  }) async {
    final modelId = options.modelIds[tier];
    if (modelId == null) throw ArgumentError.value(tier, 'tier', 'unknown');
    final before = (await _reconcile())?.$1;
    final model = await _client.fetch(
      ModelRequest(
        modelId: modelId,
        manifestUrl: options.manifestUrl,
        post: jsonEncode({'tier': tier, 'platform': options.platform}),
        headers: options.headers,
        trust: Pins.byKeyId(options.pins),
        format: options.format,
        tier: tier,
        platforms: options.artifactPlatforms,
      ),
      token: token,
      onEvent: (event) {
        if (event.kind == ModelEventKind.progress &&
            event.stage == 'download') {
          onProgress?.call(event.bytes, event.total);
        }
      },
    );
    _chosen = modelId;
    await _changed(before);
    return model.path;
  }

  /// Makes the last good pack active again, if there is one; the one that is left is not installed again. False: there is none. Throws
  /// [ModelsecException] and changes nothing if it is not what it was, or if none of [PackManagerOptions.pins] vouches for it any more
  /// ([ModelsecSignatureException]): a key that an update of the application has removed brings nothing back.
  Future<bool> rollbackToLastGoodIfPresent() async {
    final now = await _reconcile();
    if (now == null || now.$2 == null) return false;
    await _client.rollback(now.$1.modelId, trust: Pins.byKeyId(options.pins));
    _chosen = now.$1.modelId;
    await _changed(now.$1);
    return true;
  }

  /// Lets go of the library's resources.
  void close() => _client.close();

  Future<void> _changed(PackReference? before) async {
    final after = (await _reconcile())?.$1;
    if (after != null && after != before) await onUpgrade?.call(before, after);
  }

  /// What is active and last good, and the mirror made the same.
  Future<(PackReference, PackReference?)?> _reconcile() async {
    final found = {
      for (final status in _client.status())
        if (options.modelIds.containsValue(status.modelId) &&
            _present(status.active))
          status.modelId: status,
    };
    final chosen = found[await _choose(found.keys)];
    final active = _reference(chosen, chosen?.active);
    final lastGood = _present(chosen?.lastGood)
        ? _reference(chosen, chosen?.lastGood)
        : null;
    if (mirror case final mirror?) {
      final manifest = chosen == null
          ? null
          : (await readActivation(options.root, chosen.modelId)).manifest;
      await writeMirror(mirror, {
        PackMirrorKeys.activeDir: active?.dir,
        PackMirrorKeys.activeId: active?.modelId,
        PackMirrorKeys.lastGoodDir: lastGood?.dir,
        PackMirrorKeys.lastGoodId: lastGood?.modelId,
        PackMirrorKeys.lastManifest: manifest,
      });
    }
    return active == null ? null : (active, lastGood);
  }

  /// Which of several active models is the application's: the one made active last.
  Future<String?> _choose(Iterable<String> ids) async {
    if (ids.contains(_chosen) || ids.length < 2) {
      return ids.contains(_chosen) ? _chosen : ids.firstOrNull;
    }
    String? newest;
    var when = DateTime.fromMillisecondsSinceEpoch(0);
    for (final id in ids) {
      final (:activatedAt, manifest: _) = await readActivation(
        options.root,
        id,
      );
      if (newest == null || (activatedAt?.isAfter(when) ?? false)) {
        newest = id;
        when = activatedAt ?? when;
      }
    }
    return newest;
  }

  static bool _present(PackInfo? pack) =>
      pack != null && pack.path.isNotEmpty && Directory(pack.path).existsSync();

  static PackReference? _reference(ModelStatus? model, PackInfo? pack) =>
      model == null || pack == null
      ? null
      : (modelId: model.modelId, version: pack.version, dir: pack.path);
}
