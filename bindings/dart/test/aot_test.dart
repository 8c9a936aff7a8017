// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:convert';
import 'dart:io';

import 'package:test/test.dart';

import 'support/origin.dart';

void main() {
  // `dart build cli` made it of example/fetch.dart before the tests began.
  test(
    'an executable made ahead of time fetches a model, and refuses a false one',
    () async {
      final program = Platform.environment['MODELSEC_FETCH_AOT']!;
      final world = await World.make();
      final pin = world.origin.pins.entries.single;
      Future<ProcessResult> run() => Process.run(program, [
        '${world.origin.manifest}',
        '${pin.key}=${pin.value}',
        'demo',
        world.store,
        world.origin.ca,
      ]);
      await world.origin.publish({'size': 1000000});
      final good = await run();
      expect(good.stderr, contains('1000000 of 1000000'));
      expect(good.exitCode, 0);
      final path = const LineSplitter()
          .convert(good.stdout as String)
          .single
          .split(' ')
          .last;
      expect(File('$path/model.bin').lengthSync(), 1000000);

      await world.origin.publish({
        'sequence': 2,
        'version': '2',
        'tamper': 'artifact',
      });
      final bad = await run();
      expect(bad.exitCode, 30);
      expect(bad.stderr, contains('the model is not the one that was signed'));
      expect(bad.stderr, isNot(contains(world.store)));
    },
  );
}
