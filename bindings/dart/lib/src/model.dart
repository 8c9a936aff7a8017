// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.

/// A model that is active: verified, on disk, ready to be loaded.
final class Model {
  /// As the library hands it out.
  const Model({
    required this.modelId,
    required this.version,
    required this.path,
    this.sequence = 0,
    this.sha256 = '',
    this.alreadyActive = false,
    this.stale = false,
    this.bytesFetched = 0,
  });

  /// Its id in the manifest.
  final String modelId;

  /// Its version in the manifest.
  final String version;

  /// The pack's folder, absolute. Not for messages to users.
  final String path;

  /// The manifest's sequence.
  final int sequence;

  /// Of the artifact, hex; empty where the operation does not tell.
  final String sha256;

  /// Nothing had to be downloaded.
  final bool alreadyActive;

  /// The network failed, and this is what was active before (only `ensure`).
  final bool stale;

  /// So many bytes came over the network.
  final int bytesFetched;
}

/// A pack on disk.
final class PackInfo {
  /// As the library hands it out.
  const PackInfo({
    required this.version,
    required this.sha256,
    required this.path,
    required this.sequence,
    required this.bytes,
    this.fsVerity = false,
  });

  /// Its version in the manifest.
  final String version;

  /// Of the artifact, hex.
  final String sha256;

  /// The folder, absolute; empty if it is gone.
  final String path;

  /// The manifest's sequence.
  final int sequence;

  /// Its size on disk.
  final int bytes;

  /// All of its files were under fs-verity when they were last opened or verified: the kernel lets nobody change them.
  final bool fsVerity;
}

/// What a store holds of one model.
final class ModelStatus {
  /// As the library hands it out.
  const ModelStatus({
    required this.modelId,
    required this.active,
    required this.lastGood,
    required this.rejected,
    required this.sequence,
    required this.bytes,
    required this.partialBytes,
  });

  /// Which model.
  final String modelId;

  /// What is used now.
  final PackInfo? active;

  /// What a rollback returns to.
  final PackInfo? lastGood;

  /// What was rolled back from and is not installed again.
  final List<PackInfo> rejected;

  /// The highest sequence ever accepted.
  final int sequence;

  /// Of [active] and [lastGood].
  final int bytes;

  /// Downloaded so far of what is not active yet.
  final int partialBytes;
}

/// What a collection removed.
final class GcReport {
  /// As the library hands it out.
  const GcReport({required this.bytesRemoved, this.removed = const []});

  /// So many bytes are free again.
  final int bytesRemoved;

  /// What went, or with `dryRun` would go; relative to the store.
  final List<String> removed;
}

/// What kind of thing happened.
enum ModelEventKind {
  /// A new stage begins.
  stage,

  /// [ModelEvent.bytes] of [ModelEvent.total]: (0, total) first, then at least every 512 KiB, then (total, total).
  progress,

  /// [ModelEvent.host] is asked next.
  redirect,

  /// A request failed by [ModelEvent.reason] and is made again after [ModelEvent.wait].
  retry,

  /// Something the owner should know; the operation goes on.
  warning,

  /// Something unusual for [ModelEvent.modelId], by [ModelEvent.reason] ([Alert]).
  alert,

  /// The last event of an operation, exactly one.
  done,
}

/// Something that happened to an operation. No path, token or query is ever in one.
final class ModelEvent {
  /// As the library hands it out.
  const ModelEvent({
    required this.kind,
    required this.operation,
    required this.bytes,
    required this.total,
    required this.wait,
    required this.stage,
    required this.reason,
    required this.host,
    required this.modelId,
  });

  /// What kind of thing.
  final ModelEventKind kind;

  /// Which operation of this process.
  final int operation;

  /// Bytes so far.
  final int bytes;

  /// Bytes altogether.
  final int total;

  /// How long until the next try.
  final Duration wait;

  /// `manifest`, `download`, `extract`, `activate`, `verify`.
  final String stage;

  /// `none` or a stable word.
  final String reason;

  /// Which host.
  final String host;

  /// Which model, if it is known already.
  final String modelId;
}
