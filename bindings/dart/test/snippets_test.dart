// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Runs what docs/dart.md shows: each of its Dart blocks stands here, word by word.
import 'dart:io';

import 'package:modelsec/modelsec.dart';
import 'package:test/test.dart';

import 'support/origin.dart';

void main() {
  late World world;
  late String folder, caFile, key;
  late Uri manifestUrl;
  setUp(() async {
    world = await World.make();
    folder = world.store;
    caFile = world.origin.ca;
    key = world.origin.pins['v1']!;
    manifestUrl = world.origin.manifest;
    await world.origin.publish({'size': 300000});
  });

  test('a model', () async {
    final client = ModelsecClient(store: folder, caFile: caFile);
    final request = ModelRequest(
      modelId: 'demo',
      manifestUrl: manifestUrl,
      trust: Pins.byKeyId({'v1': key}),
    );
    try {
      final model = await client.ensure(
        request,
        onEvent: (event) => stdout.writeln('${event.bytes} of ${event.total}'),
      );
      stdout.writeln('${model.version} is in ${model.path}');
    } on ModelsecExpiredException {
      stdout.writeln('the publisher must issue a new manifest');
    } on ModelsecException catch (e) {
      stdout.writeln(e); // generic; e.detail is for your own eyes
    }
    expect(client.status().single.active!.version, '1.0.0');

    final token = CancellationToken();
    final coming = client.fetch(request, token: token);
    token.pause(); // and resume(), or, for good:
    token.cancel();
    await expectLater(coming, throwsA(isA<ModelsecCancelledException>()));

    final pack = await client.open('demo');
    for (final file in pack.files) {
      stdout.writeln('${file.name}: ${file.size} bytes, ${file.descriptor}');
    }
    pack.close();
    expect(() => pack.path, throwsStateError);

    await world.origin.publish({'sequence': 2, 'version': '2.0.0'});
    await client.fetch(request);
    await client.rollback('demo'); // what is left is not installed again
    await client.verify('demo'); // hashes what is active
    await client.gc(keep: 1);
    for (final status in client.status()) {
      stdout.writeln('${status.modelId}: ${status.active?.version}');
    }
    client.close();
  });

  test('a pack manager', () async {
    await world.origin.publish({
      'format': 'pack',
      'bare': true,
      'platform': 'macos_coreml_zip',
      'edge': 'llama8b/macos',
      'zip': {'weights.bin': 'w'},
    });
    final functionUrl = world.origin.edge;
    final apikey = world.origin.apikey;

    final packs = LocalModelPackManager(
      PackManagerOptions(
        root: folder,
        manifestUrl: functionUrl,
        modelIds: const {'llama8b': 'demo'},
        platform: 'macos',
        artifactPlatforms: const ['macos_coreml_zip', 'macos_intel_gguf'],
        pins: {'v1': key},
        headers: {'apikey': apikey},
        caFile: caFile,
      ),
      onUpgrade: (from, to) => stdout.writeln('now ${to.version}'),
    );
    final provisioner = ModelProvisioner(
      packs.downloadAndActivateTrusted,
      gates: ProvisioningGates(onWifi: () => true, charging: () => true),
    );
    await provisioner.provision('llama8b');
    final status = await packs.getStatus();
    stdout.writeln('${status.activePackId} is in ${status.activeDir}');
    await packs.rollbackToLastGoodIfPresent();

    expect(status.isInstalled, isTrue);
    await provisioner.close();
    packs.close();
  });

  test('each block of docs/dart.md stands here', () {
    final source = Platform.environment['MODELSEC_SOURCE']!;
    String plain(String text) =>
        text.split('\n').map((line) => line.trim()).join('\n');
    final here = plain(
      File('$source/bindings/dart/test/snippets_test.dart').readAsStringSync(),
    );
    final page = File('$source/docs/dart.md').readAsStringSync();
    final blocks = RegExp(r'```dart\n(.*?)```', dotAll: true).allMatches(page);
    expect(blocks, hasLength(greaterThan(3)));
    for (final block in blocks) {
      expect(here, contains(plain(block[1]!)));
    }
  });
}
