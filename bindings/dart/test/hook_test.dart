// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:convert';
import 'dart:io';

import 'package:crypto/crypto.dart';
import 'package:test/test.dart';

void main() {
  late Directory place;
  // As Dart does it: compiled once, run often.
  final folder = Directory.systemTemp.createTempSync('modelsec-hook-');
  final compiled = '${folder.path}/hook.dill';
  setUpAll(() async {
    final done = await Process.run(Platform.resolvedExecutable, [
      'compile',
      'kernel',
      'hook/build.dart',
      '-o',
      compiled,
    ]);
    expect(done.exitCode, 0, reason: '${done.stdout}${done.stderr}');
  });
  tearDownAll(() => folder.deleteSync(recursive: true));
  setUp(() {
    place = Directory.systemTemp.createTempSync('modelsec-hook-');
    addTearDown(() => place.deleteSync(recursive: true));
  });

  /// The build hook as Dart and Flutter call it; the asset it names, or what it complains of.
  Future<(Map<String, Object?>?, String)> hook(
    Map<String, String> defines, {
    List<String> types = const ['code_assets/code'],
  }) async {
    final config = File('${place.path}/input.json');
    final out = File('${place.path}/output.json');
    if (out.existsSync()) out.deleteSync();
    config.writeAsStringSync(
      jsonEncode({
        'config': {
          'build_asset_types': types,
          'extensions': {
            'code_assets': {
              'target_os': Platform.operatingSystem,
              'target_architecture': 'x64',
            },
          },
        },
        'out_dir_shared': '${place.path}/shared',
        'out_file': out.path,
        'package_name': 'modelsec',
        'package_root': '${Directory.current.path}/',
        'user_defines': {
          'workspace_pubspec': {
            'base_path': '${place.path}/pubspec.yaml',
            'defines': defines,
          },
        },
      }),
    );
    final done = await Process.run(Platform.resolvedExecutable, [
      compiled,
      '--config=${config.path}',
    ]);
    if (!out.existsSync()) return (null, '${done.stderr}');
    expect(done.exitCode, 0);
    final said = jsonDecode(out.readAsStringSync()) as Map<String, Object?>;
    expect(said['status'], 'success');
    final assets = said['assets']! as List<Object?>;
    if (assets.isEmpty) return (null, '');
    final asset = assets.single! as Map<String, Object?>;
    return (asset['encoding']! as Map<String, Object?>, '');
  }

  test('a prebuilt library is taken by its digest only', () async {
    final bytes = utf8.encode('not really a library');
    final library = File('${place.path}/given.so')..writeAsBytesSync(bytes);
    final digest = sha256.convert(bytes).toString();
    final (asset, _) = await hook({
      'library': 'prebuilt',
      'prebuilt': 'given.so',
      'sha256': digest,
    });
    expect(asset!['id'], 'package:modelsec/src/bindings.dart');
    expect(asset['link_mode'], {'type': 'dynamic_loading_bundle'});
    final kept = File(asset['file']! as String);
    expect(kept.readAsBytesSync(), bytes);

    // What was kept is looked at again.
    kept.writeAsStringSync('changed');
    final (again, _) = await hook({'prebuilt': 'given.so', 'sha256': digest});
    expect(File(again!['file']! as String).readAsBytesSync(), bytes);

    library.writeAsStringSync('another');
    kept.deleteSync();
    final (none, why) = await hook({'prebuilt': 'given.so', 'sha256': digest});
    expect(none, isNull);
    expect(why, contains('has not the digest'));
  });

  test('the system\'s library, no library, and what cannot be meant', () async {
    final (system, _) = await hook({'library': 'system'});
    expect(
      (system!['link_mode']! as Map<String, Object?>)['type'],
      'dynamic_loading_system',
    );
    expect(await hook({'library': 'system'}, types: []), (null, ''));
    for (final (defines, word) in [
      ({'library': 'magic'}, 'prebuilt, system or source'),
      ({'prebuilt': 'x.so'}, 'go together'),
      ({'prebuilt': 'http://example/x.so', 'sha256': '0'}, 'only https'),
      ({'library': 'source', 'source': '.'}, 'the folder of modelsec'),
      (<String, String>{}, 'no library was released'),
    ]) {
      final (asset, why) = await hook(defines);
      expect(asset, isNull);
      expect(why, contains(word));
    }
  });
}
