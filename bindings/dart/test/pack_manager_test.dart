// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:convert';
import 'dart:io';

import 'package:modelsec/modelsec.dart';
import 'package:test/test.dart';

import 'support/origin.dart';

final class MapStore implements KeyValueStore {
  final Map<String, String> values = {};
  int writes = 0;

  @override
  Future<String?> getString(String key) async => values[key];
  @override
  Future<void> setString(String key, String value) async {
    ++writes;
    values[key] = value;
  }

  @override
  Future<void> remove(String key) async => values.remove(key);
}

void main() {
  late World world;
  late MapStore mirror;
  late List<(String?, String)> upgrades;
  setUp(() async {
    world = await World.make();
    mirror = MapStore();
    upgrades = [];
  });

  LocalModelPackManager manager({Map<String, String>? pins, String? root}) {
    final made = LocalModelPackManager(
      PackManagerOptions(
        root: root ?? world.store,
        manifestUrl: world.origin.edge,
        modelIds: const {'llama8b': 'llama3_1_8b', 'small3b': 'llama3_2_3b'},
        platform: 'macos',
        artifactPlatforms: const ['macos_coreml_zip', 'macos_intel_gguf'],
        pins: pins ?? world.origin.pins,
        headers: {'apikey': world.origin.apikey},
        caFile: world.origin.ca,
      ),
      mirror: mirror,
      onUpgrade: (from, to) => upgrades.add((from?.version, to.version)),
    );
    addTearDown(made.close);
    return made;
  }

  /// As deployed publishers do: a bare pack envelope, behind the Edge Function.
  Future<Map<String, Object?>> release(
    String version, {
    String tier = 'llama8b',
    String model = 'llama3_1_8b',
    Map<String, Object?> more = const {},
  }) => world.origin.publish({
    'format': 'pack',
    'bare': true,
    'model': model,
    'version': version,
    'platform': 'macos_coreml_zip',
    'edge': '$tier/macos',
    'zip': {'weights.bin': 'weights of $version', 'model/config.json': '{}'},
    ...more,
  });

  test('a fresh folder has nothing installed', () async {
    final status = await manager().getStatus();
    expect(status, (isInstalled: false, activePackId: null, activeDir: null));
    expect(await manager().rollbackToLastGoodIfPresent(), isFalse);
    expect(mirror.values, isEmpty);
  });

  test('a trusted pack is installed: layout, status, mirror, upgrade hook, what was asked', () async {
    final published = await release('1.0.0');
    final packs = manager();
    final progress = <(int, int)>[];
    final dir = await packs.downloadAndActivateTrusted(
      'llama8b',
      onProgress: (received, total) => progress.add((received, total)),
    );
    expect(
      dir,
      '${Directory(world.store).resolveSymbolicLinksSync()}/llama3_1_8b/1.0.0',
    );
    expect(File('$dir/weights.bin').readAsStringSync(), 'weights of 1.0.0');
    expect(File('$dir/model/config.json').existsSync(), isTrue);
    expectWholeProgress(progress);
    expect(await packs.getStatus(), (
      isInstalled: true,
      activePackId: 'llama3_1_8b',
      activeDir: dir,
    ));
    expect(mirror.values[PackMirrorKeys.activeDir], dir);
    expect(mirror.values[PackMirrorKeys.activeId], 'llama3_1_8b');
    expect(mirror.values.containsKey(PackMirrorKeys.lastGoodDir), isFalse);
    final manifest = jsonDecode(mirror.values[PackMirrorKeys.lastManifest]!);
    expect((manifest as Map<String, Object?>)['version'], '1.0.0');
    expect(upgrades, [(null, '1.0.0')]);
    final asked = (await world.origin.requests(world.origin.edge.path)).single;
    expect(asked['method'], 'POST');
    expect(jsonDecode(asked['body']! as String), {
      'tier': 'llama8b',
      'platform': 'macos',
    });
    final artifact = await world.origin.requests(
      published['artifact_path']! as String,
    );
    expect(
      (artifact.first['headers']! as Map<String, Object?>).keys,
      isNot(contains('apikey')),
    );
  });

  test('a large pack: progress at least every 512 KiB; installed again without a download', () async {
    await release(
      '1.0.0',
      more: {
        'zip': {'weights.bin': 'x' * (5 << 20)},
      },
    );
    final packs = manager();
    final progress = <(int, int)>[];
    Future<String> install() => packs.downloadAndActivateTrusted(
      'llama8b',
      onProgress: (received, total) => progress.add((received, total)),
    );
    final dir = await install();
    expectWholeProgress(progress);
    progress.clear();
    expect(await install(), dir);
    expect(progress, isEmpty);
    expect(upgrades, hasLength(1));
  });

  test('an update keeps the last good one, rollback returns to it, and the rejected one stays out', () async {
    await release('1.0.0');
    final packs = manager();
    final first = await packs.downloadAndActivateTrusted('llama8b');
    await release('1.1.0');
    final second = await packs.downloadAndActivateTrusted('llama8b');
    expect(mirror.values[PackMirrorKeys.activeDir], second);
    expect(mirror.values[PackMirrorKeys.lastGoodDir], first);
    expect(mirror.values[PackMirrorKeys.lastGoodId], 'llama3_1_8b');

    expect(await packs.rollbackToLastGoodIfPresent(), isTrue);
    expect((await packs.getStatus()).activeDir, first);
    expect(mirror.values[PackMirrorKeys.activeDir], first);
    expect(upgrades, [(null, '1.0.0'), ('1.0.0', '1.1.0'), ('1.1.0', '1.0.0')]);

    // Also for the next start of the application.
    final next = manager();
    await expectLater(
      next.downloadAndActivateTrusted('llama8b'),
      throwsA(
        isA<ModelsecRollbackException>().having(
          (e) => e.reason,
          'reason',
          'rejected',
        ),
      ),
    );
    expect((await next.getStatus()).activeDir, first);
    await release('1.2.0');
    expect(
      await next.downloadAndActivateTrusted('llama8b'),
      endsWith('/1.2.0'),
    );
  });

  test(
    'a key that an update of the application removed brings nothing back',
    () async {
      await release('1.0.0');
      final before = manager();
      await before.downloadAndActivateTrusted('llama8b');
      await release('1.1.0');
      final second = await before.downloadAndActivateTrusted('llama8b');
      upgrades.clear();

      // The same id with another key, and another id.
      const other = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
      for (final pins in [
        {'v1': other},
        {'v2': other},
      ]) {
        final after = manager(pins: pins);
        await expectLater(
          after.rollbackToLastGoodIfPresent(),
          throwsA(isA<ModelsecSignatureException>()),
        );
        expect((await after.getStatus()).activeDir, second);
        expect(mirror.values[PackMirrorKeys.activeDir], second);
      }
      expect(upgrades, isEmpty);

      final both = manager(pins: {...world.origin.pins, 'v2': other});
      expect(await both.rollbackToLastGoodIfPresent(), isTrue);
      expect((await both.getStatus()).activeDir, endsWith('/1.0.0'));
    },
  );

  test('what cannot be trusted changes nothing', () async {
    await release('1.0.0');
    final packs = manager();
    final good = await packs.downloadAndActivateTrusted('llama8b');
    Future<void> refused(Matcher why, {LocalModelPackManager? by}) async {
      await expectLater(
        (by ?? packs).downloadAndActivateTrusted('llama8b'),
        throwsA(why),
      );
      expect((await packs.getStatus()).activeDir, good);
    }

    for (final (tamper, why) in [
      ('payload', isA<ModelsecException>()),
      ('signature', isA<ModelsecSignatureException>()),
      ('key', isA<ModelsecSignatureException>()),
      ('artifact', isA<ModelsecDigestException>()),
    ]) {
      await release('1.1.0', more: {'tamper': tamper});
      await refused(why);
    }
    await release('1.1.0');
    await refused(
      isA<ModelsecSignatureException>(),
      by: manager(pins: {'v9': world.origin.pins['v1']!}),
    );
    await release('1.1.0', model: 'llama3_2_3b');
    await refused(isA<ModelsecMismatchException>());
    await release('1.1.0', more: {'bare': false, 'expires_in': -10});
    await refused(isA<ModelsecExpiredException>());
    await expectLater(
      packs.downloadAndActivateTrusted('huge'),
      throwsArgumentError,
    );
  });

  test(
    'another tier is another model; the one made active last is the active one',
    () async {
      await release('1.0.0');
      await release('3.0.0', tier: 'small3b', model: 'llama3_2_3b');
      final packs = manager();
      await packs.downloadAndActivateTrusted('llama8b');
      final small = await packs.downloadAndActivateTrusted('small3b');
      expect((await packs.getStatus()).activeDir, small);
      expect((await packs.getStatus()).activePackId, 'llama3_2_3b');
      await packs.downloadAndActivateTrusted('llama8b');
      expect((await packs.getStatus()).activePackId, 'llama3_1_8b');
    },
  );

  test(
    'the mirror is made right from the store, whatever stands in it',
    () async {
      await release('1.0.0');
      final dir = await manager().downloadAndActivateTrusted('llama8b');
      mirror.values[PackMirrorKeys.activeDir] = '/gone';
      mirror.values[PackMirrorKeys.lastGoodDir] = '/never/was';
      expect((await manager().getStatus()).activeDir, dir);
      expect(mirror.values[PackMirrorKeys.activeDir], dir);
      expect(mirror.values.containsKey(PackMirrorKeys.lastGoodDir), isFalse);
      final writes = mirror.writes;
      await manager().getStatus();
      expect(mirror.writes, writes);
    },
  );

  test('the status never throws', () async {
    await release('1.0.0');
    final dir = await manager().downloadAndActivateTrusted('llama8b');
    for (final state in Directory(
      '${world.store}/.modelsec/state',
    ).listSync()) {
      File(state.path).writeAsStringSync('{');
    }
    expect((await manager().getStatus()).isInstalled, isFalse);
    Directory(dir).deleteSync(recursive: true);
    expect((await manager().getStatus()).isInstalled, isFalse);
    final file = File('${world.store}-file')..writeAsStringSync('no folder');
    expect((await manager(root: file.path).getStatus()).isInstalled, isFalse);
  });

  test('the real provisioner over the real manager', () async {
    await release('1.0.0');
    final packs = manager();
    final provisioner = ModelProvisioner(packs.downloadAndActivateTrusted);
    final phases = <ProvisioningPhase>{};
    provisioner.states.listen((state) => phases.add(state.phase));
    expect(await provisioner.provision('llama8b'), endsWith('/1.0.0'));
    await pumpEventQueue();
    expect(phases, {
      ProvisioningPhase.downloading,
      ProvisioningPhase.installed,
    });
    await provisioner.close();
  });
}
