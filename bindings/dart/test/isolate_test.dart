// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:io';
import 'dart:isolate';

import 'package:modelsec/modelsec.dart';
import 'package:test/test.dart';

import 'support/origin.dart';

typedef _Place = ({
  String store,
  String ca,
  String manifest,
  Map<String, String> pins,
});

Future<Model> _fetch(_Place place, {int limitRate = 0}) =>
    ModelsecClient(
      store: place.store,
      caFile: place.ca,
      limitRate: limitRate,
    ).fetch(
      ModelRequest(
        modelId: 'demo',
        manifestUrl: Uri.parse(place.manifest),
        trust: Pins.byKeyId(place.pins),
      ),
    );

// A function of its own, so that nothing but the place goes along.
Future<Model> _inAnother(_Place place) => Isolate.run(() => _fetch(place));

Future<void> _slowly((_Place, SendPort) how) async {
  final (place, begun) = how;
  Timer.periodic(const Duration(milliseconds: 50), (_) => begun.send('alive'));
  await _fetch(place, limitRate: 256 << 10);
}

// Is gone before it has heard that the pack is open.
Future<void> _opensAndEnds(_Place place) async {
  final client = ModelsecClient(store: place.store, caFile: place.ca);
  await client.verify('demo'); // from now on an operation starts at once
  unawaited(client.open('demo'));
  for (var i = 0; i < 10; ++i) {
    await null;
  }
  sleep(const Duration(milliseconds: 500));
  Isolate.exit();
}

/// What this process has open of a folder's packs.
Iterable<String> _open(String folder) =>
    Directory('/proc/self/fd')
        .listSync(followLinks: false)
        .whereType<Link>()
        .map((link) {
          try {
            return link.targetSync();
          } on FileSystemException {
            return ''; // closed meanwhile
          }
        })
        .where((path) => path.startsWith(folder) && path.endsWith('model.bin'));

void main() {
  late World world;
  late _Place here;
  setUp(() async {
    world = await World.make();
    here = (
      store: world.store,
      ca: world.origin.ca,
      manifest: '${world.origin.manifest}',
      pins: world.origin.pins,
    );
  });

  test('isolates that ask at once get one download', () async {
    final published = await world.origin.publish({'size': 2000000});
    final models = await Future.wait([
      for (var i = 0; i < 6; ++i) _inAnother(here),
    ]);
    expect(models.map((m) => m.path).toSet(), hasLength(1));
    expect(models.where((m) => !m.alreadyActive), hasLength(1));
    final sent = await world.origin.order('sent', {
      'path': published['artifact_path'],
    });
    expect(sent['bytes'], 2000000);
  });

  test(
    'an isolate that is killed in the middle takes nobody with it',
    () async {
      await world.origin.publish({'size': 4 << 20});
      final alive = ReceivePort();
      final gone = ReceivePort();
      final isolate = await Isolate.spawn(_slowly, (
        here,
        alive.sendPort,
      ), onExit: gone.sendPort);
      await alive.take(20).drain<void>();
      isolate.kill(priority: Isolate.immediate);
      await gone.first;
      // Its operation is cancelled, so the model is free soon.
      final model = await world.client().fetch(world.request());
      expect(model.version, '1.0.0');
    },
  );

  test(
    'an isolate that ends just when its pack is open leaves none open',
    () async {
      await world.origin.publish();
      await _fetch(here);
      final gone = ReceivePort();
      await Isolate.spawn(_opensAndEnds, here, onExit: gone.sendPort);
      await gone.first;
      final folder = Directory(world.store).resolveSymbolicLinksSync();
      final patience = Stopwatch()..start();
      while (_open(folder).isNotEmpty && patience.elapsed.inSeconds < 5) {
        await Future<void>.delayed(const Duration(milliseconds: 20));
      }
      expect(_open(folder), isEmpty);
    },
    testOn: 'linux',
  );
}
