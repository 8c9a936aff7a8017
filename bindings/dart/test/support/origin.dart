// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:modelsec/modelsec.dart';
import 'package:test/test.dart';

/// The project's TLS origin and publisher, a process of its own; tests/support/origin_main.cpp says what it understands.
final class Origin {
  Origin._(this._process, this._lines, this.greeting);

  final Process _process;
  final StreamIterator<String> _lines;

  /// Addresses, CA and pins.
  final Map<String, Object?> greeting;

  static Future<Origin> start() async {
    final program = Platform.environment['MODELSEC_ORIGIN'];
    if (program == null) {
      fail('MODELSEC_ORIGIN must name the program modelsec_origin');
    }
    final process = await Process.start(program, ['300']);
    unawaited(stderr.addStream(process.stderr));
    final lines = StreamIterator(
      process.stdout.transform(utf8.decoder).transform(const LineSplitter()),
    );
    await lines.moveNext();
    return Origin._(
      process,
      lines,
      jsonDecode(lines.current) as Map<String, Object?>,
    );
  }

  String get ca => greeting['ca']! as String;
  String get base => greeting['base_url']! as String;
  Uri get manifest => Uri.parse(greeting['manifest_url']! as String);
  Uri get edge => Uri.parse(greeting['edge_url']! as String);
  String get apikey => greeting['apikey']! as String;
  Map<String, String> get pins {
    final pin = greeting['pin']! as String;
    final at = pin.indexOf('=');
    return {pin.substring(0, at): pin.substring(at + 1)};
  }

  Future<Map<String, Object?>> order(
    String what, [
    Map<String, Object?>? how,
  ]) async {
    _process.stdin.writeln(jsonEncode({'do': what, ...?how}));
    await _lines.moveNext();
    final answer = jsonDecode(_lines.current) as Map<String, Object?>;
    if (answer['ok'] != true) fail('the origin says ${answer['error']}');
    return answer;
  }

  Future<Map<String, Object?>> publish([Map<String, Object?>? how]) =>
      order('publish', how);

  Future<List<Map<String, Object?>>> requests(String path) async =>
      ((await order('requests', {'path': path}))['requests']! as List<Object?>)
          .cast<Map<String, Object?>>();

  Future<void> stop() async {
    await _process.stdin.close();
    await _process.exitCode;
    await _lines.cancel();
  }
}

/// An origin and an empty store for one test; both end with it.
final class World {
  World._(this.origin, this.folder);

  final Origin origin;
  final String folder;
  String get store => '$folder/store';

  static Future<World> make() async {
    final place = Directory.systemTemp.createTempSync('modelsec-dart-');
    addTearDown(() => place.deleteSync(recursive: true));
    final origin = await Origin.start();
    addTearDown(origin.stop);
    return World._(origin, place.path);
  }

  ModelsecClient client({
    int limitRate = 0,
    String? store,
    AuditOptions? audit,
    int manifestRequestsPerDay = 0,
    FsVerity fsVerity = FsVerity.off,
    int maxModelBytes = 0,
    Duration? fallbackAfter = Duration.zero,
    bool cacheTag = false,
  }) {
    final made = ModelsecClient(
      store: store ?? this.store,
      caFile: origin.ca,
      limitRate: limitRate,
      audit: audit,
      manifestRequestsPerDay: manifestRequestsPerDay,
      fsVerity: fsVerity,
      maxModelBytes: maxModelBytes,
      fallbackAfter: fallbackAfter,
      cacheTag: cacheTag,
    );
    addTearDown(made.close);
    return made;
  }

  ModelRequest request({
    String? tier,
    Duration? deadline,
    String? traceParent,
  }) => ModelRequest(
    modelId: 'demo',
    manifestUrl: origin.manifest,
    trust: Pins.byKeyId(origin.pins),
    tier: tier,
    deadline: deadline ?? const Duration(seconds: 60),
    traceParent: traceParent,
  );
}

/// Progress as it must be: from (0, total), never backwards, at most 512 KiB at a time, to the end.
void expectWholeProgress(List<(int, int)> progress) {
  final total = progress.first.$2;
  expect(progress.first.$1, 0);
  expect(progress.last, (total, total));
  for (var i = 1; i < progress.length; ++i) {
    expect(progress[i].$2, total);
    expect(progress[i].$1 - progress[i - 1].$1, inInclusiveRange(0, 512 << 10));
  }
}
