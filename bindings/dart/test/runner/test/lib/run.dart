// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:io';

import 'package:test_api/src/backend/configuration/timeout.dart';
import 'package:test_api/src/backend/declarer.dart';
import 'package:test_api/src/backend/group.dart';
import 'package:test_api/src/backend/metadata.dart';
import 'package:test_api/src/backend/operating_system.dart';
import 'package:test_api/src/backend/runtime.dart';
import 'package:test_api/src/backend/state.dart';
import 'package:test_api/src/backend/suite.dart';
import 'package:test_api/src/backend/suite_platform.dart';
import 'package:test_api/src/backend/test.dart';

/// Runs test files one after the other, those tests whose name holds `only`; ends the process by 1 if one failed or none ran.
Future<void> run(Map<String, void Function()> files, String only) async {
  final platform = SuitePlatform(
    Runtime.vm,
    os: OperatingSystem.findByIoName(Platform.operatingSystem),
  );
  var passed = 0;
  final failed = <String>[];
  for (final MapEntry(key: file, value: main) in files.entries) {
    // Machines may be busy: what hangs is ended, what is slow is not.
    final declarer = Declarer(
      metadata: Metadata(timeout: const Timeout.factor(6)),
    )..declare(main);
    final suite = Suite(declarer.build(), platform, path: file);

    Future<bool> one(Test test, List<Group> groups) async {
      final live = test.load(suite, groups: groups);
      final said = live.onMessage.listen((m) => print(m.text));
      final watch = Stopwatch()..start();
      await live.run();
      await said.cancel();
      final good =
          live.state.result != Result.failure &&
          live.state.result != Result.error;
      print(
        '${good ? 'ok  ' : 'FAIL'} $file: ${test.name} (${watch.elapsedMilliseconds} ms)',
      );
      for (final error in live.errors) {
        print('     ${error.error}\n${error.stackTrace}');
      }
      return good;
    }

    Future<void> all(Group group, List<Group> above) async {
      final groups = [...above, group];
      if (group.setUpAll case final setUp?) {
        if (!await one(setUp, groups)) {
          failed.add('$file: ${setUp.name}');
          return;
        }
      }
      for (final entry in group.entries) {
        if (entry is Group) {
          await all(entry, groups);
        } else if (entry is Test && entry.name.contains(only)) {
          await one(entry, groups)
              ? ++passed
              : failed.add('$file: ${entry.name}');
        }
      }
      if (group.tearDownAll case final tearDown?) {
        if (!await one(tearDown, groups)) failed.add('$file: ${tearDown.name}');
      }
    }

    await all(suite.group, []);
  }
  print('$passed passed, ${failed.length} failed');
  failed.forEach(print);
  exit(failed.isEmpty && passed > 0 ? 0 : 1);
}
