// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';

import 'package:modelsec/src/cancellation.dart';
import 'package:modelsec/src/provisioning.dart';
import 'package:test/test.dart';

void main() {
  late bool wifi, charging, idle;
  late StreamController<void> changes;
  late Completer<String> work;
  late List<CancellationToken> tokens;
  late void Function(int, int)? progress;
  late ModelProvisioner provisioner;
  late List<ProvisioningPhase> phases;

  setUp(() {
    wifi = charging = idle = true;
    changes = StreamController.broadcast();
    work = Completer();
    tokens = [];
    phases = [];
    Future<String> install(
      String tier, {
      void Function(int, int)? onProgress,
      CancellationToken? token,
    }) {
      expect(tier, 'llama8b');
      tokens.add(token!);
      progress = onProgress;
      return work.future;
    }

    provisioner = ModelProvisioner(
      install,
      gates: ProvisioningGates(
        onWifi: () => wifi,
        charging: () async => charging,
        deviceIdle: () => idle,
        changes: changes.stream,
      ),
    );
    provisioner.states.listen((state) => phases.add(state.phase));
    addTearDown(changes.close);
    addTearDown(provisioner.close);
  });

  Future<void> change(void Function() what) async {
    what();
    changes.add(null);
    await pumpEventQueue();
  }

  test('it waits at each gate in order, then downloads', () async {
    expect(provisioner.state.phase, ProvisioningPhase.idle);
    wifi = charging = idle = false;
    final done = provisioner.provision('llama8b');
    await pumpEventQueue();
    expect(provisioner.state.phase, ProvisioningPhase.queuedWifi);
    await change(() => wifi = true);
    expect(provisioner.state.phase, ProvisioningPhase.queuedCharging);
    await change(() => charging = true);
    expect(provisioner.state.phase, ProvisioningPhase.queuedIdle);
    expect(tokens, isEmpty);
    await change(() => idle = true);
    expect(provisioner.state.phase, ProvisioningPhase.downloading);
    expect(provisioner.provision('llama8b'), same(done));
    progress!(5, 10);
    expect((provisioner.state.received, provisioner.state.total), (5, 10));
    work.complete('/root/model/1');
    expect(await done, '/root/model/1');
    await pumpEventQueue();
    expect(phases.last, ProvisioningPhase.installed);
    expect(tokens, hasLength(1));
  });

  test(
    'a gate that closes pauses the download; it goes on when it opens',
    () async {
      final done = provisioner.provision('llama8b');
      await pumpEventQueue();
      progress!(5, 10);
      await change(() => wifi = false);
      expect(provisioner.state.phase, ProvisioningPhase.queuedWifi);
      expect(provisioner.state.received, 5);
      expect(tokens.single.isPaused, isTrue);
      await change(() => wifi = true);
      expect(tokens.single.isPaused, isFalse);
      expect(provisioner.state.phase, ProvisioningPhase.downloading);
      work.complete('/x');
      await done;
    },
  );

  test('what fails is an error, and can be tried again', () async {
    final done = provisioner.provision('llama8b');
    await pumpEventQueue();
    work.completeError(const FormatException('no'));
    await expectLater(done, throwsFormatException);
    expect(provisioner.state.phase, ProvisioningPhase.error);
    expect(provisioner.state.error, isFormatException);
    work = Completer()..complete('/x');
    expect(await provisioner.provision('llama8b'), '/x');
    expect(provisioner.state.phase, ProvisioningPhase.installed);
  });

  test(
    'cancelled while it waits: the installation begins only to say so',
    () async {
      wifi = false;
      final done = provisioner.provision('llama8b');
      await pumpEventQueue();
      provisioner.cancel();
      await pumpEventQueue();
      expect(tokens.single.isCancelled, isTrue);
      work.completeError(StateError('cancelled'));
      await expectLater(done, throwsStateError);
    },
  );
}
