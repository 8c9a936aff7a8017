// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// dart run example/fetch.dart MANIFEST_URL KEY_ID=BASE64 MODEL STORE [CA_FILE]
import 'dart:io';

import 'package:modelsec/modelsec.dart';

Future<void> main(List<String> arguments) async {
  if (arguments.length < 4) {
    stderr.writeln('fetch MANIFEST_URL KEY_ID=BASE64 MODEL STORE [CA_FILE]');
    exit(2);
  }
  final [manifest, pin, model, store, ...rest] = arguments;
  final at = pin.indexOf('=');
  final client = ModelsecClient(store: store, caFile: rest.firstOrNull);
  try {
    final active = await client.ensure(
      ModelRequest(
        modelId: model,
        manifestUrl: Uri.parse(manifest),
        trust: Pins.byKeyId({pin.substring(0, at): pin.substring(at + 1)}),
      ),
      onEvent: (event) {
        if (event.kind == ModelEventKind.progress) {
          stderr.write('\r${event.stage}: ${event.bytes} of ${event.total}');
        }
      },
    );
    stderr.writeln();
    stdout.writeln('${active.version} ${active.path}');
  } on ModelsecException catch (e) {
    stderr.writeln('\n$e');
    exitCode = e.code.value;
  } finally {
    client.close();
  }
}
