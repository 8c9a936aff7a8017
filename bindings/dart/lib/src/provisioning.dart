// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';

import 'cancellation.dart';

/// Where an installation stands.
enum ProvisioningPhase {
  /// Nothing was asked for.
  idle,

  /// Waits for a network that costs nothing.
  queuedWifi,

  /// Waits for the charger.
  queuedCharging,

  /// Waits until the device is not used.
  queuedIdle,

  /// Is at it.
  downloading,

  /// The pack is there.
  installed,

  /// It failed: [ProvisioningState.error].
  error,
}

/// A phase with what belongs to it.
final class ProvisioningState {
  /// As the provisioner says it.
  const ProvisioningState(
    this.phase, {
    this.received = 0,
    this.total = 0,
    this.error,
  });

  /// Which phase.
  final ProvisioningPhase phase;

  /// Bytes so far.
  final int received;

  /// Bytes altogether; 0: not known yet.
  final int total;

  /// Why it failed.
  final Object? error;
}

/// What must be so for a download to run. The application knows its platform: each gate answers whether it is open now; a null gate
/// always is. `changes` says when to ask again.
final class ProvisioningGates {
  /// As the application supplies them.
  const ProvisioningGates({
    this.onWifi,
    this.charging,
    this.deviceIdle,
    this.changes,
  });

  /// On a network that costs nothing?
  final FutureOr<bool> Function()? onWifi;

  /// On the charger?
  final FutureOr<bool> Function()? charging;

  /// Not used?
  final FutureOr<bool> Function()? deviceIdle;

  /// Something of it may have changed.
  final Stream<void>? changes;

  /// The phase to wait in; null: all are open.
  Future<ProvisioningPhase?> closed() async {
    if (!await (onWifi?.call() ?? true)) return ProvisioningPhase.queuedWifi;
    if (!await (charging?.call() ?? true)) {
      return ProvisioningPhase.queuedCharging;
    }
    if (!await (deviceIdle?.call() ?? true)) {
      return ProvisioningPhase.queuedIdle;
    }
    return null;
  }
}

/// What does the installing: `LocalModelPackManager.downloadAndActivateTrusted` or a stand-in of it.
typedef InstallPack = Future<String> Function(
  String tier, {
  void Function(int received, int total)? onProgress,
  CancellationToken? token,
});

/// Installs a pack when the gates allow it, and pauses while they do not.
final class ModelProvisioner {
  /// Does nothing yet.
  ModelProvisioner(this._install, {this.gates = const ProvisioningGates()});

  final InstallPack _install;

  /// As given.
  final ProvisioningGates gates;

  final StreamController<ProvisioningState> _states =
      StreamController.broadcast();
  ProvisioningState _state = const ProvisioningState(ProvisioningPhase.idle);
  CancellationToken? _token;
  void Function()? _lookAgain;
  Future<String>? _running;

  /// Where it stands.
  ProvisioningState get state => _state;

  /// Every change of it.
  Stream<ProvisioningState> get states => _states.stream;

  /// Waits for the gates, installs the pack of `tier`, returns its folder. While it runs, the same future is given again.
  Future<String> provision(String tier) =>
      _running ??= _provision(tier).whenComplete(() => _running = null);

  /// Ends what waits or runs. What was downloaded is kept.
  void cancel() {
    _token?.cancel();
    _lookAgain?.call();
  }

  /// For good.
  Future<void> close() async {
    cancel();
    await _states.close();
  }

  Future<String> _provision(String tier) async {
    final token = _token = CancellationToken();
    final looks = StreamController<void>();
    void look() {
      if (!looks.isClosed) looks.add(null);
    }

    _lookAgain = look;
    final changes = gates.changes?.listen((_) => look());
    Future<String>? installing;
    try {
      look();
      // Ends with the installation.
      await for (final _ in looks.stream) {
        final waitsFor = token.isCancelled ? null : await gates.closed();
        if (waitsFor != null) {
          token.pause();
          _sayPhase(waitsFor);
          continue;
        }
        token.resume();
        _sayPhase(ProvisioningPhase.downloading);
        if (installing == null) {
          installing = _install(tier, onProgress: _progress, token: token);
          installing.whenComplete(looks.close).ignore();
        }
      }
      final folder = await installing!;
      _say(const ProvisioningState(ProvisioningPhase.installed));
      return folder;
    } on Object catch (error) {
      token.cancel(); // a gate that throws must not leave a download behind
      _say(ProvisioningState(ProvisioningPhase.error, error: error));
      rethrow;
    } finally {
      _lookAgain = null;
      _token = null;
      await changes?.cancel();
    }
  }

  void _sayPhase(ProvisioningPhase phase) => _say(
    ProvisioningState(phase, received: _state.received, total: _state.total),
  );

  void _progress(int received, int total) {
    if (_state.phase != ProvisioningPhase.downloading) return;
    _say(
      ProvisioningState(
        ProvisioningPhase.downloading,
        received: received,
        total: total,
      ),
    );
  }

  void _say(ProvisioningState state) {
    _state = state;
    if (!_states.isClosed) _states.add(state);
  }
}
