// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What bindings.py runs:
//   fetch MANIFEST_URL KEY_ID BASE64 STORE CA_FILE TOOK   one fetch, told of its progress; its seconds into the file TOOK
//   status STORE                                          what 1,000 status calls take, in milliseconds: the best of seven
import 'dart:io';

import 'package:modelsec/modelsec.dart';

Future<void> fetch(List<String> arguments) async {
  final watch = Stopwatch()..start();
  final [manifest, keyId, key, store, ca, took] = arguments;
  final client = ModelsecClient(store: store, caFile: ca);
  var last = 0;
  await client.fetch(
    ModelRequest(
      modelId: 'bench-model',
      manifestUrl: Uri.parse(manifest),
      trust: Pins.byKeyId({keyId: key}),
    ),
    onEvent: (event) {
      if (event.kind == ModelEventKind.progress) last = event.bytes;
    },
  );
  if (last != client.status().single.bytes) throw StateError('no end of it');
  client.close();
  File(took).writeAsStringSync('${watch.elapsedMicroseconds / 1e6}');
}

void status(String store) {
  final client = ModelsecClient(store: store);
  var best = double.infinity;
  for (var round = 0; round < 7; ++round) {
    final watch = Stopwatch()..start();
    for (var i = 0; i < 1000; ++i) {
      if (client.status().length != 1) throw StateError('not one model');
    }
    final took = watch.elapsedMicroseconds / 1000;
    if (took < best) best = took;
  }
  client.close();
  print(best);
}

Future<void> main(List<String> arguments) async => arguments.first == 'fetch'
    ? await fetch(arguments.sublist(1))
    : status(arguments[1]);
